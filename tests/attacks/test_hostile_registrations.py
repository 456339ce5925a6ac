"""Everything hostile that popular WebAuthn libraries let through, each refused by its own name.

The table is the one of the threat notes, measured row by row. A refusal with another name than the row's
would mean that another check stopped the attack, by luck.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from apcv_backend.enrolment.attestation.roots import AttestationRoots
from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from mobile_mock.authenticator import Tamper
from mobile_mock.phone_model import MODELS, PackedFacts, SecurityLevel
from tests.simulators.ceremony_stage import (
    Stage,
    makers,
    policy_of,
)
from tests.simulators.lies import (
    CERTIFIED,
    OTHER_AAGUID,
    ZERO,
    Hostile,
    android,
    client_data,
    cose,
    flags,
    raw_client_data,
    refusal_of,
)

TABLE = [
    Hostile(
        "a cheap model poses as the certified one of its vendor",
        "attestation_aaguid_mismatch",
        model=replace(CERTIFIED, packed=PackedFacts(aaguid=OTHER_AAGUID)),
    ),
    Hostile(
        "the attestation certificate has another organisational unit",
        "attestation_certificate_subject",
        model=replace(CERTIFIED, packed=PackedFacts(unit="Marketing")),
    ),
    Hostile(
        "the attestation certificate may sign certificates",
        "attestation_certificate_is_ca",
        model=replace(CERTIFIED, packed=PackedFacts(is_ca=True)),
    ),
    Hostile(
        "the chain leads to a root that is not ours",
        "attestation_chain_untrusted",
        model=CERTIFIED,
        ca=makers(666),
    ),
    Hostile(
        "a chain where we know no root at all",
        "attestation_roots_missing",
        model=CERTIFIED,
        policy=policy_of(roots=AttestationRoots()),
    ),
    Hostile(
        "the attestation is left out where one is asked for",
        "attestation_format_not_allowed",
        policy=policy_of(formats=frozenset({"packed", "android-key"})),
    ),
    Hostile(
        "the page runs in a frame of another site",
        "cross_origin_not_allowed",
        tamper=client_data(lambda said: said.update(crossOrigin=True)),
    ),
    Hostile(
        "the page runs in a frame and the outer page is named",
        "top_origin_not_allowed",
        tamper=client_data(lambda said: said.update(crossOrigin=True, topOrigin="https://evil.example")),
    ),
    Hostile(
        "a credential id of five thousand bytes",
        "credential_id_length",
        tamper=Tamper(credential_id=lambda _: b"\x05" * 5000),
    ),
    Hostile(
        "backed up, but not able to be",
        "backup_state_without_eligibility",
        tamper=flags(set_bits=0x10),
    ),
    Hostile(
        "a synced key where it must stay in its phone",
        "synced_key_not_allowed",
        model=MODELS["synced"],
        policy=policy_of(allow_synced=False),
    ),
    Hostile(
        "a COSE key that gives one coordinate twice",
        "ceremony_cbor_duplicate_key",
        tamper=cose("a6 0102 0326 2001 215820{x} 215820{y} 225820{y}"),
    ),
    Hostile(
        "a public key that is not on the curve",
        "public_key_not_on_curve",
        tamper=cose(f"a5 0102 0326 2001 215820{{x}} 225820{ZERO}"),
    ),
    Hostile(
        "the public key (0, 0)",
        "public_key_not_on_curve",
        tamper=cose(f"a5 0102 0326 2001 215820{ZERO} 225820{ZERO}"),
    ),
    Hostile(
        "client data that names two origins",
        "client_data_duplicate_member",
        tamper=raw_client_data('"origin":', '"origin":"https://evil.example","origin":'),
    ),
    Hostile(
        "client data that names two types",
        "client_data_duplicate_member",
        tamper=raw_client_data('"type":', '"type":"webauthn.get","type":'),
    ),
    Hostile(
        "junk inside the challenge",
        "challenge_not_canonical",
        tamper=raw_client_data('"challenge":"AA', '"challenge":"A\\nA!'),
    ),
    Hostile(
        "a page under the same domain",
        "origin_not_allowed",
        tamper=client_data(lambda said: said.update(origin="https://evil.apcv.localhost:8443")),
    ),
    Hostile(
        "the owner was not verified",
        "user_verification_missing",
        tamper=flags(clear_bits=0x04),
    ),
    Hostile(
        "CBOR a hundred thousand deep",
        "ceremony_cbor_malformed",
        tamper=Tamper(attestation_object=lambda _: b"\x81" * 40_000 + b"\x00"),
    ),
    Hostile(
        "a byte string of 2^63 bytes",
        "ceremony_cbor_malformed",
        tamper=Tamper(attestation_object=lambda _: bytes.fromhex("a1635f5f5f5b8000000000000000")),
    ),
    Hostile(
        "JSON thousands deep",
        "client_data_malformed",
        tamper=Tamper(sent_client_data=lambda _: b"[" * 8_000),
    ),
    Hostile(
        "an Android key that lives in software",
        "attestation_security_level_too_low",
        model=android(level=SecurityLevel.SOFTWARE),
    ),
]


@pytest.mark.parametrize("hostile", TABLE, ids=str)
def test_a_hostile_registration_is_refused_by_its_own_name(hostile: Hostile) -> None:
    """No lie at registration passes, and the journal will say which one it was."""
    assert refusal_of(hostile) == hostile.code


@pytest.mark.parametrize(
    "hostile", [row for row in TABLE if row.code != "attestation_roots_missing"], ids=str
)
def test_the_same_phone_without_the_lie_is_taken(hostile: Hostile) -> None:
    """The refusals above come from the lie: the honest twin of each phone registers."""
    model = next(each for each in MODELS.values() if each.name == hostile.model.name)

    assert Stage(model).register().algorithm == -7


def test_every_refusal_has_a_name_of_its_own() -> None:
    """Two leaves never share a code, and no leaf goes unnamed."""

    def leaves(kind: type[CeremonyRefused]) -> list[type[CeremonyRefused]]:
        below = kind.__subclasses__()
        return [leaf for each in below for leaf in leaves(each)] or [kind]

    codes = [leaf.code for leaf in leaves(CeremonyRefused)]

    assert len(set(codes)) == len(codes)
    assert all(code.replace("_", "").isalpha() and code == code.lower() for code in codes)
