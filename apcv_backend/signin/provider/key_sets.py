"""The public keys a client registered, by value: what its assertions are verified with.

A set is given at registration and changed by an administrator. No `jwks_uri` is ever fetched: a server that
follows addresses it is given can be sent anywhere, and a key would change without anybody having looked
(decision 0018). One key, one algorithm (RFC 8725 section 3.1); a token's `kid` chooses nothing.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from apcv_backend.client_certificates import CertificateRefused, ClientCertificate, parse_certificate
from apcv_backend.strict_jwt import PublicKey, TokenRefused, public_key_of_jwk, verify_compact
from cartes.errors import InvalidValue
from cartes.wire import base64url

ASSERTION_ALGS = ("ES256", "PS256", "RS256")
MOST_KEYS = 10
_RSA_BITS = range(2_048, 8_193)
_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_TYPES = (None, "JWT", "client-authentication+jwt")


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One public key and the one algorithm it verifies."""

    alg: str
    key: PublicKey = field(repr=False)


def parse_jwks(unverified: object) -> tuple[ClientKey, ...]:
    """The keys of a JWK set (RFC 7517): P-256 for ES256, RSA of 2048 bits or more for RS256 or PS256.

    Raises `InvalidValue` (`what="jwks"`) for another shape, a private member, a weak key, or too many.
    """
    keys = unverified.get("keys") if isinstance(unverified, Mapping) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS:
        raise InvalidValue(what="jwks", why="shape")
    return tuple(_parse_key(key) for key in keys)


def parse_certificates(unverified: object) -> tuple[str, ...]:
    """The thumbprints of the certificates of a JWK set, each the first of its key's `x5c` (RFC 7517 4.7).

    A key and its certificate must be one: whoever registers another's certificate beside their own key has
    made a mistake. Dates are judged when the certificate is used, so that the next one is registered before
    the one in force ends. Raises `InvalidValue` (`what="jwks"`).
    """
    keys = unverified.get("keys") if isinstance(unverified, Mapping) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_KEYS:
        raise InvalidValue(what="jwks", why="shape")
    return tuple(_certificate_of(key).thumbprint for key in keys)


def verify_with(keys: Sequence[ClientKey], token: str) -> dict[str, Any]:
    """The claims of a token signed by one of `keys`, with that key's own algorithm.

    Raises `TokenRefused`, for the last key tried.
    """
    refused = TokenRefused(why="no_key")
    for key in keys:
        for typ in _TYPES:
            try:
                return verify_compact(token, key.key, key.alg, typ=typ)
            except TokenRefused as error:
                if error.facts.get("why") != "typ":
                    refused = error
                    break
                refused = error
    raise refused


def _certificate_of(jwk: object) -> ClientCertificate:
    if not isinstance(jwk, dict) or _SECRET_MEMBERS & jwk.keys():
        raise InvalidValue(what="jwks", why="private_member")
    chain = jwk.get("x5c")
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        raise InvalidValue(what="jwks", why="x5c")
    try:
        certificate = parse_certificate(b64decode(chain[0].encode("ascii"), validate=True))
    except (binascii.Error, ValueError, CertificateRefused) as error:
        raise InvalidValue(what="jwks", why="x5c") from error
    if not _is_key_of(jwk, certificate):
        raise InvalidValue(what="jwks", why="x5c")
    return certificate


def _is_key_of(jwk: Mapping[str, Any], certificate: ClientCertificate) -> bool:
    """Whether the other members describe the certificate's own key."""
    key = certificate.public_key
    if isinstance(key, rsa.RSAPublicKey):
        kty, numbers = "RSA", {"n": key.public_numbers().n, "e": key.public_numbers().e}
    else:
        kty, numbers = "EC", {"x": key.public_numbers().x, "y": key.public_numbers().y}
    try:
        told = {name: int.from_bytes(base64url.decode(jwk[name]), "big") for name in numbers}
    except (InvalidValue, KeyError, TypeError, AttributeError, ValueError):
        return False
    return jwk.get("kty") == kty and told == numbers


def _parse_key(jwk: object) -> ClientKey:
    if not isinstance(jwk, dict) or _SECRET_MEMBERS & jwk.keys():
        raise InvalidValue(what="jwks", why="private_member")
    try:
        if jwk.get("kty") == "EC":
            return ClientKey("ES256", public_key_of_jwk(jwk))
        return _parse_rsa(jwk)
    except TokenRefused as error:
        raise InvalidValue(what="jwks", why="key") from error


def _parse_rsa(jwk: Mapping[str, Any]) -> ClientKey:
    alg = jwk.get("alg", "RS256")
    if jwk.get("kty") != "RSA" or alg not in {"RS256", "PS256"} or jwk.get("use", "sig") != "sig":
        raise InvalidValue(what="jwks", why="key_type")
    try:
        n, e = (int.from_bytes(base64url.decode(jwk[name]), "big") for name in ("n", "e"))
        key = rsa.RSAPublicNumbers(e, n).public_key()
    except (InvalidValue, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidValue(what="jwks", why="rsa") from error
    if key.key_size not in _RSA_BITS:
        raise InvalidValue(what="jwks", why="rsa_size")
    return ClientKey(alg, key)
