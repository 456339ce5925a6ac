"""The database: one winner, bounded waits, and a retry only where nothing was done."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from apcv_backend.database import Database, DatabaseUnavailable
from apcv_backend.migrations import is_new_enough, upgrade
from apcv_backend.tables import high_water, metadata, used_once
from tests.simulators.clock import MORNING
from tests.simulators.servers import free_port


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def test_of_many_who_take_one_value_one_gets_it(database: Database) -> None:
    """The same nonce inserted by eight threads at once is inserted once."""
    winners: list[int] = []
    start = threading.Barrier(8)

    def take(who: int) -> None:
        start.wait()
        try:
            with database.write() as tx:
                tx.execute(insert(used_once).values(kind="nonce", key=b"n" * 32, expires_at=MORNING))
        except IntegrityError:
            return
        winners.append(who)

    threads = [threading.Thread(target=take, args=[who]) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(winners) == 1


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    """A transaction is all of its block or none of it."""
    with contextlib.suppress(RuntimeError), database.write() as tx:
        tx.execute(insert(high_water).values(name="mds", value=7))
        raise RuntimeError

    with database.read() as connection:
        assert connection.execute(select(high_water)).first() is None


def test_a_transaction_lost_to_another_is_run_again(postgres_url: str) -> None:
    """PostgreSQL undoes one of two transactions that wait for each other; `run` runs it again."""
    database = Database(postgres_url)
    for name in ("a", "b"):
        with database.write() as tx:
            tx.execute(insert(high_water).values(name=name, value=0))
    both_hold_one = threading.Barrier(2)
    tries = {"ab": 0, "ba": 0}

    def raise_both(order: str) -> None:
        def work(tx: Connection) -> None:
            tries[order] += 1
            add = text("UPDATE high_water SET value = value + 1 WHERE name = :n")
            tx.execute(add, {"n": order[0]})
            if tries[order] == 1:
                both_hold_one.wait(timeout=5)
            tx.execute(text("SET LOCAL lock_timeout = '5s'"))
            tx.execute(add, {"n": order[1]})

        database.run(work)

    threads = [threading.Thread(target=raise_both, args=[order]) for order in ("ab", "ba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as connection:
        values = connection.execute(select(high_water.c.value)).scalars().all()
    assert values == [2, 2]
    assert sum(tries.values()) == 3, "one of the two was run twice"
    database.close()


def test_a_lock_not_given_is_a_bounded_wait(postgres_url: str) -> None:
    """A writer that never ends makes the next one fail with a code, not hang."""
    database = Database(postgres_url)
    with database.write() as tx:
        tx.execute(insert(high_water).values(name="a", value=0))
    with database.write() as holder:
        holder.execute(text("UPDATE high_water SET value = 1"))
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable), database.write() as tx:
            tx.execute(text("UPDATE high_water SET value = 2"))
        assert time.monotonic() - started < 4
    database.close()


def test_sqlite_waits_for_its_turn_and_is_durable(tmp_path: Path) -> None:
    """WAL, a busy timeout and full synchronisation are really set on every connection."""
    url = f"sqlite:///{tmp_path / 'x.db'}"
    upgrade(url)
    database = Database(url)
    with database.read() as connection:
        settings = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "busy_timeout", "synchronous")
        ]
    database.close()

    assert settings == ["wal", 5_000, 2]


def test_a_database_that_is_not_there_is_a_code() -> None:
    """No server on that port: `database_unavailable`, within the connection's own deadline."""
    database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/none")

    assert not database.ready()
    with pytest.raises(DatabaseUnavailable), database.write():
        pass
    database.close()


def test_the_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    """The history and `tables/` agree, column by column."""
    engine = create_engine(database_url)
    inspector = inspect(engine)

    found = {
        name: {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }
    meant = {
        table.name: {column.name: column.nullable for column in table.columns}
        for table in metadata.tables.values()
    }

    assert found == meant
    with engine.connect() as connection:
        assert is_new_enough(connection)
    engine.dispose()
