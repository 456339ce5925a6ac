"""A PostgreSQL that swallows and never answers: every request is refused by name before five seconds (REL-6).

The wire acknowledges every byte, so the kernel sees no fault: only a deadline of ours ends a wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from apcv_backend.database import Database, DatabaseUnavailable
from apcv_backend.tables import high_water
from tests.simulators.answers import json_of
from tests.simulators.black_hole import BlackHole

_REQUEST_S = 5.0
_READINESS_S = 2.0
_LOSS_REPORT = {"reference": "ABCD-EFGH", "loss_code": "ABCD-EFGH-JKMN"}
_THREADS_OF_A_PROCESS = 4
_IN_LINE = 24


@pytest.fixture
def wire(postgres_url: str) -> Iterator[BlackHole]:
    """Between this backend and its PostgreSQL."""
    made = BlackHole(make_url(postgres_url).port or 5432)
    yield made
    made.close()


@pytest.fixture
def database_url(postgres_url: str, wire: BlackHole) -> str:
    """The database at the far end of the wire: `services` and `client` are built on it."""
    return make_url(postgres_url).set(port=wire.port).render_as_string(hide_password=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def asked(client: FlaskClient) -> tuple[TestResponse, float]:
    """An answer to one request that reads and writes, and how long it took."""
    started = time.monotonic()
    answer = client.post("/v1/loss-reports", json=_LOSS_REPORT)
    return answer, time.monotonic() - started


def test_a_request_is_refused_by_name_and_served_again_when_the_server_is_back(
    client: FlaskClient, wire: BlackHole, services: Services
) -> None:
    """503 with a word, within the deadline, on connections that were warm; then all is as before."""
    assert asked(client)[0].status_code == 403, "served, and refused for what it says"

    wire.swallow()
    lost, took = asked(client)
    again, took_again = asked(client)

    assert (lost.status_code, json_of(lost)["code"]) == (503, "database_unavailable")
    assert lost.headers["Retry-After"]
    assert (again.status_code, json_of(again)["code"]) == (503, "database_unavailable")
    assert max(took, took_again) < _REQUEST_S

    wire.release()
    until_ready(services.database)
    assert asked(client)[0].status_code == 403, "the dumb connections were thrown away"


def until_ready(database: Database) -> None:
    """The server is asked again by itself, a moment after it fell silent."""
    deadline = time.monotonic() + _REQUEST_S
    while not database.ready():
        assert time.monotonic() < deadline, "it refuses although the server is back"


def test_requests_that_wait_for_a_thread_are_refused_in_time_too(
    client: FlaskClient, wire: BlackHole, services: Services
) -> None:
    """A process serves four at once (`serve`): whoever stands in line behind them is not told later.

    The first to wait in vain speaks for the others, for a second.
    """
    assert services.database.ready()
    wire.swallow()
    arrived = time.monotonic()

    def one(_: int) -> tuple[int, float]:
        answer, _took = asked(client.application.test_client())
        return answer.status_code, time.monotonic() - arrived

    with ThreadPoolExecutor(_THREADS_OF_A_PROCESS) as threads:
        told = list(threads.map(one, range(_IN_LINE)))

    assert {status for status, _ in told} == {503}
    assert max(since for _, since in told) < _REQUEST_S


def _in_the_middle(tx: Connection, wire: BlackHole) -> None:
    wire.swallow()
    tx.execute(high_water.insert().values(name="b", value=2))


def _at_the_commit(_: Connection, wire: BlackHole) -> None:
    wire.swallow()


@pytest.mark.parametrize("lose", [_in_the_middle, _at_the_commit])
def test_a_transaction_does_not_outlive_its_server(
    database: Database, wire: BlackHole, postgres_url: str, lose: Callable[[Connection, BlackHole], None]
) -> None:
    """Lost between two statements, or with the COMMIT: named in time, and nothing half-done is left."""

    def work(tx: Connection) -> None:
        tx.execute(high_water.insert().values(name="a", value=1))
        lose(tx, wire)

    started = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        database.run(work)
    took = time.monotonic() - started

    assert took < _REQUEST_S
    beside = Database(postgres_url)
    with beside.read() as connection:
        assert connection.execute(high_water.select()).first() is None
    beside.close()


def test_an_idle_connection_that_went_dumb_is_found_out_before_it_is_used(
    database_url: str, wire: BlackHole
) -> None:
    """Asked whether it lives, it says nothing; a new one is made, or the request refused, in time."""
    database = Database(database_url, asked_after_s=0.0)
    assert database.ready()
    wire.swallow()
    started = time.monotonic()

    with pytest.raises(DatabaseUnavailable), database.read() as connection:
        connection.execute(text("SELECT 1"))

    assert time.monotonic() - started < _REQUEST_S
    database.close()


def test_readiness_is_red_within_two_seconds_and_liveness_is_not(
    client: FlaskClient, services: Services, wire: BlackHole
) -> None:
    """REL-7: no more work is sent here, and nobody kills what only waits; green again by itself."""
    services.publication.publish(services.clock())
    assert client.get("/readyz").status_code == 200

    wire.swallow()
    started = time.monotonic()
    red = client.get("/readyz")
    took = time.monotonic() - started
    alive = client.get("/healthz")
    took_alive = time.monotonic() - started - took

    assert (red.status_code, json_of(red)["database"], json_of(red)["schema"]) == (503, False, False)
    assert took < _READINESS_S
    assert alive.status_code == 200
    assert took_alive < 1

    for _ in range(3):  # asked again before the first question was given up, it is as quick
        started = time.monotonic()
        assert client.get("/readyz").status_code == 503
        assert time.monotonic() - started < _READINESS_S

    wire.release()
    until_ready(services.database)
    assert client.get("/readyz").status_code == 200
