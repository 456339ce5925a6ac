"""The publication over HTTP, and the slots it is made from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from apcv_backend.database import Database
from apcv_backend.publication.routes import make_blueprint
from apcv_backend.publication.store import SqlStatusSlots
from apcv_backend.tables import status_slots
from cartes.status import StatusPurpose
from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher

REVOKED, SUSPENDED = StatusPurpose.REVOKED, StatusPurpose.SUSPENDED


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(tmp_path / "publication")
    publisher.publish()
    return publisher


@pytest.fixture
def client(publisher: Publisher) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(make_blueprint(publisher.directory))
    return app.test_client()


def test_every_published_file_is_served_as_it_is(publisher: Publisher, client: FlaskClient) -> None:
    """Byte for byte; what has a version or a hash in its name may be kept for ever, the timestamp not."""
    paths = [
        path for folder in ("metadata", "targets") for path in (publisher.directory / folder).rglob("*.*")
    ]
    assert len(paths) == 18

    for path in paths:
        answer = client.get(f"/publication/{path.relative_to(publisher.directory)}")
        assert (answer.status_code, answer.data) == (200, path.read_bytes())
        assert ("immutable" in answer.headers["Cache-Control"]) == (path.name != "timestamp.json")
        answer.close()


@pytest.mark.parametrize(
    "path",
    [
        *("", "metadata/", "metadata", ".lock", "metadata/.timestamp.json.new", "metadata/2.root.json"),
        *("../keys/keyring.json", "metadata/../.lock", "metadata/%2e%2e/.lock", "metadata//timestamp.json"),
        *("targets/trust.json", "targets/status", "metadata/01.root.json", "metadata/timestamp.json%00"),
    ],
)
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    """The lock, unfinished files, folders and what lies beside are absent, and their absence is not kept."""
    answer = client.get(f"/publication/{path}")

    assert answer.status_code == 404
    assert answer.headers.get("Cache-Control", "no-store") == "no-store"


def test_an_unchanged_timestamp_is_not_sent_again(client: FlaskClient) -> None:
    """A cache may ask whether it changed."""
    path = "/publication/metadata/timestamp.json"
    with client.get(path) as first:
        tag = first.headers["ETag"]

    with client.get(path, headers={"If-None-Match": tag}) as again:
        assert (again.status_code, again.data) == (304, b"")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def put(database: Database, idx: int, state: str, taken_until: datetime, list_id: int = 1) -> None:
    with database.write() as tx:
        tx.execute(
            status_slots.insert().values(
                list_id=list_id,
                idx=idx,
                device_id=f"device-{list_id}-{idx}",
                kind="apcv",
                exercice="",
                state=state,
                changed_at=MORNING,
                taken_until=taken_until,
            )
        )


def test_slots_are_read_by_list_and_state(database: Database) -> None:
    """A valid slot is in no list; another list's slot is in the other list."""
    tomorrow = MORNING + timedelta(days=1)
    for idx, state in ((1, "valid"), (2, "revoked"), (3, "suspended"), (4, "revoked")):
        put(database, idx, state, tomorrow)
    put(database, 2, "valid", tomorrow, list_id=2)
    put(database, 9, "revoked", tomorrow, list_id=2)
    slots = SqlStatusSlots(database)

    assert list(slots.live(1, REVOKED, MORNING)) == list(slots.all(1, REVOKED)) == [2, 4]
    assert list(slots.live(1, SUSPENDED, MORNING)) == list(slots.all(1, SUSPENDED)) == [3]
    assert list(slots.live(2, REVOKED, MORNING)) == [9]
    assert list(slots.live(2, SUSPENDED, MORNING)) == []


@pytest.mark.parametrize("purpose", list(StatusPurpose))
def test_the_live_window_names_a_slot_as_long_as_a_card_may_live_on_it(
    database: Database, purpose: StatusPurpose
) -> None:
    """To the last card's end and 300 s more, for tills with a slow clock; the full list names it still."""
    put(database, 2, purpose.value, MORNING)
    slots = SqlStatusSlots(database)

    assert list(slots.live(1, purpose, MORNING + timedelta(seconds=300))) == [2]
    assert list(slots.live(1, purpose, MORNING + timedelta(seconds=301))) == []
    assert list(slots.all(1, purpose)) == [2]
