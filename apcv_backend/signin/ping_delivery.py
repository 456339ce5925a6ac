"""Tells CIBA clients in ping mode that a request has its answer (CIBA Core 1.0 section 10.2).

What is to be told was written with the request itself, and falls due in the transaction of the answer. A
ping is claimed before it is sent, so that two workers do not both send it; one that is not heard is sent
again, later and later, until nobody could take the answer any more. It says which request, and nothing
else: the client then polls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cartes.wire import strict_json

_MOST_AT_ONCE = 50

PostPing = Callable[[str, str, bytes], bool]
"""Sends a JSON body to an address under a bearer token; whether it was answered 2xx, nothing is raised."""


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
        """It was heard: forget it."""
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
            if self._post(ping.endpoint, ping.token, body):
                self._outbox.heard(ping.attempt_id)
                heard += 1
        return heard
