"""One contract for counters, cache and wake-ups, held by each of their carriers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol

import pytest

from apcv_backend.database import Database
from apcv_backend.ephemeral import (
    Cache,
    Counters,
    EmbeddedEphemeral,
    MemoryEphemeral,
    RateLimited,
    RedisEphemeral,
    SqlEphemeral,
    Wakeups,
    limit,
)
from tests.simulators.clock import MORNING
from tests.simulators.servers import Server


class Ephemeral(Counters, Cache, Wakeups, Protocol):
    """All three."""


@pytest.fixture(params=["memory", "embedded", "sqlite", "postgres", "redis"])
def carrier(request: pytest.FixtureRequest) -> Iterator[Ephemeral]:
    if request.param == "memory":
        yield MemoryEphemeral()
    elif request.param == "redis":
        server: Server = request.getfixturevalue("redis_server")
        redis = RedisEphemeral(server.url, MemoryEphemeral())
        redis._redis.flushall()
        yield redis
        redis.close()
    elif request.param == "embedded":
        database = Database(request.getfixturevalue("sqlite_url"))
        yield EmbeddedEphemeral(database)
        database.close()
    else:
        database = Database(request.getfixturevalue(f"{request.param}_url"))
        yield SqlEphemeral(database)
        database.close()


def test_hits_add_up_within_a_window(carrier: Ephemeral) -> None:
    """Each hit is counted once; another name has its own count."""
    counts = [carrier.hit("codes:A", window_s=60, at=MORNING) for _ in range(3)]

    assert counts == [1, 2, 3]
    assert carrier.hit("codes:B", window_s=60, at=MORNING) == 1


def test_a_new_window_starts_at_one(carrier: Ephemeral) -> None:
    """The count belongs to its window."""
    carrier.hit("codes:A", window_s=60, at=MORNING)

    assert carrier.hit("codes:A", window_s=60, at=MORNING + timedelta(seconds=60)) == 1


def test_hits_of_many_threads_are_all_counted(carrier: Ephemeral) -> None:
    """Two who hit at once are two: no hit is lost."""
    seen: list[int] = []

    def hit_often() -> None:
        seen.extend(carrier.hit("race", window_s=60, at=MORNING) for _ in range(10))

    threads = [threading.Thread(target=hit_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen) == list(range(1, 41))


def test_the_hit_too_many_is_refused(carrier: Ephemeral) -> None:
    """The limit lets `most` through, refuses the next, and says when to come back."""
    for _ in range(2):
        limit(carrier, "door", most=2, window_s=60, at=MORNING)

    with pytest.raises(RateLimited) as refused:
        limit(carrier, "door", most=2, window_s=60, at=MORNING + timedelta(seconds=10))

    assert refused.value.facts == {"retry_after_s": 50}


def test_a_cached_value_lasts_until_its_time(carrier: Ephemeral) -> None:
    """A value is there before its expiry and gone at it; putting again replaces it."""
    carrier.put("card", b"first", ttl_s=60, at=MORNING)
    carrier.put("card", b"second", ttl_s=60, at=MORNING)

    assert carrier.get("card", at=MORNING + timedelta(seconds=59)) == b"second"
    assert carrier.get("card", at=MORNING + timedelta(seconds=60)) is None
    assert carrier.get("never put", at=MORNING) is None


def test_a_ring_wakes_one_wait(carrier: Ephemeral) -> None:
    """A bell rung before or during a wait ends it; the next wait needs another ring."""
    assert not carrier.wait("publish", timeout_s=0.01)

    carrier.ring("publish")

    assert carrier.wait("publish", timeout_s=2)
    assert not carrier.wait("publish", timeout_s=0.01)


def test_a_ring_during_the_wait_ends_it(carrier: Ephemeral) -> None:
    """Who waits need not have come late."""
    ringer = threading.Timer(0.1, carrier.ring, args=["publish"])
    ringer.start()

    assert carrier.wait("publish", timeout_s=5)
    ringer.join()


def test_a_crowd_of_addresses_is_forgotten_with_its_hour() -> None:
    """Names that come once and never again do not fill the process: the next hours sweep them."""
    here = MemoryEphemeral()
    for number in range(200):
        here.hit(f"door:{number}", window_s=60, at=MORNING)

    later = MORNING + timedelta(hours=2)

    assert here.hit("door:0", window_s=60, at=later) == 1
    assert len(here._hits) == 1
