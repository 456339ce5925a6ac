"""Log-out asked by a client (OpenID Connect RP-Initiated Logout 1.0): the session ends, and goes back safely.

An ID token of ours, even expired, says which session and which client; the browser goes back only to an
address registered by that client, to the character. Without such a token nobody is sent anywhere: the person
reads a page. A log-out is a click: nothing here closes a session because a page was merely loaded by somebody
else's image, since the token is asked for, and no cookie of ours stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from apcv_backend.signin.provider.client_rules import Client
from apcv_backend.signin.provider.oauth_errors import invalid_request
from apcv_backend.signin.provider.provider_ports import Clients, ProviderRegister, ProviderRegisters
from apcv_backend.signin.provider.tokens import ID, TokenSmith
from apcv_backend.strict_jwt import TokenRefused

_LONGEST_STATE = 2_048


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """What happened: whether a session was closed, and where the browser may go (empty: nowhere)."""

    closed: bool
    go_to: str


class LogoutDesk:
    """Answers the end-session endpoint. `issuer` is our public address."""

    def __init__(
        self, *, smith: TokenSmith, clients: Clients, registers: ProviderRegisters, issuer: str
    ) -> None:
        self._smith = smith
        self._clients = clients
        self._registers = registers
        self._issuer = issuer

    def answer(self, args: Mapping[str, str], at: datetime) -> LoggedOut:
        """End the session an ID token names. Raises `OAuthRefused`, to be shown and never sent."""
        hint = self._hint(args)
        client = self._client(args, hint)
        address = args.get("post_logout_redirect_uri", "")
        if address and (hint is None or client is None):
            raise invalid_request("post_logout_redirect_uri needs id_token_hint")
        if address and client is not None and address not in client.post_logout_redirect_uris:
            raise invalid_request(
                "post_logout_redirect_uri is not registered for this client, to the character"
            )
        if hint is None:
            return LoggedOut(closed=False, go_to="")
        closed = self._close(str(hint["sid"]), str(hint["aud"]), at)
        return LoggedOut(closed, _with_state(address, args))

    def _hint(self, args: Mapping[str, str]) -> Mapping[str, Any] | None:
        token = args.get("id_token_hint")
        if token is None:
            return None
        try:
            claims = self._smith.open(token, ID)
        except TokenRefused as error:
            raise invalid_request("id_token_hint is not an ID token of ours") from error
        # It may have expired: a person logs out long after (RP-Initiated Logout section 2).
        if (
            claims.get("iss") != self._issuer
            or not claims.get("sid")
            or not isinstance(claims.get("aud"), str)
        ):
            raise invalid_request("id_token_hint is not an ID token of ours")
        return claims

    def _client(self, args: Mapping[str, str], hint: Mapping[str, Any] | None) -> Client | None:
        named = args.get("client_id")
        if hint is not None:
            if named is not None and named != hint["aud"]:
                raise invalid_request("client_id is not the one id_token_hint was made for")
            named = str(hint["aud"])
        kept = None if named is None else self._clients.get(named)
        return None if kept is None else kept.client

    def _close(self, session_id: str, client_id: str, at: datetime) -> bool:
        def work(register: ProviderRegister) -> bool:
            sight = register.sight(session_id)
            if sight is None or sight.session.client_id != client_id:
                return False
            if not register.close_session(session_id, "logged_out", at):
                return False
            register.note(
                "signin.session_closed",
                actor=f"client:{client_id}",
                subject=sight.session.subject_id,
                facts={"session": session_id, "client": client_id, "why": "logged_out"},
                at=at,
            )
            return True

        return self._registers.run(work)


def _with_state(address: str, args: Mapping[str, str]) -> str:
    state = args.get("state", "")[:_LONGEST_STATE]
    if not address or not state:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'state': state})}"
