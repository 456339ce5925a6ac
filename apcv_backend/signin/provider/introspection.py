"""Introspection (RFC 7662) and revocation (RFC 7009): what a token is worth now, and when nothing.

Introspection looks at the registers at that instant: a professional struck off a second ago is inactive. Only
clients registered as resource servers may ask about the tokens of others; every client about its own. A token
nobody may ask about, an expired one and a forged one have the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apcv_backend.signin.provider.client_rules import Client
from apcv_backend.signin.provider.judging import SessionJudge
from apcv_backend.signin.provider.live_tokens import LiveTokens, token_key
from apcv_backend.signin.provider.oauth_errors import invalid_request
from apcv_backend.signin.provider.provider_ports import Macs, ProviderRegister, ProviderRegisters

_TOLD = (
    "iss",
    "sub",
    "aud",
    "client_id",
    "exp",
    "iat",
    "jti",
    "scope",
    "auth_time",
    "acr",
    "amr",
    "sid",
    "act",
)


class TokenRegistry:
    """See the module's story."""

    def __init__(
        self, *, live: LiveTokens, registers: ProviderRegisters, judge: SessionJudge, macs: Macs
    ) -> None:
        self._live = live
        self._registers = registers
        self._judge = judge
        self._macs = macs

    def introspect(self, client: Client, form: Mapping[str, str], at: datetime) -> dict[str, Any]:
        """The answer of RFC 7662 section 2.2. `client` proved itself. Raises `OAuthRefused`."""
        token = form.get("token")
        if token is None:
            raise invalid_request("token is required")
        claims = self._live.believed(token, at)
        if claims is None:
            return self._refresh(client, token, at)
        if claims["client_id"] != client.client_id and not client.introspects:
            return {"active": False}
        live = self._live.alive(claims, at)
        if live is None:
            return {"active": False}
        told = {name: claims[name] for name in _TOLD if name in claims}
        bound = claims.get("cnf", {})
        told |= {"active": True, "token_type": "DPoP" if bound.get("jkt") else "Bearer"}
        if bound:
            told["cnf"] = bound
        if live.sight is not None and live.sight.session.structure:
            told["structure"] = live.sight.session.structure
        return told

    def revoke(self, client: Client, form: Mapping[str, str], at: datetime) -> None:
        """Revoke a token of this client; one that is not is left alone, in silence (RFC 7009 section 2.2).

        A refresh token takes its session with it, and every access token of it.
        """
        token = form.get("token")
        if token is None:
            raise invalid_request("token is required")
        claims = self._live.believed(token, at)
        if claims is not None:
            if claims["client_id"] == client.client_id:
                until = datetime.fromtimestamp(claims["exp"], UTC)
                self._registers.run(lambda register: register.revoke_token(token_key(claims), until))
            return
        mac = self._macs.code_mac("refresh", token, "refresh-token")

        def work(register: ProviderRegister) -> None:
            known = register.find_refresh(mac, client.client_id)
            if known is not None:
                register.close_session(known.session_id, "revoked_by_client", at)

        self._registers.run(work)

    def _refresh(self, client: Client, token: str, at: datetime) -> dict[str, Any]:
        """A refresh token, which its own client alone may ask about."""
        mac = self._macs.code_mac("refresh", token, "refresh-token")

        def work(register: ProviderRegister) -> dict[str, Any]:
            known = register.find_refresh(mac, client.client_id)
            if known is None or known.replaced_at is not None or known.expires_at <= at:
                return {"active": False}
            sight = register.sight(known.session_id)
            if sight is None or self._judge.why_dead(sight, at):
                return {"active": False}
            return {
                "active": True,
                "client_id": client.client_id,
                "scope": " ".join(sight.session.scopes),
                "exp": int(known.expires_at.timestamp()),
                "sid": known.session_id,
            }

        return self._registers.look(work)
