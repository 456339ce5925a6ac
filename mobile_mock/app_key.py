"""The phone's second key: the app's own, used without a gesture, proven by DPoP (RFC 9449).

The WebAuthn key asks its owner for a gesture each time; this one lets the app renew a card at night and
list the person's phones. On a real phone it cannot leave the keystore; here it lies in the pocket and only
this module signs with it. One is made at each enrolment, so that two cards in one phone share nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from cartes.wire import base64url
from mobile_mock import p256


@dataclass(frozen=True, slots=True)
class AppKey:
    """A P-256 key that makes DPoP proofs."""

    private_key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def make(cls, random: Callable[[int], bytes]) -> AppKey:
        """A new key from `random`."""
        return cls(p256.new_key(random))

    @property
    def jwk(self) -> dict[str, str]:
        """The public JWK: `kty`, `crv`, `x`, `y`."""
        return p256.jwk(self.private_key.public_key())

    def proof(
        self,
        method: str,
        url: str,
        at: datetime,
        *,
        random: Callable[[int], bytes],
        nonce: str | None = None,
        claims: Mapping[str, str] | None = None,
    ) -> str:
        """A DPoP proof for one request (RFC 9449, 4.2).

        Args:
            method: the HTTP method, `htm`.
            url: the public URL; query and fragment are left out of `htu`.
            at: now (aware UTC), `iat` in whole seconds.
            random: where the single-use `jti` comes from (128 bits).
            nonce: what the server gave to be signed, if it did.
            claims: further claims, the hash of a request for instance.
        """
        payload: dict[str, object] = {
            **(claims or {}),
            "jti": base64url.encode(random(16)),
            "htm": method,
            "htu": url.partition("#")[0].partition("?")[0],
            "iat": int(at.timestamp()),
        }
        if nonce is not None:
            payload["nonce"] = nonce
        return jwt.encode(
            payload, self.private_key, algorithm="ES256", headers={"typ": "dpop+jwt", "jwk": self.jwk}
        )
