"""The disk is full at three in the morning: a word, nothing lost, and all is well again once there is room.

A real `serve` on a database whose disk is really filled, SQLite's file and (where this machine lets a test
mount one) a tablespace of PostgreSQL; the publication lies on that disk too.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import urllib3
from sqlalchemy import Connection, text

from cartes.errors import CarteError
from tests.simulators.issuance_stage import CardPhone
from tests.simulators.served_hall import Asked, Hall, now, open_hall
from tests.simulators.servers import Server
from tests.simulators.small_disk import SmallDisk, can_mount, small_disk
from verifier.refresh import refresh
from verifier.trust_store import TrustStore

MEGABYTES = 24
MOST_UNTIL_FULL = 200
KINDS = ("sqlite", "postgres") if can_mount() else ("sqlite",)


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    # Not under `tmp_path`: every run of pytest closes its folder to other users, and PostgreSQL is one.
    with tempfile.TemporaryDirectory(prefix="cartes-disk-") as name:
        Path(name).chmod(0o755)
        with small_disk(Path(name) / "disk", MEGABYTES) as made:
            yield made


@pytest.fixture
def sqlite_there(disk: SmallDisk, sqlite_template: Path) -> str:
    shutil.copy(sqlite_template, disk.folder / "town-hall.db")
    return f"sqlite:///{disk.folder / 'town-hall.db'}"


@pytest.fixture
def postgres_there(disk: SmallDisk, postgres: Server, postgres_admin: Connection) -> Iterator[str]:
    """A database in a tablespace that lies on the disk."""
    place = disk.folder / "tablespace"
    place.mkdir()
    shutil.chown(place, (postgres.folder / "data").owner(), (postgres.folder / "data").group())
    postgres_admin.execute(text(f"CREATE TABLESPACE small LOCATION '{place}'"))
    postgres_admin.execute(text("CREATE DATABASE on_small TEMPLATE migrated_template TABLESPACE small"))
    yield postgres.url.rsplit("/", 1)[0] + "/on_small"
    postgres_admin.execute(text("DROP DATABASE on_small WITH (FORCE)"))
    postgres_admin.execute(text("DROP TABLESPACE small"))


@pytest.fixture(params=KINDS)
def hall(
    request: pytest.FixtureRequest, disk: SmallDisk, tmp_path: Path, attestation_dir: Path
) -> Iterator[Hall]:
    url = str(request.getfixturevalue(f"{request.param}_there"))
    publication = str(disk.folder / "publication")
    with open_hall(tmp_path, attestation_dir, url, APCV_PUBLICATION_DIR=publication) as opened:
        yield opened


def test_a_full_disk_is_a_word_and_nothing_is_lost(hall: Hall, disk: SmallDisk, tmp_path: Path) -> None:
    """503 `database_unavailable` and nothing else; what was acknowledged stays; the same one passes later."""
    phone, publication = hall.phones(1)[0], hall.stage.services.publication
    first = publication.publish(now()).version
    signed_at = _till_reads(hall, tmp_path / "before")
    hall.serving.start()
    assert hall.serving.process is not None
    history = [hall.drafted(phone)]
    assert hall.ask_until_answered(history[0]) == 200

    disk.fill(hall.serving.process.pid)
    refused = _ask_until_refused(hall, phone, history)
    assert refused.refusal == "database_unavailable"
    assert _health(hall) == 200, "it is alive: a supervisor would only make it worse"
    if disk.mounted:
        with pytest.raises((CarteError, OSError)):
            publication.publish(now())
        assert _till_reads(hall, tmp_path / "during") == signed_at, "the publication of before is whole"

    disk.empty()
    assert hall.ask_until_answered(refused) == 200, hall.serving.said()
    assert all(hall.ask(asked) == 200 for asked in history), "nothing was restarted"
    assert publication.publish(now()).version > first
    assert _till_reads(hall, tmp_path / "after") > signed_at
    _everything_is_there(hall, history)


def _ask_until_refused(hall: Hall, phone: CardPhone, history: list[Asked]) -> Asked:
    """Ask for cards until there is no room for the next; every answer is cards or a refusal by name."""
    for _ in range(MOST_UNTIL_FULL):
        asked = hall.drafted(phone)
        history.append(asked)
        came = hall.ask(asked)
        if came == 503:
            return asked
        assert came == 200, (came, hall.serving.said())
    pytest.fail("the disk is full and nothing was refused")


def _health(hall: Hall) -> int:
    with urllib3.PoolManager(retries=False, timeout=10) as http:
        return http.request("GET", f"http://127.0.0.1:{hall.serving.port}/healthz").status


def _till_reads(hall: Hall, folder: Path) -> datetime:
    """When the publication was signed that a till, started now, believes."""
    place = hall.stage.services.config.publication_dir
    store = TrustStore(folder)
    store.init((place / "metadata" / "1.root.json").read_bytes())
    return refresh(store, str(place), now()).signed_at


def _everything_is_there(hall: Hall, history: list[Asked]) -> None:
    cards = {asked.key: asked.cards for asked in history}
    recorded = {row.idempotency_key for row in hall.stage.intents() if row.sealed_cards is not None}
    assert recorded == set(cards)
    assert hall.stage.events().count("card.issuance") == len(history), "each once"
    assert hall.stage.services.check_journal(None) == []
