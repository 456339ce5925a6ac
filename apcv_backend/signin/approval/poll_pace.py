"""How often a CIBA client may ask again: five seconds, five more each time it comes too early (CIBA Core 11).

Kept in this process and nowhere else: pace is politeness, and decides nothing about who is let in. Several
workers each keep their own, which makes the limit more lenient by as many.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from apcv_backend.signin.approval.attempt_rules import POLL_INTERVAL, SlowDown

_STEP = timedelta(seconds=5)
_JITTER = timedelta(milliseconds=250)  # a client that waits its seconds may still arrive a breath early
_MOST_REMEMBERED = 50_000


class PollPace:
    """Remembers when each request may be asked about again; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: OrderedDict[str, tuple[datetime, timedelta]] = OrderedDict()

    def check(self, auth_req_id: str, at: datetime) -> None:
        """Note one poll at `at`. Raises `SlowDown` with the interval in force from now on."""
        with self._lock:
            not_before, interval = self._next.pop(auth_req_id, (at, POLL_INTERVAL))
            is_early = at + _JITTER < not_before
            if is_early:
                interval += _STEP
            self._next[auth_req_id] = (at + interval, interval)
            while len(self._next) > _MOST_REMEMBERED:
                self._next.popitem(last=False)
        if is_early:
            raise SlowDown(interval=int(interval.total_seconds()))

    def forget(self, auth_req_id: str) -> None:
        """The request was answered."""
        with self._lock:
            self._next.pop(auth_req_id, None)
