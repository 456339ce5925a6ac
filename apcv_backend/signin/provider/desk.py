"""The provider as one value: the desks behind its doors, and what other doors of this room need of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apcv_backend.signin.provider.authorization import AuthorizationDesk
from apcv_backend.signin.provider.client_authentication import ClientAuthenticator, ProvenClient
from apcv_backend.signin.provider.client_rules import Client
from apcv_backend.signin.provider.client_service import ClientDesk
from apcv_backend.signin.provider.discovery import PAR_PATH
from apcv_backend.signin.provider.dpop_proofs import DpopDoor
from apcv_backend.signin.provider.introspection import TokenRegistry
from apcv_backend.signin.provider.live_tokens import LiveTokens
from apcv_backend.signin.provider.logout import LogoutDesk
from apcv_backend.signin.provider.logout_delivery import LogoutDelivery
from apcv_backend.signin.provider.pushed_requests import PushedRequests
from apcv_backend.signin.provider.session_keeping import SessionKeeper
from apcv_backend.signin.provider.session_service import SessionDesk
from apcv_backend.signin.provider.token_service import TokenDesk
from apcv_backend.signin.provider.tokens import TokenSmith
from apcv_backend.signin.provider.userinfo import UserinfoDesk


@dataclass(frozen=True, slots=True)
class ProviderDesk:
    """Built once a process. `issuer` is our public address; `mtls_url` where clients show certificates.

    `sweep(at)` forgets codes, pushed requests, sessions and refresh tokens past their time; how many tokens.
    """

    issuer: str
    mtls_url: str | None
    clients: ClientDesk
    authenticator: ClientAuthenticator
    authorization: AuthorizationDesk
    pushed: PushedRequests
    tokens: TokenDesk
    live: LiveTokens
    userinfo: UserinfoDesk
    registry: TokenRegistry
    logout: LogoutDesk
    deliveries: LogoutDelivery
    sessions: SessionDesk
    keeper: SessionKeeper
    smith: TokenSmith
    dpop: DpopDoor
    sweep: Callable[[datetime], int]

    def client(
        self, form: Mapping[str, str], authorization: str, path: str, at: datetime, *, certificate: str = ""
    ) -> Client:
        """The client behind a request to the door at `path`. Raises `OAuthRefused`."""
        url = self.issuer + path
        return self.authenticator.authenticate(form, authorization, url, at, certificate=certificate)

    def push(
        self, form: Mapping[str, str], authorization: str, dpop: str, at: datetime, *, certificate: str = ""
    ) -> Mapping[str, Any]:
        """The answer of the PAR endpoint. Raises `OAuthRefused`."""
        url = self.issuer + PAR_PATH
        proven = self.authenticator.prove(form, authorization, url, at, certificate=certificate)
        proof = self.dpop.check(dpop, url, "POST", at, required=False)
        if proof is None:
            return self.pushed.push(proven, form, "", at)
        spends = ProvenClient(proven.client, (*proven.once, proof.once))
        return self.pushed.push(spends, form, proof.jkt, at)
