"""Tells CIBA clients in ping mode that a request has its answer (CIBA Core 1.0 section 10.2).

What is to be told was written with the request itself, and falls due in the transaction of the answer. A
ping is claimed before it is sent, so that two workers do not both send it; one that is not heard (no answer,
or 5xx) is sent again, later and later, until nobody could take the answer any more. A client that answers 3xx
or 4xx said no, and would again: it is not asked twice, and may still poll. A ping says which request, and
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cartes.wire import strict_json

_MOST_AT_ONCE = 50

PostPing = Callable[[str, str, bytes], int]
"""Sends a JSON body to an address under a bearer token; the HTTP status, 0 without one. Nothing is raised."""
_HEARD = range(200, 300)
_REFUSED = range(300, 500)


@dataclass(frozen=True, slots=True)
class Ping:
    """One client to be told."""

    attempt_id: str = field(repr=False)
    endpoint: str
    token: str = field(repr=False)


class PingOutbox(Protocol):
    """The pings still to be sent."""

    def claim(self, at: datetime, most: int) -> Sequence[Ping]:
        """Those due at `at`, put off in the same transaction, so that no other worker has them."""
        ...

    def heard(self, attempt_id: str) -> None:
        """It was answered: forget it."""
        ...


class PingDelivery:
    """See the module's story."""

    def __init__(self, outbox: PingOutbox, post: PostPing) -> None:
        self._outbox = outbox
        self._post = post

    def deliver(self, at: datetime) -> int:
        """Send what is due at `at`; how many were heard."""
        heard = 0
        for ping in self._outbox.claim(at, _MOST_AT_ONCE):
            body = strict_json.canonical({"auth_req_id": ping.attempt_id})
            status = self._post(ping.endpoint, ping.token, body)
            if status in _HEARD or status in _REFUSED:
                self._outbox.heard(ping.attempt_id)
            heard += status in _HEARD
        return heard
