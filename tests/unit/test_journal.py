"""The journal: an entry exists with what it tells, and an edit behind our back shows."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.tables import journal
from apcv_backend.vault import Vault
from tests.simulators.clock import MORNING


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def book() -> Journal:
    keys: Any = dict.fromkeys(("codes", "nonce", "nir_index", "nir_at_rest", "audit"), b"k" * 32)
    return Journal(Vault(**keys, random=secrets.token_bytes))


def _write(book: Journal, database: Database) -> None:
    with database.write() as tx:
        book.note(tx, "device.enrolled", actor="device:1", subject="s1", facts={"binding": 2}, at=MORNING)


def test_entries_read_back_as_written(book: Journal, database: Database) -> None:
    """Nothing was changed: nothing is reported."""
    _write(book, database)

    assert list(book.altered(database)) == []


def test_an_edited_entry_is_reported(book: Journal, database: Database) -> None:
    """Somebody with the database password moves an entry to another person: it shows."""
    _write(book, database)
    _write(book, database)
    with database.write() as tx:
        first = tx.execute(select(journal.c.entry_id).order_by(journal.c.entry_id)).scalars().first()
        tx.execute(update(journal).where(journal.c.entry_id == first).values(subject="s2"))

    assert list(book.altered(database)) == [first]


def test_an_entry_goes_with_its_transaction(book: Journal, database: Database) -> None:
    """What did not happen is not told."""
    with contextlib.suppress(RuntimeError), database.write() as tx:
        book.note(tx, "device.enrolled", actor="a", subject="s", facts={}, at=MORNING)
        raise RuntimeError

    with database.read() as connection:
        assert connection.execute(select(journal)).first() is None
