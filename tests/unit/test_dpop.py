"""Proofs by the app key (RFC 9449): one honest proof, and every way of bending it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from apcv_backend import dpop
from apcv_backend.dpop import AppKey, AppKeyRefused, DpopRefused, check_dpop
from cartes.wire import base64url
from mobile_mock.app_key import AppKey as PhoneKey
from tests.simulators.clock import MORNING

HTU = "http://cartes.localhost:8000/v1/devices"
PHONE = PhoneKey.make(secrets.token_bytes)


def token(
    claims: Mapping[str, Any] | None = None, headers: Mapping[str, Any] | None = None, key: Any = None
) -> str:
    """An honest proof, but for `claims` and `headers` (None removes a member)."""
    told = {
        "jti": "a1b2c3d4e5f6",
        "htm": "GET",
        "htu": HTU,
        "iat": int(MORNING.timestamp()),
        **(claims or {}),
    }
    head = {"typ": "dpop+jwt", "jwk": PHONE.jwk, **(headers or {})}
    return jwt.encode(
        {name: value for name, value in told.items() if value is not None},
        key or PHONE.private_key,
        algorithm=str(head.pop("alg", "ES256")),
        headers={name: value for name, value in head.items() if value is not None},
    )


def why(proof: str, **expected: Any) -> object:
    """The reason a proof is refused for."""
    with pytest.raises(DpopRefused) as refused:
        check_dpop(proof, htm="GET", htu=HTU, at=MORNING, **expected)
    return refused.value.facts["why"]


def test_the_phones_own_proof_is_believed() -> None:
    """What `mobile_mock` makes is what this module reads: the same thumbprint, the same moment."""
    made = PHONE.proof("GET", HTU, MORNING, random=secrets.token_bytes, nonce="n-0S6_WzA2Mj")

    proof = check_dpop(made, htm="GET", htu=HTU, at=MORNING, nonce="n-0S6_WzA2Mj")

    assert proof.jkt == AppKey.parse(PHONE.jwk).jkt
    assert proof.iat == MORNING
    assert check_dpop(made, htm="GET", htu=HTU, at=MORNING, expected_jkt=proof.jkt) == proof


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    """The members in lexical order, nothing else: the order and company of the members change nothing."""
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }

    key = AppKey.parse({**dict(reversed(jwk.items())), "kid": "1", "use": "sig"})

    assert key.jkt == "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"htm": "POST"}, "htm"),
        ({"htm": None}, "htm"),
        ({"htm": "get"}, "htm"),
        ({"htu": "http://cartes.localhost:8000/v1/notices"}, "htu"),
        ({"htu": "https://cartes.localhost:8000/v1/devices"}, "htu"),
        ({"htu": HTU + "/"}, "htu"),
        ({"htu": [HTU]}, "htu"),
        ({"htu": None}, "htu"),
        ({"iat": None}, "iat"),
        ({"iat": int(MORNING.timestamp()) - 61}, "iat"),
        ({"iat": int(MORNING.timestamp()) + 11}, "iat"),
        ({"iat": str(int(MORNING.timestamp()))}, "iat"),
        ({"iat": (1 << 40) - 1}, "iat"),
        ({"exp": int(MORNING.timestamp())}, "exp"),
        ({"nbf": int(MORNING.timestamp()) + 11}, "nbf"),
        ({"jti": None}, "jti"),
        ({"jti": "short"}, "jti"),
        ({"jti": "a" * 129}, "jti"),
        ({"jti": 12345678}, "jti"),
        ({"jti": "jti-\u00e9\u00e9\u00e9\u00e9"}, "jti"),
    ],
)
def test_a_claim_that_is_not_for_this_request_is_refused(claims: dict[str, Any], reason: str) -> None:
    """Another method, address or moment, and identifiers that are none."""
    bent = dict(claims)
    if not isinstance(bent.get("jti", ""), str | None) or isinstance(bent.get("iat"), str):
        # PyJWT refuses to write these: written by hand.
        assert why(_by_hand(bent)) == reason
    else:
        assert why(token(bent)) == reason


@pytest.mark.parametrize("seconds", [-60, 0, 10])
def test_a_minute_late_and_ten_seconds_early_are_borne(seconds: int) -> None:
    """The edges of the window are inside it."""
    made = token({"iat": int(MORNING.timestamp()) + seconds})

    assert check_dpop(made, htm="GET", htu=HTU, at=MORNING).jti == "a1b2c3d4e5f6"


@pytest.mark.parametrize("nonce", [None, "", "other", "n" * 600, 5, "né"])
def test_a_proof_without_the_nonce_is_refused(nonce: Any) -> None:
    """Missing, empty, another's, endless, of another type."""
    assert why(token({"nonce": nonce}), nonce="n-0S6_WzA2Mj") == "nonce"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"typ": "JWT"}, "typ"),
        ({"typ": None}, "typ"),
        ({"jwk": None}, "jwk"),
        ({"jwk": {**PHONE.jwk, "d": "AAAA"}}, "jwk"),
        ({"jwk": {**PHONE.jwk, "crv": "P-384"}}, "jwk"),
        ({"jwk": {**PHONE.jwk, "x": PHONE.jwk["y"]}}, "jwk"),
        ({"jwk": {**PHONE.jwk, "use": "enc"}}, "jwk_use"),
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, "jwk"),
        ({"jwk": "a string"}, "jwk"),
        ({"jwk": PhoneKey.make(secrets.token_bytes).jwk}, "signature"),
    ],
)
def test_a_header_that_bends_the_key_or_the_type_is_refused(headers: dict[str, Any], reason: str) -> None:
    """Wrong types, no key, private keys, other curves, points off the curve, another's key."""
    assert why(token(headers=headers)) == reason


def test_a_proof_signed_otherwise_than_es256_is_refused() -> None:
    """HMAC under what everyone can read of the public key, and no signature at all."""
    assert why(token(headers={"alg": "HS256"}, key=PHONE.jwk["x"])) == "alg"
    unsigned = token().split(".")
    header = {"typ": "dpop+jwt", "alg": "none", "jwk": PHONE.jwk}
    assert why(".".join([base64url.encode(json.dumps(header).encode()), unsigned[1], ""])) == "alg"


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "x" * 5000, "é.é.é", " ", "a.b.c,a.b.c"])
def test_what_is_no_token_is_refused(text: str) -> None:
    """Nothing, parts of a token, endless text, two headers joined by a comma."""
    assert why(text) in {"missing", "form", "size"}


def test_a_proof_of_another_phone_is_refused_where_one_is_expected() -> None:
    """The key named at the start of an enrolment is the one that finishes it."""
    other = AppKey.parse(PhoneKey.make(secrets.token_bytes).jwk)

    assert why(token(), expected_jkt=other.jkt) == "key"


def test_a_proof_is_remembered_longer_than_it_can_be_believed() -> None:
    """Whatever the clocks, when the identifier is forgotten the proof is refused for its age."""
    proof = check_dpop(token(), htm="GET", htu=HTU, at=MORNING)

    with pytest.raises(DpopRefused) as refused:
        check_dpop(token(), htm="GET", htu=HTU, at=proof.forget_after)
    assert refused.value.facts["why"] == "iat"
    assert proof.forget_after - proof.iat > dpop.MAX_AGE + timedelta(seconds=1)


def test_a_replay_key_is_of_the_identifier_and_the_key_not_of_the_signature() -> None:
    """The same claims signed twice give two signatures and one replay key."""
    first, second = (check_dpop(token(), htm="GET", htu=HTU, at=MORNING) for _ in range(2))
    other = check_dpop(token({"jti": "another-one"}), htm="GET", htu=HTU, at=MORNING)

    assert first.replay_key == second.replay_key
    assert other.replay_key != first.replay_key


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        "text",
        {},
        {**PHONE.jwk, "d": "AAAA"},
        {**PHONE.jwk, "x5u": "https://evil.example"},
        {**PHONE.jwk, "x": "A" * 43},
        {**PHONE.jwk, "kty": "RSA"},
    ],
)
def test_an_app_key_is_a_public_point_and_nothing_else(jwk: object) -> None:
    """A private member, an address to fetch, a point off the curve: refused at enrolment."""
    with pytest.raises(AppKeyRefused):
        AppKey.parse(jwk)


def test_an_app_key_keeps_only_what_defines_it() -> None:
    """The `kid` or the use somebody wrote is not kept."""
    assert AppKey.parse({**PHONE.jwk, "kid": "1"}).jwk == PHONE.jwk


def _by_hand(claims: Mapping[str, Any]) -> str:
    """A token PyJWT would refuse to write, signed all the same."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    told = {"jti": "a1b2c3d4e5f6", "htm": "GET", "htu": HTU, "iat": int(MORNING.timestamp()), **claims}
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": PHONE.jwk}
    signed = ".".join(base64url.encode(json.dumps(part).encode()) for part in (head, told))
    r, s = decode_dss_signature(PHONE.private_key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{base64url.encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
