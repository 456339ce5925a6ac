"""The words of a presence token: a JWT (RFC 7519) of type `presence+jwt`, ES256, under a key of the provider.

Pure: a signer and public keys in, text and claims out. Its type keeps it from being taken for an access token
or an ID token signed under the same key (RFC 8725 section 3.11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.asymmetric import ec

from apcv_backend.presences.rules import PresenceRefused
from apcv_backend.strict_jwt import TokenRefused, parse_compact, verify_compact
from cartes.wire import base64url, strict_json

PRESENCE_TYP: Final = "presence+jwt"
_MOST_BYTES: Final = 2_048


class TokenSigner(Protocol):
    """A key that signs tokens."""

    @property
    def kid(self) -> str:
        """Its identifier."""
        ...

    def sign(self, message: bytes) -> bytes:
        """ES256: r || s."""
        ...


class PublicRecord(Protocol):
    """The public half of a key that may have signed."""

    @property
    def kid(self) -> str:
        """Its identifier; two keys may share one."""
        ...

    @property
    def public_key(self) -> bytes:
        """The compressed point."""
        ...


class SignedPresences:
    """See `ports.Tokens`."""

    def __init__(
        self,
        signer: Callable[[datetime], TokenSigner],
        keys: Callable[[datetime], Iterable[PublicRecord]],
    ) -> None:
        """`signer` gives the key that signs at an instant, `keys` those still believed then."""
        self._signer = signer
        self._keys = keys

    def sign(self, claims: Mapping[str, object], at: datetime) -> str:
        """See `Tokens.sign`."""
        signer = self._signer(at)
        header = {"alg": "ES256", "kid": signer.kid, "typ": PRESENCE_TYP}
        parts = (base64url.encode(strict_json.canonical(part)) for part in (header, dict(claims)))
        signed = ".".join(parts).encode("ascii")
        return f"{signed.decode()}.{base64url.encode(signer.sign(signed))}"

    def read(self, token: str, at: datetime) -> Mapping[str, Any]:
        """See `Tokens.read`."""
        try:
            kid = parse_compact(token, typ=PRESENCE_TYP, max_size=_MOST_BYTES).header.get("kid")
            for record in self._keys(at):
                if record.kid == kid:
                    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), record.public_key)
                    return verify_compact(token, key, "ES256", typ=PRESENCE_TYP, max_size=_MOST_BYTES)
        except TokenRefused as refused:
            raise PresenceRefused(why="token") from refused
        raise PresenceRefused(why="token")
