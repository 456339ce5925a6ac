"""The test vectors of WebAuthn Level 3: a written expectation for each of the fifteen.

Cards are bound to ES256 keys, so the registrations of other algorithms are refused by name; what attests them
is judged all the same. The vectors' attestation root is derived as their section says (HKDF-SHA-256 of
'WebAuthn test vectors', information 'Attestation CA', salt 00).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from apcv_backend.enrolment.attestation.certificate import AttestationCertificate
from apcv_backend.enrolment.attestation.roots import ROOTED_FORMATS, AttestationRoots
from apcv_backend.enrolment.attestation.statement import check_statement
from apcv_backend.enrolment.attestation.verdict import AttestationType, StatementContext
from apcv_backend.enrolment.ceremony.authenticator_data import split_attestation_object
from apcv_backend.enrolment.ceremony.errors import CeremonyRefused
from apcv_backend.enrolment.ceremony.policy import CeremonyPolicy
from apcv_backend.enrolment.webauthn_ceremony import RegisteredKey, check_assertion, check_creation
from cartes.cards import Binding
from cartes.wire import base64url
from tests.testdata import corpus

AT = datetime(2026, 3, 2, tzinfo=UTC)
ES256_ONLY = "key_algorithm_not_allowed"


@dataclass(frozen=True)
class Expected:
    """What becomes of one registration and its assertion; `attested` where the statement alone is good."""

    outcome: Binding | str
    assertion: str | None = None
    attested: bool = False


SYNCED, CLAIMED = Binding.SYNCED, Binding.DEVICE_BOUND_CLAIMED
EXPECTED = {
    "none-es256": Expected(SYNCED),
    "packed-self-es256": Expected(SYNCED),
    # Frames of other sites are refused unless a policy names the outer page (see below).
    "none-es256-crossOrigin": Expected("cross_origin_not_allowed", "cross_origin_not_allowed"),
    "none-es256-topOrigin": Expected("top_origin_not_allowed", "top_origin_not_allowed"),
    "none-es256-long-credential-id": Expected(SYNCED),
    "packed-es256": Expected(SYNCED, attested=True),
    # Genuine, and of no use to a card: the readers know one curve.
    "packed-es384": Expected(ES256_ONLY, attested=True),
    "packed-es512": Expected(ES256_ONLY, attested=True),
    "packed-rs256": Expected(ES256_ONLY, attested=True),
    "packed-eddsa": Expected(ES256_ONLY, attested=True),
    "packed-ed448": Expected(ES256_ONLY, attested=True),
    # Our own checks pass; the package does not know the manufacturer `id:00000000` of the vector.
    "tpm-es256": Expected("ceremony_library_refused", attested=True),
    # The vector's key description says the key lives in software, and lists no authorisation.
    "android-key-es256": Expected("attestation_security_level_too_low"),
    "apple-es256": Expected(SYNCED, attested=True),
    # A format of old security keys, which no card asks for.
    "fido-u2f-es256": Expected("attestation_format_not_allowed"),
}


def anchor() -> x509.Certificate:
    """The vectors' attestation root: its name and its derived key."""
    secret = HKDF(hashes.SHA256(), 32, b"\x00", b"Attestation CA").derive(b"WebAuthn test vectors")
    key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "WebAuthn test vectors"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "W3C"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation CA"),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "AA"),
        ],
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(3024, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def policy(*top_origins: str) -> CeremonyPolicy:
    return CeremonyPolicy(
        kind="apcv",
        rp_id="example.org",
        rp_name="Example",
        origins=frozenset({"https://example.org"}),
        formats=frozenset({"none", "packed", "android-key", "apple", "tpm"}),
        roots=AttestationRoots(dict.fromkeys(ROOTED_FORMATS, (AttestationCertificate.of(anchor()),))),
        require_user_verification=False,
        allow_synced=True,
        allowed_top_origins=frozenset(top_origins),
    )


def vectors() -> dict[str, dict[str, Any]]:
    found = json.loads(corpus("webauthn-l3/vectors.json").read_text())
    return {vector["id"].removeprefix("sctn-test-vectors-"): vector for vector in found}


def credential_of(vector: dict[str, Any]) -> Any:
    claimed = split_attestation_object(bytes.fromhex(vector["reg"]["attestationObject"]))
    return claimed.authenticator_data


def response(vector: dict[str, Any], part: str) -> dict[str, Any]:
    name = base64url.encode(credential_of(vector).attested.credential_id)
    inner = {
        member: base64url.encode(bytes.fromhex(text))
        for member, text in vector[part].items()
        if member != "challenge"
    }
    return {"id": name, "rawId": name, "type": "public-key", "response": inner}


def register(vector: dict[str, Any], rules: CeremonyPolicy) -> Binding:
    challenge = bytes.fromhex(vector["reg"]["challenge"])
    return check_creation(response(vector, "reg"), challenge=challenge, policy=rules, at=AT).binding


def sign_in(vector: dict[str, Any], rules: CeremonyPolicy) -> None:
    about = credential_of(vector)
    device = RegisteredKey(
        about.attested.credential_id, about.attested.cose_key, 0, about.backup_eligible, about.backed_up, b"-"
    )
    challenge = bytes.fromhex(vector["auth"]["challenge"])
    check_assertion(response(vector, "auth"), challenge=challenge, device=device, policy=rules, at=AT)


def test_there_is_an_expectation_for_every_vector() -> None:
    """A vector nobody looked at is not a test."""
    assert set(vectors()) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_registration_ends_as_written(name: str) -> None:
    """Taken with the binding it deserves, or refused under the name written above."""
    vector, expected = vectors()[name], EXPECTED[name]

    try:
        outcome: Binding | str = register(vector, policy())
    except CeremonyRefused as refused:
        outcome = refused.code

    assert outcome == expected.outcome


@pytest.mark.parametrize(
    "name", sorted(name for name, each in EXPECTED.items() if each.outcome != ES256_ONLY)
)
def test_each_es256_assertion_ends_as_written(name: str) -> None:
    """Every ES256 key of the vectors answers, except from inside a frame."""
    vector, expected = vectors()[name], EXPECTED[name]

    if expected.assertion is None:
        sign_in(vector, policy())
    else:
        with pytest.raises(CeremonyRefused) as refused:
            sign_in(vector, policy())
        assert refused.value.code == expected.assertion


@pytest.mark.parametrize("name", sorted(name for name, each in EXPECTED.items() if each.attested))
def test_each_certified_statement_is_proven_to_the_vectors_root(name: str) -> None:
    """The attestation is good whatever the new key: ES384, ES512, RS256, Ed25519, Ed448 too."""
    vector = vectors()[name]
    claimed = split_attestation_object(bytes.fromhex(vector["reg"]["attestationObject"]))
    about = claimed.authenticator_data
    leaf = x509.load_der_x509_certificate(claimed.unverified_statement["x5c"][0])  # type: ignore[index]  # a list

    verdict = check_statement(
        claimed.format,
        StatementContext(
            unverified_statement=claimed.unverified_statement,
            authenticator_data=about.raw,
            client_data_hash=hashlib.sha256(bytes.fromhex(vector["reg"]["clientDataJSON"])).digest(),
            aaguid=about.attested.aaguid,
            algorithm=-7,
            spki=leaf.public_key().public_bytes(
                encoding=Encoding.DER,
                format=PublicFormat.SubjectPublicKeyInfo,
            ),
            at=AT,
        ),
        policy(),
    )

    assert verdict.type is AttestationType.CERTIFIED
    assert verdict.hardware


def test_a_frame_is_accepted_where_its_outer_page_is_named() -> None:
    """The list of outer pages is the policy's; it is empty for cards."""
    vector = vectors()["none-es256-topOrigin"]

    assert register(vector, policy("https://example.com")) is CLAIMED
    sign_in(vector, policy("https://example.com"))
    with pytest.raises(CeremonyRefused):
        register(vector, policy("https://example.net"))
