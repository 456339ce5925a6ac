"""Who the client is: by a secret, by an assertion, or by its TLS certificate, as it was registered.

A client uses the one method it was registered for, and one at a time (RFC 6749 section 2.3). Every failure is
the same `invalid_client`, so that nobody learns whether a client exists. Assertions follow FAPI 2.0 5.3.2.1:
`aud` is one string, our issuer or the endpoint's address; a clock may be ten seconds ahead and not a minute;
each `jti` serves once, which the database judges in the transaction it permits.

A certificate (RFC 8705 section 2.2) is one the client registered, handed over by our own proxy (`proxy_door`)
and within its dates; it needs no authority, since nobody but the client could have shown it.

A client seen a second ago is believed for that second (`Clients.recent`); whoever is refused is looked up
again first, so that a secret just changed works at once everywhere.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from apcv_backend.client_certificates import CertificateRefused, open_certificate
from apcv_backend.signin.provider.client_rules import AuthMethod, Client
from apcv_backend.signin.provider.key_sets import verify_with
from apcv_backend.signin.provider.oauth_errors import OAuthRefused, invalid_client, invalid_request
from apcv_backend.signin.provider.provider_ports import Clients, KeptClient, Macs, ProviderRegisters, UsedOnce
from apcv_backend.strict_jwt import TokenRefused
from apcv_backend.vault import same
from cartes.errors import InvalidValue
from cartes.wire import base64url, strict_json

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AHEAD = timedelta(seconds=30)
"""How far ahead a client's clock may be: 10 s must pass and 60 s must not (FAPI 2.0 5.3.2.1-13)."""
_LONGEST_ASSERTION_LIFE = timedelta(hours=1)
_LONGEST_JTI = 256


@dataclass(frozen=True, slots=True)
class ProvenClient:
    """A client that proved itself, and what its proof spends: the caller spends it in its transaction."""

    client: Client
    once: tuple[UsedOnce, ...] = ()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a request shows of its client."""

    method: AuthMethod
    client_id: str
    secret: str = field(repr=False)


class ClientAuthenticator:
    """Proves clients. `issuer` is our public address; assertions name it, or the endpoint they are for."""

    def __init__(self, clients: Clients, registers: ProviderRegisters, macs: Macs, issuer: str) -> None:
        self._clients = clients
        self._registers = registers
        self._macs = macs
        self._issuer = issuer

    def authenticate(
        self,
        form: Mapping[str, str],
        authorization: str,
        endpoint_url: str,
        at: datetime,
        *,
        certificate: str = "",
    ) -> Client:
        """The client behind a request to `endpoint_url`, its assertion spent.

        `form` is from `parse_parameters`, `authorization` the header or the empty text, `certificate` the
        `Client-Cert` of our own proxy, unread. Raises `OAuthRefused` (`invalid_client`, or `invalid_request`
        for two methods at once).
        """
        proven = self.prove(form, authorization, endpoint_url, at, certificate=certificate)
        if proven.once and not self._registers.use_once(proven.once):
            raise invalid_client("this client assertion has been used already (jti)")
        return proven.client

    def prove(
        self,
        form: Mapping[str, str],
        authorization: str,
        endpoint_url: str,
        at: datetime,
        *,
        certificate: str = "",
    ) -> ProvenClient:
        """As `authenticate`, and the caller spends `once` in its own transaction."""
        shown = _shown(form, authorization, certificate)
        if not shown.client_id.isprintable():
            # No register has such a client, and PostgreSQL would not even look for a NUL.
            raise invalid_client("the client is unknown or does not authenticate this way")
        remembered = self._clients.recent(shown.client_id)
        try:
            return self._proven(remembered, shown, endpoint_url, at)
        except OAuthRefused:
            kept = self._clients.get(shown.client_id)
            if kept == remembered:
                raise
            return self._proven(kept, shown, endpoint_url, at)

    def _proven(
        self, kept: KeptClient | None, shown: _Shown, endpoint_url: str, at: datetime
    ) -> ProvenClient:
        challenge = "Basic" if shown.method is AuthMethod.BASIC else ""
        if kept is None or kept.closed_at is not None or kept.client.auth_method is not shown.method:
            raise invalid_client(
                "the client is unknown or does not authenticate this way", challenge=challenge
            )
        if shown.method is AuthMethod.PRIVATE_KEY_JWT:
            return ProvenClient(kept.client, (self._check_assertion(kept.client, shown, endpoint_url, at),))
        if shown.method is AuthMethod.TLS:
            _check_certificate(kept.client, shown.secret, at)
            return ProvenClient(kept.client)
        if not self._secret_holds(kept, shown.secret, at):
            raise invalid_client(
                "the client is unknown or does not authenticate this way", challenge=challenge
            )
        return ProvenClient(kept.client)

    def _secret_holds(self, kept: KeptClient, secret: str, at: datetime) -> bool:
        mac = self._macs.code_mac(kept.client.client_id, secret, "client-secret")
        if kept.secret_mac is not None and same(mac, kept.secret_mac):
            return True
        former, until = kept.former_secret_mac, kept.former_secret_until
        return former is not None and until is not None and at < until and same(mac, former)

    def _check_assertion(self, client: Client, shown: _Shown, endpoint_url: str, at: datetime) -> UsedOnce:
        try:
            claims = verify_with(client.keys, shown.secret)
        except TokenRefused as error:
            raise invalid_client("the client assertion does not verify with a registered key") from error
        if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
            raise invalid_client("the client assertion needs iss and sub, both the client_id")
        if claims.get("aud") not in (self._issuer, endpoint_url):
            raise invalid_client(
                "aud of the client assertion must be one string: the issuer or this endpoint"
            )
        return UsedOnce("assertion", _replay_key(client.client_id, claims), _until(claims, at))


def _check_certificate(client: Client, unverified_certificate: str, at: datetime) -> None:
    try:
        certificate = open_certificate(unverified_certificate, at)
    except CertificateRefused as error:
        raise refused_certificate(error) from error
    if not any(certificate.is_bound(thumbprint) for thumbprint in client.certificates):
        raise invalid_client("the client is unknown or does not authenticate this way")


def refused_certificate(error: CertificateRefused) -> OAuthRefused:
    """Why a certificate does not count, in the words of the provider."""
    return invalid_client(_CERTIFICATE_WORDS[str(error.facts["why"])])


_CERTIFICATE_WORDS = {
    "missing": "a client certificate is required: come through the address of our metadata that asks for one",
    "header": "the client certificate was not handed over as one byte sequence (RFC 9440)",
    "der": "the client certificate is not a well-formed X.509 certificate",
    "key": "the key of the client certificate must be P-256, P-384, P-521, or RSA of 2048 bits or more",
    "not_yet": "the client certificate is not valid yet",
    "expired": "the client certificate has expired",
}


def _replay_key(client_id: str, claims: Mapping[str, Any]) -> bytes:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _LONGEST_JTI:
        raise invalid_client("the client assertion needs a jti")
    return hashlib.sha256(f"assertion-v1|{client_id}|{jti}".encode()).digest()


def _until(claims: Mapping[str, Any], at: datetime) -> datetime:
    """When the assertion may be forgotten; refused when it is not alive at `at`."""
    now, ahead = int(at.timestamp()), int(AHEAD.total_seconds())
    expires = claims.get("exp")
    if expires is None or expires <= now:
        raise invalid_client("the client assertion has no exp, or has expired")
    if expires > now + int(_LONGEST_ASSERTION_LIFE.total_seconds()):
        raise invalid_client("the client assertion lives too long: an hour at most")
    if claims.get("iat", now) > now + ahead or claims.get("nbf", now) > now + ahead:
        raise invalid_client("the client assertion is from the future: check the clock (iat, nbf)")
    return datetime.fromtimestamp(expires, UTC)


def _shown(form: Mapping[str, str], authorization: str, certificate: str) -> _Shown:
    """The one method a request uses. A certificate beside another method is not one: it may bind a token."""
    ways = [bool(authorization), "client_secret" in form, "client_assertion" in form]
    if sum(ways) > 1:
        raise invalid_request("the client authenticates in two ways at once")
    if authorization:
        shown = _basic(authorization)
        if form.get("client_id", shown.client_id) != shown.client_id:
            raise invalid_request("client_id is not the client that authenticates")
        return shown
    if "client_assertion" in form:
        return _assertion(form)
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if client_id and not secret and certificate:
        return _Shown(AuthMethod.TLS, client_id, certificate)
    if not client_id or not secret:
        raise invalid_client("the client must authenticate", challenge="Basic")
    return _Shown(AuthMethod.POST, client_id, secret)


def _basic(authorization: str) -> _Shown:
    """RFC 6749 section 2.3.1: both halves are form-encoded before they are joined."""
    scheme, _, encoded = authorization.partition(" ")
    refused = invalid_client("the Authorization header is not well-formed Basic", challenge="Basic")
    if scheme.lower() != "basic":
        raise refused
    try:
        name, colon, secret = b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
        client_id, clear = (unquote_plus(half, errors="strict") for half in (name, secret))
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise refused from error
    if not colon or not client_id or not clear:
        raise refused
    return _Shown(AuthMethod.BASIC, client_id, clear)


def _assertion(form: Mapping[str, str]) -> _Shown:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise invalid_client("client_assertion_type must be " + ASSERTION_TYPE)
    token = form["client_assertion"]
    client_id = _unverified_subject(token)
    if form.get("client_id", client_id) != client_id:
        raise invalid_client("client_id is not the subject of the client assertion")
    return _Shown(AuthMethod.PRIVATE_KEY_JWT, client_id, token)


def _unverified_subject(token: str) -> str:
    """Whose assertion it says it is: enough to look for the keys, and for nothing else."""
    refused: OAuthRefused = invalid_client("the client assertion is not a well-formed JWT")
    try:
        claims = strict_json.loads(base64url.decode(token.split(".")[1]))
    except (IndexError, InvalidValue) as error:
        raise refused from error
    subject = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(subject, str) or not subject:
        raise refused
    return subject
