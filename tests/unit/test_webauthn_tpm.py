"""A TPM's word on a key: our rules and the package's reading of its structures, together."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apcv_backend.enrolment.attestation.roots import AttestationRoots
from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from cartes.cards import Binding
from tests.simulators.ceremony_stage import Stage, policy_of
from tests.simulators.paper_tpm import MAKER, PaperTpm, Structures, attestation_key_certificate

POLICY = policy_of(roots=AttestationRoots({"tpm": (MAKER.read,)}))
GENUINE = attestation_key_certificate()


def refusal_of(tpm: PaperTpm) -> str:
    with pytest.raises(CeremonyRefused) as refused:
        Stage(tamper=tpm.tamper, policy=POLICY).register()
    return refused.value.code


def test_a_key_certified_by_a_tpm_is_hardware() -> None:
    """The whole statement is good, and its maker is known."""
    made = Stage(tamper=PaperTpm().tamper, policy=POLICY).register()

    assert made.binding is Binding.HARDWARE_ATTESTED
    assert made.attestation_format == "tpm"


CERTIFICATES = {
    "another usage": ({"usage": "1.3.6.1.5.5.7.3.2"}, "attestation_certificate_extension"),
    "a subject": ({"subject": "Paper"}, "attestation_certificate_subject"),
    "an authority": ({"ca": True}, "attestation_certificate_is_ca"),
}


@pytest.mark.parametrize("case", sorted(CERTIFICATES))
def test_an_attestation_key_of_another_use_is_refused(case: str) -> None:
    """Section 8.3.1: empty subject, the AIK usage, not an authority."""
    said, code = CERTIFICATES[case]

    assert refusal_of(PaperTpm(key=attestation_key_certificate(**said))) == code  # type: ignore[arg-type]  # by name


def test_a_tpm_of_an_unknown_maker_is_refused() -> None:
    """No root, no word."""
    with pytest.raises(CeremonyRefused) as refused:
        Stage(tamper=PaperTpm().tamper, policy=policy_of()).register()

    assert refused.value.code == "attestation_roots_missing"


def changed(member: str, old: bytes, new: bytes) -> PaperTpm:
    def change(honest: Structures) -> Structures:
        assert old in honest[member]
        return {**honest, member: honest[member].replace(old, new, 1)}

    return PaperTpm(GENUINE, change)


LIES = {
    "not made by a TPM": changed("certInfo", b"\xffTCG", b"\xffTCH"),
    "a quote, not a certification": changed("certInfo", b"\x80\x17", b"\x80\x18"),
    "another exchange": PaperTpm(
        GENUINE, lambda s: {**s, "certInfo": s["certInfo"][:16] + bytes(32) + s["certInfo"][48:]}
    ),
    "another key's area": changed("pubArea", b"\x00\x06\x00\x72", b"\x00\x06\x00\x73"),
    "another curve": changed("pubArea", b"\x00\x03\x00\x10\x00\x20", b"\x00\x04\x00\x10\x00\x20"),
}


@pytest.mark.parametrize("case", sorted(LIES))
def test_a_lie_in_the_tpm_s_structures_is_refused(case: str) -> None:
    """Genuinely signed, and still not about this key and this exchange."""
    assert refusal_of(LIES[case]) == "ceremony_library_refused"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cut=st.integers(0, 140),
    position=st.integers(0, 140),
    byte=st.integers(1, 255),
    member=st.sampled_from(["certInfo", "pubArea"]),
)
def test_whoever_holds_an_attestation_key_gets_a_name_too(
    cut: int, position: int, byte: int, member: str
) -> None:
    """Structures cut and changed before they are signed: a refusal or a registration, nothing else."""

    def change(honest: Structures) -> Structures:
        content = bytearray(honest[member])
        content[position % len(content)] ^= byte
        return {**honest, member: bytes(content[: len(content) - cut])}

    stage = Stage(tamper=PaperTpm(GENUINE, change).tamper, policy=POLICY)
    try:
        made = stage.register()
    except CeremonyRefused:
        return
    assert made.binding is Binding.HARDWARE_ATTESTED
