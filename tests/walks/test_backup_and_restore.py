"""A backup taken from one database and restored into another one: every row, or nothing."""

from __future__ import annotations

import gzip
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from apcv_backend.backup import BackupRefused, read_backup, write_backup
from apcv_backend.database import Database
from apcv_backend.migrations import upgrade
from apcv_backend.tables import activation_codes, journal, metadata, practitioners, used_once
from tests.simulators.clock import MORNING


def _fill(database: Database) -> None:
    with database.write() as tx:
        tx.execute(insert(used_once).values(kind="nonce", key=bytes(range(32)), expires_at=MORNING))
        tx.execute(
            insert(journal).values(at=MORNING, event="e", actor="a", subject="s", facts="{}", mac=b"m" * 32)
        )
        tx.execute(
            insert(practitioners).values(
                id_national="899700900154",
                record={"nom": "PAOLI-TEST", "liste": [1, None]},
                active=True,
                deceased_on=MORNING.date(),
                source="x",
                loaded_at=MORNING,
            )
        )
        tx.execute(
            insert(activation_codes).values(
                reference="R",
                kind="apcv",
                sealed_person=b"\x01s",
                secret_mac=b"m" * 32,
                method="activation_code",
                opened_at=MORNING,
                expires_at=MORNING,
            )
        )


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    _fill(opened)
    yield opened
    opened.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    upgrade(url)
    opened = Database(url)
    yield opened
    opened.close()


def _all_rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def test_what_was_saved_comes_back(database: Database, empty: Database, tmp_path: Path) -> None:
    """Every table, every type, from SQLite and from PostgreSQL alike."""
    file = tmp_path / "backup.gz"

    assert write_backup(database, file) == 4
    assert read_backup(empty, file) == 4

    assert _all_rows(empty) == _all_rows(database)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_new_rows_follow_restored_ones(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    """After a restore, the journal goes on where it was, also where a sequence numbers it."""
    saved, restored = Database(sqlite_url), Database(postgres_url)
    _fill(saved)
    write_backup(saved, tmp_path / "backup.gz")
    read_backup(restored, tmp_path / "backup.gz")

    with restored.write() as tx:
        tx.execute(
            insert(journal).values(at=MORNING, event="f", actor="a", subject="s", facts="{}", mac=b"m" * 32)
        )

    with restored.read() as connection:
        assert len(connection.execute(select(journal.c.entry_id)).all()) == 2
    saved.close()
    restored.close()


@pytest.mark.parametrize("damage", ["cut", "changed", "not gzip", "a line less"])
def test_a_damaged_backup_changes_nothing(
    database: Database, empty: Database, tmp_path: Path, damage: str
) -> None:
    """A file cut short, edited or of another kind is refused before the first row."""
    file = tmp_path / "backup.gz"
    write_backup(database, file)
    whole = gzip.decompress(file.read_bytes())
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-20])
    elif damage == "changed":
        file.write_bytes(gzip.compress(whole.replace(b"PAOLI", b"PAULI")))
    elif damage == "a line less":
        lines = whole.splitlines(keepends=True)
        file.write_bytes(gzip.compress(b"".join([*lines[:1], *lines[2:]])))
    else:
        file.write_bytes(b"hello")

    with pytest.raises(BackupRefused) as refused:
        read_backup(empty, file)

    assert refused.value.facts["why"] == "damaged"
    assert not any(_all_rows(empty).values())


def test_a_database_that_holds_something_is_not_overwritten(database: Database, tmp_path: Path) -> None:
    """Restoring is for an empty database; a mistake at 3 a.m. costs nothing."""
    file = tmp_path / "backup.gz"
    write_backup(database, file)
    before = _all_rows(database)

    with pytest.raises(BackupRefused, match="not_empty"):
        read_backup(database, file)

    assert _all_rows(database) == before


def test_a_backup_is_not_overwritten(database: Database, tmp_path: Path) -> None:
    """A second backup to the same name is refused; the first is whole."""
    file = tmp_path / "backup.gz"
    write_backup(database, file)
    kept = file.read_bytes()

    with pytest.raises(BackupRefused, match="target"):
        write_backup(database, file)

    assert file.read_bytes() == kept
