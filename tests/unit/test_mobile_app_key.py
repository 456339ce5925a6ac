"""DPoP proofs: what RFC 9449 asks, read back by PyJWT and by the backend's own strict reader."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import jwt
import pytest

from apcv_backend.dpop import AppKey as RegisteredKey
from apcv_backend.dpop import DpopRefused, check_dpop
from mobile_mock.app_key import AppKey

AT = datetime(2026, 11, 21, 10, 0, 0, 900_000, tzinfo=UTC)
URL = "http://apcv.localhost:8000/v1/credential"


def proof(key: AppKey, **changes: str) -> str:
    return key.proof(
        "POST",
        URL + "?a=b#c",
        AT,
        random=secrets.token_bytes,
        nonce="n-once",
        claims={"rqh": "hash", **changes},
    )


def test_a_proof_holds_what_the_rfc_asks() -> None:
    """`typ`, public `jwk`, `jti`, `htm`, `htu` without query, whole `iat`, `nonce`, and the claims added."""
    key = AppKey.make(secrets.token_bytes)
    text = proof(key)

    header = jwt.get_unverified_header(text)
    claims = jwt.decode(
        text, jwt.PyJWK(header["jwk"]).key, algorithms=["ES256"], options={"verify_iat": False}
    )

    assert header == {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk}
    assert set(key.jwk) == {"kty", "crv", "x", "y"}
    assert len(claims.pop("jti")) == 22
    assert claims == {
        "htm": "POST",
        "htu": URL,
        "iat": int(AT.timestamp()),
        "nonce": "n-once",
        "rqh": "hash",
    }


def test_the_backend_accepts_it_and_knows_the_key() -> None:
    """The strict reader accepts the proof, and its thumbprint is that of the key registered at enrolment."""
    key = AppKey.make(secrets.token_bytes)
    registered = RegisteredKey.parse(key.jwk)

    read = check_dpop(proof(key), htm="POST", htu=URL, at=AT, nonce="n-once", expected_jkt=registered.jkt)

    assert read.claims["rqh"] == "hash"


def test_a_claim_added_never_replaces_a_required_one() -> None:
    """`claims` cannot change what the proof says about its request."""
    text = proof(AppKey.make(secrets.token_bytes), htu="http://elsewhere", jti="chosen")

    claims = jwt.decode(text, options={"verify_signature": False})
    assert claims["htu"] == URL
    assert claims["jti"] != "chosen"


def test_no_two_proofs_are_the_same_and_none_serves_another_request() -> None:
    """A fresh `jti` each time; another method, address or nonce is refused."""
    key = AppKey.make(secrets.token_bytes)

    assert proof(key) != proof(key)
    for wrong in ({"htm": "GET"}, {"htu": URL + "s"}, {"nonce": "other"}):
        with pytest.raises(DpopRefused):
            check_dpop(proof(key), **{"htm": "POST", "htu": URL, "nonce": "n-once", **wrong}, at=AT)
