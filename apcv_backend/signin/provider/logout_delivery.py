"""Tells clients that a session is over (OpenID Connect Back-Channel Logout 1.0).

What is to be told was written with the closing itself (an outbox); here it is delivered, apart from any
request: a client that is slow delays nobody, one that is down is told again, later and later, for two hours.
A delivery is claimed before it is made, so that two workers do not both make it; one that dies in between
tells it again, which a log-out bears.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from apcv_backend.signin.provider.claims import ClaimsDesk
from apcv_backend.signin.provider.provider_ports import Clients, ProviderRegisters
from apcv_backend.signin.provider.tokens import LOGOUT, TokenSmith
from cartes.wire import base64url

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TOKEN_LIFE = timedelta(minutes=2)
_MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Delivery:
    """A client to be told that a session is over."""

    delivery_id: str
    client_id: str
    session_id: str
    tries: int


class Outbox(Protocol):
    """The log-outs still to be told."""

    def claim(self, at: datetime, most: int) -> Sequence[Delivery]:
        """Those due at `at`, put off in the same statement, so that no other worker has them."""
        ...

    def delivered(self, delivery_id: str, at: datetime) -> None:
        """It was heard."""
        ...


class Post(Protocol):
    """Sends a form to an address."""

    def __call__(self, url: str, form: dict[str, str]) -> bool:
        """Whether it was answered 200 or 204 within the time; no redirect is followed, nothing is raised."""
        ...


class LogoutDelivery:
    """See the module's story."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        clients: Clients,
        registers: ProviderRegisters,
        claims: ClaimsDesk,
        smith: TokenSmith,
        post: Post,
        issuer: str,
        random: Callable[[int], bytes],
    ) -> None:
        self._outbox = outbox
        self._clients = clients
        self._registers = registers
        self._claims = claims
        self._smith = smith
        self._post = post
        self._issuer = issuer
        self._random = random

    def deliver(self, at: datetime) -> int:
        """Tell what is due at `at`; how many were heard."""
        heard = 0
        for delivery in self._outbox.claim(at, _MOST_AT_ONCE):
            kept = self._clients.get(delivery.client_id)
            uri = "" if kept is None else kept.client.backchannel_logout_uri
            if uri and self._post(uri, {"logout_token": self._token(delivery, at)}):
                self._outbox.delivered(delivery.delivery_id, at)
                heard += 1
        return heard

    def _token(self, delivery: Delivery, at: datetime) -> str:
        kept = self._clients.get(delivery.client_id)
        sight = self._registers.look(lambda register: register.sight(delivery.session_id))
        assert kept is not None  # looked at just before
        # Of somebody erased since, only `sid` is left: enough (section 2.4 asks for one of the two).
        who = {} if sight is None else {"sub": self._claims.subject(kept.client, sight)["sub"]}
        now = int(at.timestamp())
        claims = {
            "iss": self._issuer,
            **who,
            "aud": delivery.client_id,
            "iat": now,
            "exp": now + int(_TOKEN_LIFE.total_seconds()),
            "jti": base64url.encode(self._random(16)),
            "sid": delivery.session_id,
            "events": {_EVENT: {}},
        }
        return self._smith.sign(claims, LOGOUT, kept.client.id_token_alg, at)
