"""Proofs by the phone's app key (DPoP, RFC 9449): the second, non-extractable key bound at enrolment.

A proof is a small token signed by the app key for one request: it names the method and the address, its own
identifier, its moment, and sometimes a nonce we gave. It carries its public key, by design; believing it
means comparing that key's thumbprint (RFC 7638) with the one registered for the phone, which the caller does.

What this module leaves to the caller, because only the database can decide it: that a `jti` was never seen
before. The address is the one of the configuration plus the path; a Host header has no say in it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

from apcv_backend.strict_jwt import TokenRefused, parse_compact, public_key_of_jwk, verify_compact
from cartes.errors import CarteError
from cartes.wire import base64url, strict_json

TYPE = "dpop+jwt"
MAX_AGE = timedelta(seconds=60)
MAX_AHEAD = timedelta(seconds=10)
"""FAPI 2.0 accepts a clock ten seconds ahead and no more than a minute."""

REMEMBER_FOR = MAX_AGE + MAX_AHEAD + timedelta(seconds=10)
"""How long a used `jti` must be remembered: until it is refused for its age anyway, and a little more."""

_MAX_PROOF = 4_096
_MAX_JTI = 128
_MAX_NONCE = 512
_MEMBERS = ("crv", "kty", "x", "y")
# The rest of what RFC 7517 lets a public signing key say; anything else in an app key is refused.
_TOLERATED = frozenset({*_MEMBERS, "use", "alg", "key_ops", "ext", "kid"})


class DpopRefused(CarteError):
    """The proof of the app key is missing, malformed, too old, or not for this request. `why` says which."""

    code = "dpop_refused"


class AppKeyRefused(CarteError):
    """The app key offered is not a public P-256 key for signatures (RFC 7518 section 6.2)."""

    code = "app_key_refused"


@dataclass(frozen=True, slots=True)
class AppKey:
    """A phone's app key: its thumbprint and the four members that define it."""

    jkt: str
    jwk: dict[str, str] = field(repr=False)

    @classmethod
    def parse(cls, unverified_jwk: object) -> AppKey:
        """Keep what defines the key; `AppKeyRefused` for whatever is not a public point of P-256."""
        if not isinstance(unverified_jwk, dict) or not set(unverified_jwk) <= _TOLERATED:
            raise AppKeyRefused(why="members")
        try:
            public_key_of_jwk(unverified_jwk)
        except TokenRefused as error:
            raise AppKeyRefused(**error.facts) from error
        return cls._of(unverified_jwk)

    @classmethod
    def _of(cls, jwk: Mapping[str, Any]) -> AppKey:
        kept = {name: str(jwk[name]) for name in _MEMBERS}
        digest = hashlib.sha256(strict_json.canonical(kept)).digest()  # RFC 7638 section 3
        return cls(base64url.encode(digest), kept)


@dataclass(frozen=True, slots=True)
class DpopProof:
    """A proof whose signature, address, method and moment hold; its key, `jkt`, belongs to nobody yet.

    `claims` holds every claim, so that issuance reads `rqh`, the digest of the request it renews with.
    """

    jkt: str
    jwk: Mapping[str, str] = field(repr=False)
    jti: str
    iat: datetime
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def replay_key(self) -> bytes:
        """The 32 bytes to remember once: this identifier, under this key (never the signature, SEC-5)."""
        return hashlib.sha256(f"dpop-v1|{self.jkt}|{self.jti}".encode()).digest()

    @property
    def forget_after(self) -> datetime:
        """When the identifier may be forgotten: the proof is too old by then."""
        return self.iat + REMEMBER_FOR


def check_dpop(
    unverified_header: str,
    *,
    htm: str,
    htu: str,
    at: datetime,
    nonce: str | None = None,
    expected_jkt: str | None = None,
) -> DpopProof:
    """Check the content of a `DPoP` header for the request `htm` `htu` (RFC 9449 section 4.3).

    `htu` is the public address without query or fragment. `nonce`, when given, must be in the proof, exactly;
    `expected_jkt`, when given, must be its key. That the `jti` is new is the caller's to decide, in its
    transaction.

    Raises:
        DpopRefused: with `why` one of missing, jwk, the words of `strict_jwt`, htm, htu, iat, exp, nbf, jti,
        nonce, key.
    """
    if not unverified_header:
        raise DpopRefused(why="missing")
    try:
        unverified = parse_compact(unverified_header, typ=TYPE, max_size=_MAX_PROOF)
        jwk = unverified.embedded_key()
        claims = verify_compact(
            unverified_header, public_key_of_jwk(jwk), "ES256", typ=TYPE, max_size=_MAX_PROOF
        )
    except TokenRefused as error:
        raise DpopRefused(**error.facts) from error
    key = AppKey._of(jwk)  # noqa: SLF001 - the same class, from a key just used to verify
    if expected_jkt is not None and not hmac.compare_digest(key.jkt, expected_jkt):
        raise DpopRefused(why="key")
    if claims.get("htm") != htm:
        raise DpopRefused(why="htm")
    if not _same_address(claims.get("htu"), htu):
        raise DpopRefused(why="htu")
    iat = _moment(claims, at)
    jti = claims.get("jti")
    if not _is_word(jti, 8, _MAX_JTI):
        raise DpopRefused(why="jti")
    if nonce is not None:
        given = claims.get("nonce")
        # Compared as bytes: the nonce of a request is whatever its sender wrote, accents included.
        if not _is_word(given, 1, _MAX_NONCE) or not hmac.compare_digest(given.encode(), nonce.encode()):
            raise DpopRefused(why="nonce")
    return DpopProof(key.jkt, key.jwk, jti, iat, claims)


def _is_word(value: object, least: int, most: int) -> TypeGuard[str]:
    """Printable ASCII of a sane length: what identifiers and nonces are made of."""
    return isinstance(value, str) and least <= len(value) <= most and value.isascii() and value.isprintable()


def _same_address(given: object, htu: str) -> bool:
    """RFC 9449 4.3 ignores query and fragment; only scheme and host may differ in case, and ours do not."""
    return isinstance(given, str) and given.split("?", 1)[0].split("#", 1)[0] == htu


def _moment(claims: Mapping[str, Any], at: datetime) -> datetime:
    """The proof's `iat`, judged in whole seconds before it becomes a date: it may be any integer."""
    iat = claims.get("iat")
    now = int(at.timestamp())
    ahead = int(MAX_AHEAD.total_seconds())
    if iat is None or not now - int(MAX_AGE.total_seconds()) <= iat <= now + ahead:
        raise DpopRefused(why="iat")
    # A proof may also limit itself: RFC 7519 dates are obeyed where they stand.
    if claims.get("exp", now + 1) <= now:
        raise DpopRefused(why="exp")
    if claims.get("nbf", now) > now + ahead:
        raise DpopRefused(why="nbf")
    return datetime.fromtimestamp(iat, UTC)
