"""Counters, a cache and wake-ups: what may be lost without changing who is let in.

Three ports and three carriers of each (this process, SQL, Redis) under one contract. Nothing here is ever the
judge of "once": a Redis that is down, hanging or flushed makes a limit more lenient and a cache colder, and
changes no security decision. Calls to Redis wait a quarter of a second at most, are never retried, and after
a failure are not tried again for a while (a circuit breaker).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.database import Database, DatabaseUnavailable
from apcv_backend.tables import cached_values, counters
from cartes.errors import CarteError

PUBLICATION_BELL = "publish"
"""Rung when a slot is revoked; the publisher that waits for it also looks by itself now and then."""

_REDIS_DEADLINE_S = 0.25
_BREAKER_OPEN_S = 5.0
_POLL_S = 0.25


class RateLimited(CarteError):
    """Too many requests of one kind in one window. Nothing was done."""

    code = "rate_limited"


class Counters(Protocol):
    """Counts hits in fixed windows."""

    def hit(self, name: str, *, window_s: int, at: datetime) -> int:
        """Count one hit of `name`; how many there are now in the window that `at` falls in."""


class Cache(Protocol):
    """Keeps bytes for a while, or does not."""

    def put(self, name: str, value: bytes, *, ttl_s: int, at: datetime) -> None:
        """Keep `value` until `at` + `ttl_s`, if possible."""

    def get(self, name: str, *, at: datetime) -> bytes | None:
        """What is kept under `name` at `at`, or None."""


class Wakeups(Protocol):
    """Tells whoever waits that there is something to do; who waits also looks by itself now and then."""

    def ring(self, bell: str) -> None:
        """Wake whoever waits for `bell`."""

    def wait(self, bell: str, *, timeout_s: float) -> bool:
        """Wait for a ring since the last wait, at most `timeout_s`; whether there was one."""


def limit(counters_: Counters, name: str, *, most: int, window_s: int, at: datetime) -> None:
    """Count a hit and refuse the one too many.

    Raises:
        RateLimited: more than `most` hits of `name` in this window.
    """
    if counters_.hit(name, window_s=window_s, at=at) > most:
        left = window_s - int(at.timestamp()) % window_s
        raise RateLimited(retry_after_s=left)


def _window(at: datetime, window_s: int) -> int:
    return int(at.timestamp()) // window_s * window_s


# --- In this process --------------------------------------------------------------------------------


class MemoryEphemeral:
    """All three, for one process. Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._hits: dict[tuple[str, int], int] = {}
        self._swept = 0
        self._values: dict[str, tuple[bytes, datetime]] = {}
        self._rung: set[str] = set()

    def hit(self, name: str, *, window_s: int, at: datetime) -> int:
        """See `Counters.hit`."""
        start = _window(at, window_s)
        with self._lock:
            if start > self._swept:  # once a window: going through all of them at each hit would be a way in
                self._swept = start
                self._hits = {key: hits for key, hits in self._hits.items() if key[1] >= start - 3_600}
            self._hits[name, start] = self._hits.get((name, start), 0) + 1
            return self._hits[name, start]

    def put(self, name: str, value: bytes, *, ttl_s: int, at: datetime) -> None:
        """See `Cache.put`."""
        with self._lock:
            self._values = {k: v for k, v in self._values.items() if v[1] > at}
            self._values[name] = (value, at + timedelta(seconds=ttl_s))

    def get(self, name: str, *, at: datetime) -> bytes | None:
        """See `Cache.get`."""
        with self._lock:
            value, until = self._values.get(name, (None, at))
            return value if until > at else None

    def ring(self, bell: str) -> None:
        """See `Wakeups.ring`."""
        with self._lock:
            self._rung.add(bell)
            self._lock.notify_all()

    def wait(self, bell: str, *, timeout_s: float) -> bool:
        """See `Wakeups.wait`."""
        with self._lock:
            rang = self._lock.wait_for(lambda: bell in self._rung, timeout_s)
            self._rung.discard(bell)
            return rang


# --- In the database ----------------------------------------------------------------------------------


class SqlEphemeral:
    """All three in SQL tables: shared by every process of the database, slower than Redis."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite_insert if database.is_sqlite else postgresql_insert

    def hit(self, name: str, *, window_s: int, at: datetime) -> int:
        """See `Counters.hit`."""
        start = _window(at, window_s)
        expires_at = datetime.fromtimestamp(start + window_s, UTC) + timedelta(hours=1)
        statement = self._insert(counters).values(
            name=name, window_start=start, hits=1, expires_at=expires_at
        )
        statement = statement.on_conflict_do_update(
            index_elements=["name", "window_start"], set_={"hits": counters.c.hits + 1}
        )
        with self._database.write() as tx:
            return int(tx.execute(statement.returning(counters.c.hits)).scalar_one())

    def put(self, name: str, value: bytes, *, ttl_s: int, at: datetime) -> None:
        """See `Cache.put`."""
        until = at + timedelta(seconds=ttl_s)
        statement = self._insert(cached_values).values(name=name, value=value, expires_at=until)
        statement = statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": value, "expires_at": until}
        )
        with self._database.write() as tx:
            tx.execute(statement)

    def get(self, name: str, *, at: datetime) -> bytes | None:
        """See `Cache.get`."""
        query = select(cached_values.c.value).where(
            cached_values.c.name == name, cached_values.c.expires_at > at
        )
        with self._database.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)

    def ring(self, bell: str) -> None:
        """See `Wakeups.ring`."""
        statement = self._insert(cached_values).values(
            name=f"bell:{bell}", value=b"", expires_at=datetime.max.replace(tzinfo=UTC)
        )
        with self._database.write() as tx:
            tx.execute(statement.on_conflict_do_nothing())

    def wait(self, bell: str, *, timeout_s: float) -> bool:
        """See `Wakeups.wait`; looks four times a second."""
        deadline = time.monotonic() + timeout_s
        query = select(cached_values.c.name).where(cached_values.c.name == f"bell:{bell}")
        while True:
            with self._database.read() as connection:
                rung = connection.execute(query).first() is not None
            if rung and self._take(bell):
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(min(_POLL_S, max(0.0, deadline - time.monotonic())))

    def _take(self, bell: str) -> bool:
        with self._database.write() as tx:
            taken = tx.execute(delete(cached_values).where(cached_values.c.name == f"bell:{bell}"))
            return taken.rowcount == 1


class EmbeddedEphemeral(MemoryEphemeral):
    """The default without Redis: counters and cache in this process, bells in SQL for others to hear."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._bells = SqlEphemeral(database)

    def ring(self, bell: str) -> None:
        """See `Wakeups.ring`; a database that does not answer loses the ring."""
        with suppress(DatabaseUnavailable):
            self._bells.ring(bell)

    def wait(self, bell: str, *, timeout_s: float) -> bool:
        """See `Wakeups.wait`."""
        return self._bells.wait(bell, timeout_s=timeout_s)


# --- In Redis -------------------------------------------------------------------------------------------


@dataclass
class _Breaker:
    """Stops asking a Redis that failed, for a while."""

    monotonic: Callable[[], float]
    closed_again_at: float = 0.0

    def call(self, work: Callable[[], object]) -> tuple[bool, object]:
        if self.monotonic() < self.closed_again_at:
            return False, None
        try:
            return True, work()
        except redis.RedisError:
            self.closed_again_at = self.monotonic() + _BREAKER_OPEN_S
            return False, None


class RedisEphemeral:
    """All three in Redis, with `fallback` wherever Redis does not answer in its quarter of a second."""

    def __init__(
        self, url: str, fallback: MemoryEphemeral, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=_REDIS_DEADLINE_S,
            socket_connect_timeout=_REDIS_DEADLINE_S,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        self._fallback = fallback
        self._breaker = _Breaker(monotonic)

    def hit(self, name: str, *, window_s: int, at: datetime) -> int:
        """See `Counters.hit`."""
        key = f"hits:{{{name}}}:{_window(at, window_s)}"

        def count() -> object:
            pipe = self._redis.pipeline(transaction=True)
            pipe.incr(key)
            pipe.expire(key, window_s + 60)
            return pipe.execute()[0]

        answered, hits = self._breaker.call(count)
        if answered and isinstance(hits, int):
            return hits
        return self._fallback.hit(name, window_s=window_s, at=at)

    def put(self, name: str, value: bytes, *, ttl_s: int, at: datetime) -> None:
        """See `Cache.put`."""
        until = int((at + timedelta(seconds=ttl_s)).timestamp() * 1000)
        stored = until.to_bytes(8, "big") + value
        answered, _ = self._breaker.call(lambda: self._redis.set(f"cache:{name}", stored, px=ttl_s * 1000))
        if not answered:
            self._fallback.put(name, value, ttl_s=ttl_s, at=at)

    def get(self, name: str, *, at: datetime) -> bytes | None:
        """See `Cache.get`."""
        answered, found = self._breaker.call(lambda: self._redis.get(f"cache:{name}"))
        if not answered:
            return self._fallback.get(name, at=at)
        if not isinstance(found, bytes) or int.from_bytes(found[:8], "big") <= at.timestamp() * 1000:
            return None
        return found[8:]

    def ring(self, bell: str) -> None:
        """See `Wakeups.ring`."""
        answered, _ = self._breaker.call(lambda: self._redis.set(f"bell:{bell}", b"1", ex=3_600))
        if not answered:
            self._fallback.ring(bell)

    def wait(self, bell: str, *, timeout_s: float) -> bool:
        """See `Wakeups.wait`; looks four times a second, within the deadline of every call."""
        deadline = time.monotonic() + timeout_s
        while True:
            answered, rung = self._breaker.call(lambda: self._redis.getdel(f"bell:{bell}"))
            if answered and rung is not None:
                return True
            if self._fallback.wait(bell, timeout_s=0):
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()
