"""A PostgreSQL connection on which no answer is waited for longer than it was told.

`statement_timeout` is kept by the server, and `tcp_user_timeout` by the kernel for bytes nobody acknowledged.
Neither ends a wait for a server that acknowledges and says no more: a frozen machine, a broken proxy, a
firewall that forgot the connection. The driver itself waits for ever; here it hangs up.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

from psycopg import Connection, OperationalError
from psycopg.rows import TupleRow

T = TypeVar("T")

ANSWER_S = 2.5
"""For one exchange: longer than `statement_timeout`, so that a slow statement gets its own error first."""

PING_S = 1.0
"""For asking a connection whether it lives: there is another one to be made in what time is left."""


class NoAnswer(OperationalError):
    """The server said nothing in time; the connection is closed."""


class BoundedConnection(Connection[TupleRow]):
    """Waits `patience_s` for each answer, or for ever when it is None; then it is closed for good."""

    patience_s: float | None = ANSWER_S

    def wait(self, gen: Generator[Any, Any, T], *given: Any, **named: Any) -> T:
        """See `psycopg.Connection.wait`. Raises `NoAnswer`."""
        if self.patience_s is None:
            return super().wait(gen, *given, **named)
        try:
            return super().wait(_until(gen, time.monotonic() + self.patience_s), *given, **named)
        except _Silent as silent:
            self.pgconn.finish()
            raise NoAnswer from silent


class _Silent(Exception):
    """The deadline passed and the driver was still told that nothing came."""


def _until(exchange: Generator[Any, Any, T], ends_at: float) -> Generator[Any, Any, T]:
    """`exchange` as it is, given up once nothing is ready and `ends_at` is past.

    The driver looks at its socket ten times a second and sends in what is ready: 0 for nothing.
    """
    try:
        wanted = next(exchange)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > ends_at:
                raise _Silent
            wanted = exchange.send(ready)
    except StopIteration as done:
        answer: T = done.value
        return answer
