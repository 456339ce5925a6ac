"""Public vectors through our own signature, key, COSE and WebAuthn paths (they run where the folder is)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cartes import es256
from cartes.errors import CardRefused, CarteError, ClientProfileUnknown, InvalidValue
from cartes.presentation import proof_from_assertion
from cartes.trust import KindPolicy, standard_profiles
from cartes.wire import base64url, cose
from tests.testdata import corpus

SIGN1 = "cose-wg-examples/sign1-tests"
ECDSA = "cose-wg-examples/ecdsa-examples"
# Every pass case of the working group is refused by our stricter reading, for these reasons.
STRICTER = {
    f"{SIGN1}/sign-pass-01.json": "tagged; ES256 said outside the protected header",
    f"{SIGN1}/sign-pass-02.json": "tagged; kid outside the protected header; external data",
    f"{SIGN1}/sign-pass-03.json": "kid outside the protected header",
    f"{ECDSA}/ecdsa-sig-01.json": "tagged; a content type in the protected header",
    f"{ECDSA}/ecdsa-sig-02.json": "tagged; ES384",
    f"{ECDSA}/ecdsa-sig-03.json": "tagged; ES512",
    f"{ECDSA}/ecdsa-sig-04.json": "tagged; ES512 on P-256",
    "cose-wg-examples/RFC8152/Appendix_C_2_1.json": "tagged; kid outside the protected header",
    "cose-wg-examples/CWT/A_3.json": "tagged; kid outside the protected header",
}
# What the signature alone says of the ES256 cases, once the parts are taken out by a lenient reader.
SIGNATURES = {
    f"{SIGN1}/sign-pass-01.json": True,
    f"{SIGN1}/sign-pass-03.json": True,
    f"{SIGN1}/sign-fail-02.json": False,
    f"{SIGN1}/sign-fail-06.json": False,
    f"{SIGN1}/sign-fail-07.json": False,
    f"{ECDSA}/ecdsa-sig-01.json": True,
    "cose-wg-examples/RFC8152/Appendix_C_2_1.json": True,
    "cose-wg-examples/CWT/A_3.json": True,
}


def _cose(name: str) -> tuple[dict[str, Any], bytes]:
    told = json.loads(corpus(name).read_text("utf-8"))
    return told, bytes.fromhex(told["output"]["cbor"])


def test_wycheproof_p256_signatures() -> None:
    """All 262 cases of ECDSA P-256 SHA-256 in the form r || s have the result they should."""
    told = json.loads(corpus("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json").read_text("utf-8"))
    wrong, count = [], 0

    for group in told["testGroups"]:
        key = es256.public_key(bytes.fromhex(group["publicKey"]["uncompressed"]))
        for case in group["tests"]:
            held = es256.holds(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            count += 1
            if held != (case["result"] == "valid"):
                wrong.append(case["tcId"])

    assert (count, wrong) == (262, [])


def test_wycheproof_points() -> None:
    """A holder key is a point of the curve, or it is refused; no case is accepted off the curve."""
    told = json.loads(corpus("wycheproof/ecdh_secp256r1_ecpoint_test.json").read_text("utf-8"))
    wrong = []

    for case in (case for group in told["testGroups"] for case in group["tests"]):
        try:
            es256.public_key(bytes.fromhex(case["public"]))
            read = True
        except InvalidValue:
            read = False
        allowed = {"valid": {True}, "invalid": {False}, "acceptable": {True, False}}[case["result"]]
        if read not in allowed:
            wrong.append((case["tcId"], case["comment"]))

    assert wrong == []


@pytest.mark.parametrize("number", ["01", "02", "03", "04", "06", "07"])
def test_cose_fail_cases_are_refused(number: str) -> None:
    """The six fail cases of the working group, as they are and without their tag."""
    _, data = _cose(f"{SIGN1}/sign-fail-{number}.json")

    for shape in (data, data[1:], data[3:]):
        with pytest.raises(CardRefused):
            cose.split(shape)


@pytest.mark.parametrize("name", STRICTER)
def test_cose_pass_cases_we_refuse_on_purpose(name: str) -> None:
    """SQ1 wants the bare array, ES256 and a kid in the protected header, nothing else: see `STRICTER`."""
    told, data = _cose(name)

    assert not told.get("fail")
    with pytest.raises(CardRefused):
        cose.split(data)


@pytest.mark.parametrize("name", SIGNATURES)
def test_cose_signatures_over_our_sig_structure(name: str) -> None:
    """The bytes we sign are the working group's, and its signatures hold or fail over them as they should."""
    told, data = _cose(name)
    read = cbor2.loads(data)
    protected, _, payload, signature = read.value if isinstance(read, cbor2.CBORTag) else read
    # RFC 9052 section 4.4: a protected header that is an empty map is signed as an empty string.
    signed = cose.to_be_signed(b"" if protected == b"\xa0" else protected, payload)
    jwk = told["input"]["sign0"]["key"]
    x, y = (
        base64url.decode(jwk[name]) if name in jwk else bytes.fromhex(jwk[f"{name}_hex"])
        for name in ("x", "y")
    )
    key = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
    ).public_key()

    assert es256.holds(key, signature, signed) is SIGNATURES[name]
    if SIGNATURES[name]:
        assert signed.hex().upper() == told["intermediates"]["ToBeSign_hex"]


def test_webauthn_level_3_es256_assertions() -> None:
    """The ten ES256 assertions of the specification, through our reduction and back.

    Two were made in another site's frame (crossOrigin true) and must be refused. The others are rebuilt from
    (flags, counter, profile or tail, r || s) and hold.
    """
    cases = [
        case
        for case in json.loads(corpus("webauthn-l3/vectors.json").read_text("utf-8"))
        if "ES256" in case["name"] and "auth" in case
    ]
    rebuilt, refused = 0, 0

    for case in cases:
        auth = {name: bytes.fromhex(value) for name, value in case["auth"].items() if name != "extra"}
        data, client = auth["authenticatorData"], auth["clientDataJSON"]
        # The tests' relying party; its RP ID is hashed in the data itself.
        policy = KindPolicy("example.org", standard_profiles("https://example.org"), 3600)
        assert data[:32] == policy.rp_id_hash
        try:
            proof = proof_from_assertion(data, client, auth["signature"], 0, policy)
        except ClientProfileUnknown:
            assert b'"crossOrigin":true' in client
            refused += 1
            continue
        suffix = (
            policy.suffixes[0][:-1] + proof.profile
            if isinstance(proof.profile, bytes)
            else policy.suffixes[proof.profile]
        )
        challenge = base64url.encode(auth["challenge"]).encode()
        again = b'{"type":"webauthn.get","challenge":"' + challenge + suffix
        assert again == client
        signed = (
            policy.rp_id_hash + bytes((proof.flags,)) + proof.counter.to_bytes(4, "big")
            + hashlib.sha256(again).digest()
        )  # fmt: skip
        assert es256.holds(_credential_key(case), proof.signature, signed)
        rebuilt += 1

    assert (rebuilt, refused) == (8, 2)


def _credential_key(case: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    """The key in a registration's attested credential data (WebAuthn section 6.5.1)."""
    data = cbor2.loads(bytes.fromhex(case["reg"]["attestationObject"]))["authData"]
    length = int.from_bytes(data[53:55], "big")
    key = cbor2.loads(data[55 + length :])
    return es256.public_key(b"\x04" + key[-2] + key[-3])


def test_refusals_of_public_vectors_are_ours() -> None:
    """Bytes from anywhere give one of our errors, never another."""
    for data in (b"", b"\xd2", b"\x84", bytes(100), b"\x84\x40\xa0\x40\x40"):
        with pytest.raises(CarteError):
            cose.split(data)
