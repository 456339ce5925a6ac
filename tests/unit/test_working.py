"""What runs apart from requests: each job at its pace, one that fails alone, nothing forgotten too early."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from apcv_backend.bootstrap import Services
from apcv_backend.rounds import rounds
from apcv_backend.tables import (
    log_heads,
    logout_deliveries,
    presences,
    query_people,
    rights_batches,
    uploaded_scans,
)
from apcv_backend.work_commands import jobs_of, work
from apcv_backend.working import Job, Worker
from cartes.errors import CarteError
from tests.simulators.clock import MORNING, SteerableClock


def _job(name: str, seconds: float, runs: list[str]) -> Job:
    def run(_at: datetime) -> str:
        runs.append(name)
        return ""

    return Job(name, timedelta(seconds=seconds), run)


def test_each_job_keeps_its_own_pace() -> None:
    """At the first turn all of them; then each when its time has come."""
    runs: list[str] = []
    worker = Worker([_job("often", 1, runs), _job("seldom", 60, runs)])

    for second in range(3):
        worker.turn(MORNING + timedelta(seconds=second))

    assert runs == ["often", "seldom", "often", "often"]


def test_somebody_who_rings_is_served_at_once() -> None:
    """A revocation does not wait for the minute."""
    runs: list[str] = []
    worker = Worker([_job("publication", 60, runs)])
    worker.turn(MORNING)

    worker.hurry("publication")
    worker.turn(MORNING + timedelta(seconds=1))

    assert runs == ["publication", "publication"]


@pytest.mark.parametrize("error", [CarteError(), OSError(28, "No space left on device")])
def test_a_job_that_fails_delays_no_other_and_is_tried_again(error: Exception) -> None:
    """The disk is full: announcements go out all the same."""
    runs: list[str] = []

    def fail(_at: datetime) -> str:
        runs.append("failed")
        raise error

    worker = Worker([Job("publication", timedelta(seconds=5), fail), _job("annonces", 1, runs)])

    (told,) = worker.turn(MORNING)
    worker.turn(MORNING + timedelta(seconds=1))
    worker.turn(MORNING + timedelta(seconds=5))

    assert (told.name, bool(told.failed)) == ("publication", True)
    assert runs == ["failed", "annonces", "annonces", "failed", "annonces"]


def test_a_stop_is_obeyed_between_two_jobs() -> None:
    """The job that runs when the signal comes is finished; the next is not begun, and is still due."""
    runs: list[str] = []

    def interrupted(_at: datetime) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        runs.append("finished")
        return ""

    worker = Worker([Job("first", timedelta(seconds=60), interrupted), _job("second", 60, runs)])
    with rounds() as watch:
        worker.turn(MORNING, lambda: watch.asked_to_stop)
        rang = watch.rest(3_600, lambda _piece: pytest.fail("nobody rests once asked to stop"))
    assert runs == ["finished"]
    assert (watch.asked_to_stop, rang) == (True, False)

    worker.turn(MORNING)
    assert runs == ["finished", "second"]


def test_the_second_signal_is_not_waited_for() -> None:
    """After the first one the handlers of before are back: a command that hangs can still be ended."""
    before = signal.getsignal(signal.SIGTERM)

    with rounds() as watch:
        assert signal.getsignal(signal.SIGTERM) != before
        os.kill(os.getpid(), signal.SIGTERM)
        assert watch.asked_to_stop
        assert signal.getsignal(signal.SIGTERM) == before


def test_a_bell_out_of_reach_is_only_not_heard() -> None:
    """Bells lie in the database: while it is away a command rests its time, in pieces, and goes on."""
    pieces: list[float] = []

    def away(piece: float) -> bool:
        pieces.append(piece)
        raise CarteError

    with rounds() as watch:
        assert not watch.rest(0.25, away)
        assert watch.rest(60, lambda _piece: True), "a ring ends the rest"
        assert not watch.asked_to_stop
    assert pieces == [0.25]


def test_a_mistake_of_ours_is_not_swallowed() -> None:
    """What is no refusal stops the process: whoever supervises it sees it."""

    def fail(_at: datetime) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Worker([Job("x", timedelta(seconds=1), fail)]).turn(MORNING)


def test_once_publishes_seals_and_forgets(services: Services) -> None:
    """The command an operator runs: everything is done once, and said."""
    told = CliRunner().invoke(work, ["--once"], obj=services)

    assert told.exit_code == 0, told.output
    assert "publication : n° 1" in told.output
    assert services.readiness(services.clock())["publication"]
    with services.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(log_heads)).scalar_one() == 1


def test_once_says_what_failed(services: Services, tmp_path: Path) -> None:
    """A publication that cannot be written: the exit code says so, and the rest was done."""
    services.config.publication_dir.parent.mkdir(parents=True, exist_ok=True)
    services.config.publication_dir.write_text("a file where a folder should be")

    told = CliRunner().invoke(work, ["--once"], obj=services)

    assert told.exit_code == 1
    with services.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(log_heads)).scalar_one() == 1


def test_the_jobs_are_the_duties_of_the_service(services: Services) -> None:
    """None is lost: clients are told, the publication is made, the journal sealed, the old forgotten."""
    assert {job.name for job in jobs_of(services)} == {
        "sessions",
        "annonces",
        "publication",
        "journal",
        "oubli",
    }


def _rows(services: Services, table: object) -> int:
    with services.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]  # any table


def test_what_rooms_keep_for_a_while_goes_in_time(
    services: Services, client: FlaskClient, clock: SteerableClock
) -> None:
    """Whom somebody asked about today, presences, scans, files, announcements: each to its own day."""
    at = clock()
    person, device = "p" * 36, "d" * 36
    rows = (
        (query_people, {"account": "a", "window_start": 1, "person_index": b"i" * 32, "expires_at": at}),
        (
            rights_batches,
            {"client_id": "c", "batch_key": "k", "body_digest": b"d" * 32, "lines_told": 1, "opened_at": at},
        ),
        (
            uploaded_scans,
            {
                "credential_digest": b"d" * 32,
                "proof_t": 1,
                "structure": "s",
                "professional_subject": person,
                "device_id": device,
                "subject_id": person,
                "uploaded_at": at,
            },
        ),
    )
    with services.database.write() as tx:
        for table, values in rows:
            tx.execute(insert(table).values(values))

    services.sweep(at)
    assert [_rows(services, table) for table, _ in rows] == [0, 1, 1]
    clock.advance(timedelta(days=30).total_seconds())
    services.sweep(clock())
    assert [_rows(services, table) for table, _ in rows] == [0, 0, 1]
    clock.advance(timedelta(days=60).total_seconds())
    services.sweep(clock())
    assert [_rows(services, table) for table, _ in rows] == [0, 0, 0]
    assert _rows(services, presences) == _rows(services, logout_deliveries) == 0
