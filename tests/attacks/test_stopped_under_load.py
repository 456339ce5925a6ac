"""An operator stops or replaces what runs while phones are asking: nobody is cut off, nothing is done twice.

Real `serve` and `work` processes, stopped by the signal that systemd, a container and Ctrl-C send.
"""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.served_hall import Hall, open_hall, outcomes

PHONES = 3


@pytest.fixture
def hall(tmp_path: Path, attestation_dir: Path, sqlite_url: str) -> Iterator[Hall]:
    with open_hall(tmp_path, attestation_dir, sqlite_url) as opened:
        yield opened


def _database(hall: Hall) -> sqlite3.Connection:
    return sqlite3.connect(hall.environ["APCV_DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None)


def test_what_was_asked_before_a_stop_is_answered(hall: Hall) -> None:
    """Requests wait for the database when the signal comes: each gets its cards; the code is 0."""
    asked = [hall.drafted(phone) for phone in hall.phones(PHONES)]
    hall.serving.start()
    locked = _database(hall)
    locked.execute("BEGIN IMMEDIATE")
    threads = [threading.Thread(target=hall.ask, args=[one]) for one in asked]
    for thread in threads:
        thread.start()
    time.sleep(0.5)  # they are all in, waiting for the lock

    codes: list[int] = []
    stopping = threading.Thread(target=lambda: codes.append(hall.serving.stop()))
    stopping.start()
    _refused_within(hall.serving.port, 5)
    assert [one.tries for one in asked] == [[]] * PHONES, "none was answered before the stop"
    locked.execute("ROLLBACK")
    for thread in [*threads, stopping]:
        thread.join()

    assert outcomes(asked) == {200: PHONES}, hall.serving.said()
    assert codes == [0]
    assert all(one.cards for one in asked)


def test_a_server_is_replaced_under_load_and_nobody_notices(hall: Hall) -> None:
    """The next is started beside it on the same port, then it is stopped: every request gets its cards."""
    phones = hall.phones(PHONES)
    hall.serving.start()
    following = hall.beside()
    try:
        with hall.under_load(phones) as history:
            following.launch()
            following.wait_for("Started worker-1")
            time.sleep(0.5)
            before = len(history)
            assert hall.serving.stop() == 0
            time.sleep(0.7)
            assert len(history) > before + PHONES, "the next one answers"
        assert outcomes(history) == {200: len(history)}
        # Where the kernel does not move them (`tcp_migrate_req`), connections still in the queue of the one
        # that ends are reset before a byte of them is read; the phone asks again. Nothing else may be cut.
        cut = [asked for asked in history if len(asked.tries) > 1]
        assert len(cut) <= PHONES
        assert all(asked.tries[:-1] == ["ProtocolError"] for asked in cut), [one.tries for one in cut]
        assert _issued(hall) == len(history), "and nothing was issued twice"
    finally:
        following.kill()


def _issued(hall: Hall) -> int:
    return hall.stage.events().count("card.issuance")


def _refused_within(port: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        assert time.monotonic() < deadline, "it still takes new connections"
        time.sleep(0.05)


def test_the_worker_ends_between_two_duties(hall: Hall) -> None:
    """The signal finds it resting or working: it ends with 0, soon, and says no error."""
    hall.working.launch()
    hall.working.wait_for("publication : n° 1")

    started = time.monotonic()
    assert hall.working.stop() == 0, hall.working.said()

    assert time.monotonic() - started < 5
    assert "Traceback" not in hall.working.said()
