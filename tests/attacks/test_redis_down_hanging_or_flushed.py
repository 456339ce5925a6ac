"""Redis may be down, hang or be emptied: calls stay short, and what falls back says so by working."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from apcv_backend.ephemeral import MemoryEphemeral, RedisEphemeral
from tests.simulators.clock import MORNING
from tests.simulators.servers import Server, free_port

_PATIENCE_S = 1.5  # a call may take a quarter of a second; a machine under load gets the rest


@pytest.fixture
def black_hole() -> Iterator[str]:
    """A port that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture(params=["down", "hanging"])
def broken_redis(request: pytest.FixtureRequest, black_hole: str) -> Iterator[RedisEphemeral]:
    url = black_hole if request.param == "hanging" else f"redis://127.0.0.1:{free_port()}/0"
    redis = RedisEphemeral(url, MemoryEphemeral())
    yield redis
    redis.close()


def test_a_broken_redis_costs_no_more_than_its_deadline(broken_redis: RedisEphemeral) -> None:
    """Ten calls in a row pay one deadline between them, then the breaker spares the rest."""
    started = time.monotonic()

    counts = [broken_redis.hit("door", window_s=60, at=MORNING) for _ in range(10)]

    assert counts == list(range(1, 11))
    assert time.monotonic() - started < _PATIENCE_S


def test_cache_and_bells_fall_back_to_this_process(broken_redis: RedisEphemeral) -> None:
    """Without Redis, what this process put and rang is still there for this process."""
    broken_redis.put("card", b"value", ttl_s=60, at=MORNING)
    broken_redis.ring("publish")

    assert broken_redis.get("card", at=MORNING) == b"value"
    assert broken_redis.wait("publish", timeout_s=0)


def test_a_redis_that_comes_back_is_asked_again(redis_server: Server) -> None:
    """The breaker closes after its pause, on the clock it was given."""
    now = [0.0]
    redis = RedisEphemeral(redis_server.url, MemoryEphemeral(), monotonic=lambda: now[0])
    redis._breaker.closed_again_at = 5.0

    before = redis.hit("back", window_s=60, at=MORNING)
    now[0] = 5.0
    after = redis.hit("back", window_s=60, at=MORNING)

    assert (before, after) == (1, 1), "the first was counted here, the second by Redis"
    redis.close()


def test_a_flush_only_makes_a_limit_lenient(redis_server: Server) -> None:
    """After FLUSHALL a count starts again: which is why no count ever judges "once"."""
    redis = RedisEphemeral(redis_server.url, MemoryEphemeral())
    redis.hit("door", window_s=60, at=MORNING)

    redis._redis.flushall()

    assert redis.hit("door", window_s=60, at=MORNING) == 1
    redis.close()
