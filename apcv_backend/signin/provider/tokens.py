"""Tokens of ours: signed here, and believed again here. One place for both, so that neither drifts.

Every token has its own `typ` and is verified under it: an ID token is never an access token (RFC 8725 section
3.11, RFC 9068 section 2.1). Our own tokens are verified with our own published keys, each with its one
algorithm; the `kid` a token names only helps others to find the key, and chooses nothing here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from apcv_backend.signin.provider.provider_ports import PublishedKey, SigningKeys
from apcv_backend.strict_jwt import PublicKey, TokenRefused, verify_compact
from cartes.errors import CarteError
from cartes.wire import base64url

ACCESS = "at+jwt"
ID = "JWT"
LOGOUT = "logout+jwt"
ALGORITHMS = ("ES256", "RS256")


class NoSigningKey(CarteError):
    """The keyring has no key for this algorithm at this instant: the operator must make one."""

    code = "no_signing_key"


class TokenSmith:
    """Makes and opens our tokens. Public keys are decoded once."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys
        self._decoded: dict[bytes, PublicKey] = {}

    def sign(self, claims: Mapping[str, Any], typ: str, alg: str, at: datetime) -> str:
        """A compact JWS over `claims`. Raises `NoSigningKey`."""
        signer = self._keys.signer(alg, at)
        if signer is None:
            raise NoSigningKey(alg=alg)
        header = f'{{"alg":"{alg}","kid":"{signer.kid}","typ":"{typ}"}}'.encode()
        body = json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()
        message = f"{base64url.encode(header)}.{base64url.encode(body)}"
        return f"{message}.{base64url.encode(signer.sign(message.encode()))}"

    def open(self, token: str, typ: str) -> dict[str, Any]:
        """The claims of a token that one of our keys signed as `typ`; dates and audience are the caller's.

        Raises `TokenRefused`.
        """
        refused = TokenRefused(why="no_key")
        for published in self._keys.published():
            try:
                return verify_compact(token, self._public(published), published.alg, typ=typ)
            except TokenRefused as error:
                refused = error
        raise refused

    def jwks(self) -> dict[str, Any]:
        """The JWK set that clients verify with: keys in use, waiting, and retiring."""
        return {"keys": [self._jwk(published) for published in self._keys.published()]}

    def algorithms(self, at: datetime) -> list[str]:
        """The algorithms some key signs with now."""
        return [alg for alg in ALGORITHMS if self._keys.signer(alg, at) is not None]

    def _public(self, published: PublishedKey) -> PublicKey:
        known = self._decoded.get(published.public_key)
        if known is None:
            known = self._decoded[published.public_key] = _decode(published)
        return known

    def _jwk(self, published: PublishedKey) -> dict[str, str]:
        told = {"kid": published.kid, "use": "sig", "alg": published.alg}
        key = self._public(published)
        if isinstance(key, ec.EllipticCurvePublicKey):
            point = key.public_numbers()
            x, y = (base64url.encode(n.to_bytes(32, "big")) for n in (point.x, point.y))
            return {"kty": "EC", "crv": "P-256", "x": x, "y": y, **told}
        assert isinstance(key, rsa.RSAPublicKey)
        numbers = key.public_numbers()
        n, e = (
            base64url.encode(v.to_bytes((v.bit_length() + 7) // 8, "big")) for v in (numbers.n, numbers.e)
        )
        return {"kty": "RSA", "n": n, "e": e, **told}


def half_hash(token: str) -> str:
    """The `at_hash` of an access token: the left half of its SHA-256 (OpenID Connect Core 3.1.3.6)."""
    return base64url.encode(hashlib.sha256(token.encode()).digest()[:16])


def _decode(published: PublishedKey) -> PublicKey:
    if published.alg == "ES256":
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), published.public_key)
    key = load_der_public_key(published.public_key)
    assert isinstance(key, rsa.RSAPublicKey)
    return key
