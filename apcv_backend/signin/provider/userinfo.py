"""Userinfo: who signed in, from the registers at this very moment (OpenID Connect Core 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apcv_backend.signin.provider.claims import ClaimsDesk
from apcv_backend.signin.provider.live_tokens import LiveTokens
from apcv_backend.signin.provider.oauth_errors import OAuthRefused


class UserinfoDesk:
    """Answers the userinfo endpoint, whose address is `url`."""

    def __init__(self, live: LiveTokens, claims: ClaimsDesk, url: str) -> None:
        self._live = live
        self._claims = claims
        self._url = url

    def answer(
        self, authorization: str, dpop: str, method: str, at: datetime, *, certificate: str = ""
    ) -> Mapping[str, Any]:
        """The claims behind a token that lives. Raises `OAuthRefused` (401, or 403 without `openid`)."""
        token = self._live.shown(authorization, dpop, method, self._url, at, certificate=certificate)
        if token.sight is None or "openid" not in token.scopes:
            raise OAuthRefused(
                "insufficient_scope", "the token has no openid scope", status=403, challenge="Bearer"
            )
        return self._claims.userinfo(token.client, token.sight, at)
