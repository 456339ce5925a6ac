"""The software authenticator, judged by an independent relying party library (py_webauthn)."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from cryptography import x509
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers.asn1.android_key import KeyDescription
from webauthn.helpers.exceptions import (
    InvalidAuthenticationResponse,
    InvalidBackupFlags,
    InvalidRegistrationResponse,
)
from webauthn.helpers.structs import AttestationFormat as Fmt
from webauthn.registration.verify_registration_response import VerifiedRegistration

from cartes.wire import strict_cbor
from mobile_mock import errors
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import MODELS, Authenticator, Tamper, b64url, unb64url
from mobile_mock.client_data import Client, ClientShape, android_origin
from mobile_mock.phone_model import AttestationFormat, PhoneModel

RP_ID = "apcv.localhost"
WEB = "https://apcv.localhost:8443"
NATIVE = android_origin(b"signing certificate")
CHALLENGE = bytes(range(32))

CLIENTS = {
    shape: Client(shape, NATIVE, "fr.example.cartes")
    if shape is ClientShape.ANDROID_NATIVE
    else Client(shape, WEB)
    for shape in ClientShape
}
PAGE = CLIENTS[ClientShape.CHROMIUM]


@pytest.fixture(scope="module")
def ca() -> AttestationCa:
    return AttestationCa.make(secrets.token_bytes, datetime.now(UTC))


def creation_options(**changes: Any) -> dict[str, Any]:
    return {
        "challenge": b64url(CHALLENGE),
        "rp": {"id": RP_ID, "name": "apCV"},
        "user": {"id": b64url(b"subject"), "name": "phone", "displayName": "phone"},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
        "attestation": "direct",
        "authenticatorSelection": {"userVerification": "required"},
        **changes,
    }


def request_options(**changes: Any) -> dict[str, Any]:
    return {"challenge": b64url(CHALLENGE), "rpId": RP_ID, "userVerification": "required", **changes}


def verify_creation(answer: dict[str, Any], ca: AttestationCa) -> VerifiedRegistration:
    roots = {
        Fmt.PACKED: [ca.root_pem("packed")],
        Fmt.ANDROID_KEY: [ca.root_pem("android-key")],
        Fmt.APPLE: [ca.root_pem("apple")],
    }
    return verify_registration_response(
        credential=answer,
        expected_challenge=CHALLENGE,
        expected_rp_id=RP_ID,
        expected_origin=[WEB, NATIVE],
        require_user_verification=True,
        pem_root_certs_bytes_by_fmt=roots,
    )


def verify_get(answer: dict[str, Any], public_key: bytes, counter: int) -> int:
    return verify_authentication_response(
        credential=answer,
        expected_challenge=CHALLENGE,
        expected_rp_id=RP_ID,
        expected_origin=[WEB, NATIVE],
        credential_public_key=public_key,
        credential_current_sign_count=counter,
        require_user_verification=True,
    ).new_sign_count


def statement_of(answer: dict[str, Any]) -> dict[str, Any]:
    decoded = strict_cbor.loads(unb64url(answer["response"]["attestationObject"]))
    assert isinstance(decoded, dict)
    statement = decoded["attStmt"]
    assert isinstance(statement, dict)
    return statement


@pytest.mark.parametrize("shape", ClientShape)
@pytest.mark.parametrize("name", [name for name in MODELS if name != "android-strongbox"])
def test_every_model_in_every_client_is_accepted(name: str, shape: ClientShape, ca: AttestationCa) -> None:
    """An independent relying party accepts creation and assertion of each model behind each client."""
    phone = Authenticator(MODELS[name], secrets.token_bytes, ca=ca)

    made = verify_creation(phone.create(creation_options(), CLIENTS[shape]), ca)
    counter = verify_get(
        phone.get(request_options(), CLIENTS[shape]), made.credential_public_key, made.sign_count
    )

    assert str(getattr(made.fmt, "value", made.fmt)) == MODELS[name].attestation.fmt
    assert made.aaguid.replace("-", "") == MODELS[name].aaguid.hex()
    assert made.credential_backed_up is MODELS[name].backed_up
    assert counter == (2 if MODELS[name].counts else 0)


def test_a_chain_without_its_root_still_leads_to_it(ca: AttestationCa) -> None:
    """A remotely provisioned phone leaves the root out; leaf and intermediate are signed all the same."""
    phone = Authenticator(MODELS["android-strongbox"], secrets.token_bytes, ca=ca)

    chain = [
        x509.load_der_x509_certificate(one)
        for one in statement_of(phone.create(creation_options(), PAGE))["x5c"]
    ]

    root = x509.load_pem_x509_certificate(ca.root_pem("android-key"))
    assert len(chain) == 2
    chain[0].verify_directly_issued_by(chain[1])
    chain[1].verify_directly_issued_by(root)


def test_the_android_key_description_says_where_the_key_lives(ca: AttestationCa) -> None:
    """Security level, boot state, purpose and challenge are read back by another implementation's schema."""
    phone = Authenticator(MODELS["android"], secrets.token_bytes, ca=ca)
    answer = phone.create(creation_options(), PAGE)

    leaf = x509.load_der_x509_certificate(statement_of(answer)["x5c"][0])
    extension = leaf.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17"))
    described, rest = import_module("pyasn1.codec.der.decoder").decode(
        extension.value.public_bytes(), asn1Spec=KeyDescription()
    )
    assert rest == b""
    assert int(described["attestationSecurityLevel"]) == 1
    assert int(described["teeEnforced"]["rootOfTrust"]["verifiedBootState"]) == 0
    client_data = unb64url(answer["response"]["clientDataJSON"])
    assert bytes(described["attestationChallenge"]) == hashlib.sha256(client_data).digest()


def test_a_packed_certificate_follows_the_rules(ca: AttestationCa) -> None:
    """Version 3, OU, not a CA, AAGUID extension not critical (WebAuthn Level 3, 8.2.1)."""
    certificate, _ = ca.packed_batch(MODELS["certified"].aaguid)

    assert certificate.version is x509.Version.v3
    units = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
    assert [unit.value for unit in units] == ["Authenticator Attestation"]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    extension = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4"))
    assert extension.critical is False
    assert extension.value.public_bytes() == b"\x04\x10" + MODELS["certified"].aaguid


def test_no_attestation_is_given_when_none_is_asked(ca: AttestationCa) -> None:
    """Without `attestation: direct` the statement is empty and the AAGUID zero, as browsers do."""
    phone = Authenticator(MODELS["certified"], secrets.token_bytes, ca=ca)

    made = verify_creation(phone.create(creation_options(attestation="none"), PAGE), ca)

    assert (made.fmt, made.aaguid) == (Fmt.NONE, "00000000-0000-0000-0000-000000000000")


LIES: dict[str, Tamper] = {
    "challenge": Tamper(client_data=lambda sent: sent.replace(b'"challenge":"A', b'"challenge":"B')),
    "origin": Tamper(client_data=lambda sent: sent.replace(b"https://apcv", b"https://evil")),
    "rp id": Tamper(auth_data=lambda sent: bytes(32) + sent[32:]),
    "user absent": Tamper(auth_data=lambda sent: sent[:32] + bytes([sent[32] & 0xFE]) + sent[33:]),
    "not verified": Tamper(auth_data=lambda sent: sent[:32] + bytes([sent[32] & 0xFB]) + sent[33:]),
    "backed up, not eligible": Tamper(
        auth_data=lambda sent: sent[:32] + bytes([sent[32] | 0x10]) + sent[33:]
    ),
    "changed after signing": Tamper(sent_client_data=lambda sent: sent[:-1] + b" }"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_at_creation_is_caught(lie: str, ca: AttestationCa) -> None:
    """Each tampered creation, still validly made otherwise, is refused by the relying party."""
    phone = Authenticator(MODELS["certified"], secrets.token_bytes, ca=ca, tamper=LIES[lie])

    with pytest.raises((InvalidRegistrationResponse, InvalidBackupFlags)):
        verify_creation(phone.create(creation_options(), PAGE), ca)


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_in_an_assertion_is_caught(lie: str, ca: AttestationCa) -> None:
    """Each tampered assertion is refused by the relying party."""
    honest = Authenticator(MODELS["certified"], secrets.token_bytes, ca=ca)
    made = verify_creation(honest.create(creation_options(), PAGE), ca)
    liar = Authenticator(MODELS["certified"], secrets.token_bytes, keys=honest.keys, tamper=LIES[lie])

    with pytest.raises((InvalidAuthenticationResponse, InvalidBackupFlags)):
        verify_get(liar.get(request_options(), PAGE), made.credential_public_key, made.sign_count)


def test_another_makers_root_is_refused(ca: AttestationCa) -> None:
    """A certificate chain of an unknown maker leads nowhere."""
    other = AttestationCa.make(secrets.token_bytes, datetime.now(UTC))
    phone = Authenticator(MODELS["certified"], secrets.token_bytes, ca=other)

    with pytest.raises((InvalidRegistrationResponse, InvalidBackupFlags)):
        verify_creation(phone.create(creation_options(), PAGE), ca)


def test_hooks_reach_statement_format_and_answer(ca: AttestationCa) -> None:
    """Every piece that a relying party reads can be replaced by a test."""
    tamper = Tamper(
        credential_id=lambda _: b"x" * 5000,
        cose_key=lambda sent: sent[:-1] + b"\x00",
        statement=lambda sent: {**sent, "extra": 1},
        fmt=lambda _: "compound",
        attestation_object=lambda sent: sent + b"\x00",
        response=lambda sent: {**sent, "type": "public-thing"},
    )

    answer = Authenticator(MODELS["self"], secrets.token_bytes, tamper=tamper).create(
        creation_options(), PAGE
    )

    raw = unb64url(answer["response"]["attestationObject"])
    inside = strict_cbor.loads(raw[:-1], max_size=65536)
    assert raw.endswith(b"\x00")
    assert inside["fmt"] == "compound"
    assert inside["attStmt"]["extra"] == 1
    assert b"x" * 5000 in inside["authData"]
    assert inside["authData"].endswith(b"\x00")
    assert answer["type"] == "public-thing"


REFUSALS: list[tuple[dict[str, Any], PhoneModel, type[errors.PhoneError]]] = [
    ({"rp": {"id": "example.org", "name": "x"}}, MODELS["plain"], errors.WrongOrigin),
    ({"rp": {"name": "x"}}, MODELS["plain"], errors.BadOptions),
    ({"challenge": "a+b"}, MODELS["plain"], errors.BadOptions),
    (
        {"pubKeyCredParams": [{"type": "public-key", "alg": -257}]},
        MODELS["plain"],
        errors.NoSupportedAlgorithm,
    ),
    ({}, replace(MODELS["plain"], user_verified=False), errors.UserVerificationUnavailable),
    ({}, MODELS["certified"], errors.AttestationUnavailable),
]


@pytest.mark.parametrize(("changes", "model", "refusal"), REFUSALS)
def test_the_client_refuses_what_a_browser_refuses(
    changes: dict[str, Any], model: PhoneModel, refusal: type[errors.PhoneError]
) -> None:
    """Foreign RP id, broken options, no common algorithm, missing lock: no ceremony takes place."""
    phone = Authenticator(model, secrets.token_bytes)

    with pytest.raises(refusal):
        phone.create(creation_options(**changes), PAGE)

    assert phone.keys == ()


def test_a_phone_already_registered_says_so() -> None:
    """A key named in excludeCredentials stops a second registration of the same phone."""
    phone = Authenticator(MODELS["plain"], secrets.token_bytes)
    known = phone.create(creation_options(), PAGE)["id"]

    with pytest.raises(errors.AlreadyRegistered):
        phone.create(creation_options(excludeCredentials=[{"type": "public-key", "id": known}]), PAGE)


def test_only_an_allowed_key_of_the_same_rp_answers() -> None:
    """A key made for one RP id never answers for another, and the allow list is obeyed."""
    phone = Authenticator(MODELS["plain"], secrets.token_bytes)
    first = phone.create(creation_options(), PAGE)["id"]
    second = phone.create(creation_options(), PAGE)["id"]

    chosen = phone.get(request_options(allowCredentials=[{"type": "public-key", "id": second}]), PAGE)["id"]

    assert chosen == second != first
    with pytest.raises(errors.NoSuchKey):
        phone.get(request_options(rpId="localhost"), PAGE)
    with pytest.raises(errors.NoSuchKey):
        phone.get(request_options(allowCredentials=[{"type": "public-key", "id": b64url(b"other")}]), PAGE)


def test_chromium_adds_its_member_about_one_time_in_five() -> None:
    """The draw comes from the randomness given, once in five."""
    draws = iter(range(1000))

    def counted(size: int) -> bytes:
        return next(draws).to_bytes(size, "big")

    texts = [PAGE.client_data("webauthn.get", CHALLENGE, counted) for _ in range(1000)]

    assert sum(b"other_keys_can_be_added_here" in text for text in texts) == 200
    assert all(list(json.loads(text))[:4] == ["type", "challenge", "origin", "crossOrigin"] for text in texts)


def test_the_same_randomness_makes_the_same_phone() -> None:
    """Identifiers and keys come from the randomness given, so that a run can be repeated."""

    def fixed(size: int) -> bytes:
        return b"\x07" * size

    one, two = (Authenticator(MODELS["plain"], fixed) for _ in range(2))

    assert (
        one.create(creation_options(), PAGE)["response"] == two.create(creation_options(), PAGE)["response"]
    )


def test_private_keys_and_handles_never_print(ca: AttestationCa) -> None:
    """The repr of a held key shows neither the private key nor the user handle."""
    phone = Authenticator(replace(MODELS["self"], attestation=AttestationFormat.NONE), secrets.token_bytes)
    phone.create(creation_options(), PAGE)

    assert "subject" not in repr(phone.keys)
    assert "private" not in repr(phone.keys)
