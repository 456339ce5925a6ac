"""Access tokens shown back to us: believed, and alive at this very instant.

A token is ours, of its type, unexpired and unrevoked; its session lives (nobody struck off, no phone
withdrawn, no card opposed); and when it is bound to a key, it comes with a proof by that key (RFC 9449
section 7.1): a bound token shown as `Bearer` is refused, and so is a free one shown as `DPoP`. One that is
bound to a certificate comes over a connection made with that certificate (RFC 8705 section 3), whatever else
it is bound to: neither proof stands for the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apcv_backend.client_certificates import CertificateRefused, open_certificate
from apcv_backend.signin.provider.client_rules import Client
from apcv_backend.signin.provider.dpop_proofs import DpopDoor, Proof
from apcv_backend.signin.provider.judging import SessionJudge
from apcv_backend.signin.provider.oauth_errors import OAuthRefused, invalid_token
from apcv_backend.signin.provider.provider_ports import Clients, ProviderRegister, ProviderRegisters
from apcv_backend.signin.provider.session_rules import Sight
from apcv_backend.signin.provider.tokens import ACCESS, TokenSmith
from apcv_backend.strict_jwt import TokenRefused


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A token that lives: its claims, its client, and its session (none for a client alone)."""

    claims: Mapping[str, Any] = field(repr=False)
    client: Client
    sight: Sight | None

    @property
    def scopes(self) -> frozenset[str]:
        """What it opens."""
        return frozenset(str(self.claims["scope"]).split())


class LiveTokens:
    """Judges tokens. `issuer` is our public address."""

    def __init__(
        self,
        *,
        smith: TokenSmith,
        clients: Clients,
        registers: ProviderRegisters,
        judge: SessionJudge,
        dpop: DpopDoor,
        issuer: str,
    ) -> None:
        self._smith = smith
        self._clients = clients
        self._registers = registers
        self._judge = judge
        self._dpop = dpop
        self._issuer = issuer

    def shown(
        self, authorization: str, dpop: str, method: str, url: str, at: datetime, *, certificate: str = ""
    ) -> LiveToken:
        """The token of a request to `url`, with its proof spent. Raises `OAuthRefused` (401).

        `certificate` is the `Client-Cert` of our own proxy, unread, or empty.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in {"bearer", "dpop"} or not token:
            raise OAuthRefused("invalid_token", "an access token is required", status=401, challenge="Bearer")
        wanted = "DPoP" if scheme.lower() == "dpop" else "Bearer"
        claims = self.believed(token, at)
        if claims is None:
            raise invalid_token("the access token is malformed, expired, or not ours", wanted)
        bound = claims.get("cnf", {}).get("jkt", "")
        if bool(bound) != (wanted == "DPoP"):
            raise invalid_token("a token bound to a key is shown as DPoP, another as Bearer", wanted)
        _check_certificate(claims, certificate, wanted, at)
        proof = None
        if bound:
            proof = self._dpop.check_bound(dpop, url, method, at, jkt=bound, token=token)
        live = self.alive(claims, at)
        if live is None:
            raise invalid_token("the access token was revoked, or its session is over", wanted)
        if proof is not None and not self._spend(proof):
            raise invalid_token("this DPoP proof has been used already (jti)", "DPoP")
        return live

    def believed(self, token: str, at: datetime) -> Mapping[str, Any] | None:
        """The claims of an access token of ours that has not expired; no database."""
        try:
            claims = self._smith.open(token, ACCESS)
        except TokenRefused:
            return None
        if claims.get("iss") != self._issuer or claims.get("aud") != self._issuer:
            return None
        return claims if int(claims.get("exp", 0)) > at.timestamp() else None

    def alive(self, claims: Mapping[str, Any], at: datetime) -> LiveToken | None:
        """The token behind believed claims, if its client, its session and itself live at `at`."""
        kept = self._clients.recent(str(claims["client_id"]))
        if kept is None:
            return None
        client, session_id = kept.client, claims.get("sid")

        def work(register: ProviderRegister) -> tuple[bool, Sight | None]:
            dead = register.is_dead_token(token_key(claims), client.client_id)
            return dead, None if session_id is None else register.sight(str(session_id))

        dead, sight = self._registers.look(work)
        if dead or (session_id is not None and sight is None):
            return None
        if sight is not None and self._judge.why_dead(sight, at):
            return None
        if not _is_bound_to_a_certificate_in_force(claims, client):
            return None
        return LiveToken(claims, client, sight)

    def _spend(self, proof: Proof) -> bool:
        return self._registers.use_once((proof.once,))


def _is_bound_to_a_certificate_in_force(claims: Mapping[str, Any], client: Client) -> bool:
    """False for a token of a client that is known by its certificates, when this one is none of them now."""
    thumbprint = claims.get("cnf", {}).get("x5t#S256", "")
    return not client.certificates or thumbprint in client.certificates


def _check_certificate(claims: Mapping[str, Any], unverified: str, scheme: str, at: datetime) -> None:
    """The certificate a token is bound to, if it is bound to one. Raises `OAuthRefused` (401)."""
    thumbprint = claims.get("cnf", {}).get("x5t#S256", "")
    if not thumbprint:
        return
    try:
        holds = open_certificate(unverified, at).is_bound(thumbprint)
    except CertificateRefused as error:
        raise invalid_token(
            "the token is bound to a client certificate, and none that counts came", scheme
        ) from error
    if not holds:
        raise invalid_token("the token is bound to another client certificate", scheme)


def token_key(claims: Mapping[str, Any]) -> bytes:
    """Under what an access token is remembered as revoked: 32 bytes."""
    return hashlib.sha256(f"access-token-v1|{claims['jti']}".encode()).digest()
