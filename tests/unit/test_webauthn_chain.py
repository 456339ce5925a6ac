"""A chain of certificates leads to one of our anchors, or it vouches for nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from apcv_backend.enrolment.attestation.chain import ProvenPath, check_path, parse_chain
from apcv_backend.enrolment.attestation.roots import AttestationRoots, load_revoked_serials
from apcv_backend.enrolment.ceremony import errors
from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from apcv_backend.enrolment.ceremony.policy import VIRTUAL_AUTHENTICATOR_KEY
from apcv_backend.enrolment.webauthn_ceremony import check_creation
from cartes.errors import InvalidValue
from mobile_mock.authenticator import Tamper
from mobile_mock.phone_model import MODELS
from tests.simulators.ceremony_stage import AT, CHALLENGE, Stage, makers, policy_of, roots_of
from tests.simulators.paper_authority import UNKNOWN_CRITICAL, Holder, certify

ROOT = certify("Root")
MIDDLE = certify("Middle", ROOT)
LEAF = certify("Leaf", MIDDLE, ca=False)


def proven(
    *chain: Holder, anchors: tuple[Holder, ...] = (ROOT,), revoked: frozenset[str] = frozenset()
) -> ProvenPath:
    read = parse_chain([each.der for each in chain])
    return check_path(read, [each.read for each in anchors], AT, revoked_serials=revoked)


@pytest.mark.parametrize("chain", [(LEAF, MIDDLE), (LEAF, MIDDLE, ROOT)])
def test_a_chain_is_proven_with_or_without_its_root(chain: tuple[Holder, ...]) -> None:
    """Phones with remotely provisioned keys leave the root out."""
    assert proven(*chain).anchor.der == ROOT.der


@pytest.mark.parametrize("anchor", [ROOT, MIDDLE, LEAF])
def test_an_anchor_may_be_a_root_an_intermediate_or_the_leaf(anchor: Holder) -> None:
    """FIDO Metadata lists all three under `attestationRootCertificates`."""
    assert proven(LEAF, MIDDLE, anchors=(anchor,)).anchor.der == anchor.der


def test_a_root_brought_by_the_message_vouches_for_nothing() -> None:
    """The anchor comes from configuration (GHSA-6hxq-p678-4hr2)."""
    forged = certify("Root")
    middle = certify("Middle", forged)

    with pytest.raises(errors.AttestationChainUntrusted):
        proven(certify("Leaf", middle, ca=False), middle, forged)


def test_a_certificate_signed_by_the_right_name_and_the_wrong_key_is_refused() -> None:
    """Names prove nothing."""
    forged = certify("Middle", certify("Root"))

    with pytest.raises(errors.AttestationChainUntrusted):
        proven(certify("Leaf", forged, ca=False), forged)


def test_a_chain_in_disorder_is_refused() -> None:
    """Each certificate is followed by the one that signed it."""
    low = certify("Low", MIDDLE)

    with pytest.raises(errors.AttestationChainUntrusted):
        proven(certify("Leaf", low, ca=False), MIDDLE, low)


REFUSED = {
    "not a CA": (certify("M", ROOT, ca=False), "attestation_chain_invalid"),
    "no basic constraints": (certify("M", ROOT, ca=None), "attestation_chain_invalid"),
    "may not sign": (certify("M", ROOT, signs=False), "attestation_chain_invalid"),
    "critical extension": (certify("M", ROOT, extra=UNKNOWN_CRITICAL), "attestation_chain_invalid"),
    "expired": (certify("M", ROOT, until=AT - timedelta(seconds=1)), "attestation_certificate_expired"),
    "not yet": (certify("M", ROOT, since=AT + timedelta(seconds=1)), "attestation_certificate_expired"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_an_intermediate_that_may_not_be_one_is_refused(case: str) -> None:
    """What stands between the leaf and the anchor must be allowed to, then."""
    middle, code = REFUSED[case]

    with pytest.raises(CeremonyRefused) as refused:
        proven(certify("Leaf", middle, ca=False), middle)

    assert refused.value.code == code


def test_an_expired_leaf_is_refused() -> None:
    """Attestation certificates of phones live a few days, and are judged under the registration's date."""
    leaf = certify("Leaf", MIDDLE, ca=False, until=AT - timedelta(seconds=1))

    with pytest.raises(errors.AttestationCertificateExpired):
        proven(leaf, MIDDLE)


def test_an_expired_anchor_is_refused() -> None:
    """A root past its date no longer vouches."""
    old = certify("Old root", until=AT - timedelta(seconds=1))

    with pytest.raises(errors.AttestationCertificateExpired):
        proven(certify("Leaf", old, ca=False), anchors=(old,))


def test_a_path_longer_than_its_authority_allows_is_refused() -> None:
    """`pathlen:0` signs leaves only (RFC 5280 section 4.2.1.9)."""
    short = certify("Short", ROOT, path_length=0)
    too_low = certify("Low", short)

    assert proven(certify("Leaf", short, ca=False), short).anchor.der == ROOT.der
    with pytest.raises(errors.AttestationChainInvalid):
        proven(certify("Leaf", too_low, ca=False), too_low, short)


def test_a_revoked_serial_refuses_the_whole_path() -> None:
    """Google's status list names intermediates as well as leaves."""
    middle = certify("M", ROOT, serial=0xC35747A084470C3135AEEFE2B8D40CD6)

    with pytest.raises(errors.AttestationCertificateRevoked):
        proven(
            certify("Leaf", middle, ca=False), middle, revoked=frozenset({"c35747a084470c3135aeefe2b8d40cd6"})
        )


def test_no_anchor_is_not_trust() -> None:
    """A server without roots believes nobody, where libraries believe everybody."""
    with pytest.raises(errors.AttestationRootsMissing):
        proven(LEAF, MIDDLE, anchors=())


def test_certificates_of_short_keys_are_refused() -> None:
    """A key anybody could break vouches for nothing."""
    weak = certify("Weak", MIDDLE, ca=False, key=ec.generate_private_key(ec.SECP224R1()))

    with pytest.raises(errors.AttestationCertificateMalformed):
        proven(weak, MIDDLE)


def test_an_attestation_is_judged_under_its_own_date() -> None:
    """The same phone, once its certificate has lapsed, proves nothing; before, it did."""
    stage = Stage(MODELS["android"])
    unverified = stage.unverified_creation()
    late = AT + timedelta(days=366 * 30)

    assert check_creation(unverified, challenge=CHALLENGE, policy=stage.policy, at=AT)
    with pytest.raises(errors.AttestationCertificateExpired):
        check_creation(unverified, challenge=CHALLENGE, policy=stage.policy, at=late)


def test_an_android_phone_on_the_revocation_list_is_refused() -> None:
    """Keys extracted from one model of phone are listed by serial number."""
    middle = x509.load_der_x509_certificate(makers().chain("android-key")[0])
    policy = policy_of(revoked_serials=frozenset({format(middle.serial_number, "x")}))

    with pytest.raises(errors.AttestationCertificateRevoked):
        Stage(MODELS["android"], policy=policy).register()


def test_the_published_key_of_virtual_authenticators_is_denied() -> None:
    """The example key of the FIDO U2F formats signs for every Chromium under test, and for nobody else."""
    published = ec.derive_private_key(
        0xF3FCCC0D00D8031954F90864D43C247F4BF5F0665C6B50CC17749A27D1CF7664, ec.SECP256R1()
    )
    batch = certify("Batch Certificate", ca=False, key=published)
    lie = Tamper(statement=lambda honest: {**honest, "x5c": [batch.der]})

    with pytest.raises(errors.AttestationKeyDenied):
        Stage(MODELS["certified"], lie).register()
    # A test profile may let it in, by saying so; then its signature is looked at like any other.
    assert VIRTUAL_AUTHENTICATOR_KEY in policy_of().denied_attestation_keys
    with pytest.raises(errors.AttestationSignatureInvalid):
        Stage(MODELS["certified"], lie, policy=policy_of(denied_attestation_keys=frozenset())).register()


def test_roots_are_read_from_their_folder(tmp_path: Path) -> None:
    """One sub-folder a format; a format without a folder trusts nobody."""
    makers().export_roots(tmp_path)

    roots = AttestationRoots.load(tmp_path)

    assert roots.anchors("packed") == roots_of(makers()).anchors("packed")
    assert roots.anchors("tpm") == ()


@pytest.mark.parametrize(
    "content", [b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_root_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes) -> None:
    """A half-copied file is not silently an empty trust."""
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "root.pem").write_bytes(content)

    with pytest.raises(InvalidValue):
        AttestationRoots.load(tmp_path)


def test_a_missing_folder_stops_the_start(tmp_path: Path) -> None:
    """A path with a typing error is not an empty trust."""
    with pytest.raises(InvalidValue):
        AttestationRoots.load(tmp_path / "rots")


def test_google_s_status_list_is_read(tmp_path: Path) -> None:
    """Revoked and suspended serials count; case and leading zeros do not."""
    path = tmp_path / "revoked.json"
    path.write_text(
        json.dumps(
            {"entries": {"0AbC": {"status": "REVOKED"}, "1f": {"status": "SUSPENDED"}, "2": {"status": "OK"}}}
        )
    )

    assert load_revoked_serials(path) == {"abc", "1f"}
    path.write_text("[]")
    with pytest.raises(InvalidValue):
        load_revoked_serials(path)


def test_paper_certificates_are_read_as_they_are() -> None:
    """Guards the simulator: what it writes is what the parser sees."""
    (read,) = parse_chain([MIDDLE.der])

    assert read.is_ca is True
    assert read.der == MIDDLE.certificate.public_bytes(Encoding.DER)
