"""A town hall as in production: a durable PostgreSQL, Redis, and a process of its own that serves it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import urllib3

from examples.demo.people import Cast, read_cast
from examples.demo.town_hall import ROOT, TownHall, free_port
from tests.simulators.servers import start_postgres, start_redis

_START_DEADLINE_S = 30.0
_STOP_DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class DurableHall:
    """A town hall that is not founded yet, its people, the moment, and the servers under it by name."""

    hall: TownHall
    cast: Cast
    now: datetime
    pids: Mapping[str, int]


@contextmanager
def durable_hall(folder: Path) -> Iterator[DurableHall]:
    """Start the servers for a hall in `folder`, stop them.

    Raises `ServerMissing` when PostgreSQL or Redis is not on this machine.
    """
    cast, now = read_cast(), datetime.now(UTC)
    postgres = start_postgres(durable=True)
    try:
        redis = start_redis()
        try:
            hall = TownHall(folder, port=free_port(), reference_day=cast.reference_day, today=now.date())
            hall.environ = {
                **hall.environ,
                "APCV_DATABASE_URL": postgres.url,
                "APCV_REDIS_URL": redis.url,
                "PYTHONWARNINGS": "ignore",
            }
            pids = {"PostgreSQL": postgres.process.pid, "Redis": redis.process.pid}
            yield DurableHall(hall, cast, now, pids)
        finally:
            redis.stop()
    finally:
        postgres.stop()


@contextmanager
def serving(hall: TownHall, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Serve a founded hall by `python -m` and `arguments`, given once it answers; its log is in `folder`."""
    with (folder / "backend.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=hall.environ, stdout=log, stderr=log
        )
    try:
        wait_until_up(f"http://127.0.0.1:{hall.port}/readyz", process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=_STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:  # what went wrong before is what is told
            process.kill()
            process.wait(timeout=_STOP_DEADLINE_S)


def wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until `url` answers 200. Raises when the process ends or takes too long."""
    deadline = time.monotonic() + _START_DEADLINE_S
    while True:
        try:
            if urllib3.request("GET", url, timeout=2.0, retries=False).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"nothing answers at {url}")
        time.sleep(0.05)
