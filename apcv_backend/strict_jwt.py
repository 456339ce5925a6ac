"""The one place where a JSON Web Token from outside is believed (RFC 7515, RFC 7519, RFC 8725).

PyJWT's algorithms verify the signature; this module is the reader around them: a size cap, the exact `typ`,
one algorithm for one key, canonical base64url, no duplicate member, integers for `exp`, `iat` and `nbf`, and
a key that may verify. Every part is decoded once. A token's own headers never choose the key, except the
proofs that carry theirs by design (DPoP, RFC 9449), whose reader asks for it by name (`embedded_key`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from cartes.errors import CarteError, InvalidValue
from cartes.wire import base64url, strict_json

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

MAX_TOKEN_BYTES = 8_192
_TIME_CLAIMS = ("exp", "iat", "nbf")
_MAX_TIME = 1 << 40  # far beyond any date we sign, and short of what breaks arithmetic
_SEGMENTS = 3
_JWS = jwt.PyJWS()  # the signature alone: what the claims mean is judged here, strictly


class TokenRefused(CarteError):
    """A token is malformed, of another type, or not signed by the key it should be. `why` says which."""

    code = "token_refused"


@dataclass(frozen=True)
class UnverifiedToken:
    """A token whose form was checked and whose signature was not."""

    header: Mapping[str, Any]
    payload: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def embedded_key(self) -> Mapping[str, Any]:
        """The `jwk` of the header, for proofs that carry their key by design. Public members only."""
        jwk = self.header.get("jwk")
        if not isinstance(jwk, dict) or "d" in jwk or "k" in jwk:
            raise TokenRefused(why="jwk")
        return jwk


def parse_compact(token: bytes | str, *, typ: str | None, max_size: int = MAX_TOKEN_BYTES) -> UnverifiedToken:
    """Check the form of a compact JWS: size, three canonical segments, strict JSON header, `typ`, no `crit`.

    Raises:
        TokenRefused: with `why` one of size, form, header, typ, crit.
    """
    raw = token.encode("ascii", "replace") if isinstance(token, str) else token
    if len(raw) > max_size:
        raise TokenRefused(why="size")
    segments = raw.split(b".")
    if len(segments) != _SEGMENTS:
        raise TokenRefused(why="form")
    try:
        decoded = [base64url.decode(segment.decode("ascii")) for segment in segments]
        header = strict_json.loads(decoded[0], max_size=max_size)
    except (InvalidValue, UnicodeDecodeError) as error:
        raise TokenRefused(why="form") from error
    if not isinstance(header, dict):
        raise TokenRefused(why="header")
    if header.get("typ") != typ:
        raise TokenRefused(why="typ")
    if "crit" in header or header.get("b64") is False or "zip" in header:
        raise TokenRefused(why="crit")
    return UnverifiedToken(header, decoded[1], raw.rpartition(b".")[0], decoded[2])


def verify_compact(
    token: bytes | str,
    key: PublicKey,
    alg: str,
    *,
    typ: str | None = None,
    max_size: int = MAX_TOKEN_BYTES,
) -> dict[str, Any]:
    """The claims of a token signed by `key` with exactly `alg`. Dates and audience are the caller's to judge.

    Raises:
        TokenRefused: with `why` one of parse_compact's, alg, signature, claims, or the time claim at fault.
    """
    unverified = parse_compact(token, typ=typ, max_size=max_size)
    if unverified.header.get("alg") != alg:
        raise TokenRefused(why="alg")
    try:
        algorithm = _JWS.get_algorithm_by_name(alg)
        holds = algorithm.verify(unverified.signed, algorithm.prepare_key(key), unverified.signature)
    except (jwt.PyJWTError, NotImplementedError, ValueError, TypeError) as error:
        raise TokenRefused(why="signature") from error
    if not holds:
        raise TokenRefused(why="signature")
    return _claims(unverified.payload, max_size)


def public_key_of_jwk(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """The P-256 key of a JWK (RFC 7518 section 6.2): a point of the curve, for verifying and nothing else.

    Raises:
        TokenRefused: another key type or curve, private members, a use that is not signing, no such point.
    """
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        raise TokenRefused(why="jwk")
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "ES256") != "ES256":
        raise TokenRefused(why="jwk_use")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise TokenRefused(why="jwk_use")
    try:
        x, y = (base64url.decode(jwk[member]) for member in ("x", "y"))
        if len(x) != 32 or len(y) != 32:  # noqa: PLR2004 - the two coordinates of P-256
            raise TokenRefused(why="jwk")
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    except (InvalidValue, KeyError, TypeError, AttributeError, ValueError) as error:
        raise TokenRefused(why="jwk") from error


def _claims(payload: bytes, max_size: int) -> dict[str, Any]:
    try:
        claims = strict_json.loads(payload, max_size=max_size)
    except InvalidValue as error:
        raise TokenRefused(why="claims") from error
    if not isinstance(claims, dict):
        raise TokenRefused(why="claims")
    for name in _TIME_CLAIMS:
        value = claims.get(name, 0)
        if type(value) is not int or not 0 <= value < _MAX_TIME:
            raise TokenRefused(why=name)
    return claims
