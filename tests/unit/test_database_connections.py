"""Connections that died unused: found before use when they were idle, named when they were not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from apcv_backend.database import Database, DatabaseUnavailable

_EVERYONE_ELSE = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def opened(url: str, asked_after_s: float) -> Iterator[Database]:
    database = Database(url, asked_after_s=asked_after_s)
    yield database
    database.close()


def answer(database: Database) -> object:
    with database.read() as connection:
        return connection.execute(text("SELECT 1")).scalar()


def written(database: Database) -> object:
    return database.run(lambda tx: tx.execute(text("SELECT 2")).scalar())


def cut_all(url: str) -> None:
    """What a restart of the server does to its clients."""
    with psycopg.connect(url) as admin:
        admin.execute(_EVERYONE_ELSE)


def test_a_connection_that_died_while_idle_is_replaced_before_use(postgres_url: str) -> None:
    """The server restarted in the night: the first request of the morning notices nothing."""
    with opened(postgres_url, asked_after_s=0.0) as database:
        assert (answer(database), written(database)) == (1, 2)

        cut_all(postgres_url)

        assert (answer(database), written(database)) == (1, 2)


def test_a_connection_that_died_a_moment_after_use_is_a_named_refusal_and_then_replaced(
    postgres_url: str,
) -> None:
    """The server restarted under load: one request is told to come again, and the next one is served."""
    with opened(postgres_url, asked_after_s=60.0) as database:
        assert (answer(database), written(database)) == (1, 2)

        cut_all(postgres_url)

        with pytest.raises(DatabaseUnavailable):
            answer(database)
        assert answer(database) == 1
        with pytest.raises(DatabaseUnavailable):
            written(database)
        assert written(database) == 2
