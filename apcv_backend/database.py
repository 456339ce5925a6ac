"""The database: one engine for what is written, one for what is read, and the retry of what may be retried.

SQLite in WAL mode is the embedded default; PostgreSQL carries production. Both give the same promise: a
`write` transaction that returned is on disk, and a conditional statement inside it has exactly one winner.

Every wait has a bound (`connect_timeout`, `statement_timeout`, `lock_timeout`, `busy_timeout`, and for an
answer that never comes `bounded_connection`): a database that hangs becomes `DatabaseUnavailable`, never a
worker that hangs with it. The first wait that fails ends the request. The longest one may go through is for a
place in the pool (1 s), for a silent connection to be given up (1 s) and for another to be made (2 s): less
than five seconds in all, and a test holds it to that. Whoever waited in vain speaks for those behind them:
for a second the database is not asked at all, so that a line of requests is told at once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswerYet
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from psycopg.errors import ConnectionTimeout
from sqlalchemy import Connection, Engine, Executable, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from apcv_backend.bounded_connection import ANSWER_S, PING_S, BoundedConnection, NoAnswer
from cartes.errors import CarteError

T = TypeVar("T")

_TRIES = 5
_FIRST_PAUSE_S = 0.02
_BUSY_TIMEOUT_MS = 5_000
ASKED_AFTER_S = 1.0
"""A connection unused for longer is asked whether it still lives before it is used."""
# PostgreSQL: serialization failure, deadlock; the transaction did nothing and may be run again.
_RETRIED_SQLSTATES = frozenset({"40001", "40P01"})
RESTS_S = 1.0
"""How long a database that fell silent is left alone: everybody is refused at once meanwhile."""
READY_S = 0.9
"""How long `ready` waits: readiness asks two questions, and is red within two seconds of a loss."""
_POSTGRES_OPTIONS = (
    "-c statement_timeout=2000 -c lock_timeout=1000 -c idle_in_transaction_session_timeout=5000"
)


class DatabaseUnavailable(CarteError):
    """The database did not answer in its time, or is full; nothing was written. Try again later."""

    code = "database_unavailable"


class Database:
    """Two engines on one URL. `write()` is one transaction; `read()` is outside any.

    `dialect` is `sqlite` or `postgresql`.
    """

    def __init__(self, url: str, *, pool_size: int = 8, asked_after_s: float = ASKED_AFTER_S) -> None:
        self.url: URL = make_url(url)
        self.dialect = self.url.get_backend_name()
        self.is_sqlite = self.dialect == "sqlite"
        self._writer = _engine(self.url, pool_size, asked_after_s, writes=True)
        self._reader = _engine(self.url, pool_size, asked_after_s, writes=False)
        self._health = ThreadPoolExecutor(1, "database-ready")
        self._asked_again_at = 0.0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that reading first and writing after
        is one step no other writer can come between.

        Raises:
            DatabaseUnavailable: no connection, a lock not given, a disk full, a statement out of time.
        """
        with self._opened(self._writer) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in autocommit, for reading: no BEGIN, no ROLLBACK around a single SELECT."""
        with self._opened(self._reader) as connection:
            yield connection

    def write_one(self, statement: Executable, parameters: Mapping[str, object]) -> int:
        """Run one statement that is a transaction by itself, on disk when this returns; the rows it wrote.

        Around a single statement BEGIN and COMMIT say nothing, and are two round trips. The statement must
        be built with `preserve_rowcount` where it inserts.

        Raises:
            DatabaseUnavailable: as `write`.
        """
        with self._opened(self._reader) as connection:
            return int(connection.execute(statement, parameters).rowcount)

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction, and again when the database lost it to another one (five tries).

        `work` may have no effect but SQL on the connection it is given.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                with self.write() as tx:
                    return work(tx)
            except _TransactionLost:
                if attempt == _TRIES:
                    raise
                time.sleep(random.uniform(0, _FIRST_PAUSE_S * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")  # the loop returns or raises

    def ready(self, holds: Callable[[Connection], bool] | None = None) -> bool:
        """Whether the database answers within `READY_S` and, if asked, `holds` of it.

        It is asked on a thread of its own, which gives a silent one up by itself, later than `READY_S`; who
        asks meanwhile is told no.
        """
        asked = self._health.submit(self._answers, holds or _says_one)
        try:
            return asked.result(READY_S)
        except NoAnswerYet:
            asked.cancel()  # not begun: the thread is still busy with an earlier question
            return False

    def _answers(self, holds: Callable[[Connection], bool]) -> bool:
        try:
            with self.read() as connection:
                return holds(connection)
        except DatabaseUnavailable:
            return False

    def close(self) -> None:
        """Give every connection back."""
        self._health.shutdown(wait=False, cancel_futures=True)
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _opened(self, engine: Engine) -> Iterator[Connection]:
        if time.monotonic() < self._asked_again_at:
            raise DatabaseUnavailable(why="silent")
        try:
            with engine.begin() as connection:
                yield connection
        except PoolTimeout as error:
            raise DatabaseUnavailable(why="pool_exhausted") from error
        except DBAPIError as error:
            if isinstance(error.orig, (NoAnswer, ConnectionTimeout)):
                self._asked_again_at = time.monotonic() + RESTS_S
            if getattr(error.orig, "sqlstate", None) in _RETRIED_SQLSTATES:
                raise _TransactionLost(why="conflict") from error
            if isinstance(error, OperationalError) or error.connection_invalidated:
                raise DatabaseUnavailable(why=type(error.orig).__name__) from error
            raise


def take_all_the_time(tx: Connection) -> None:
    """Lift the bounds on the statements of this transaction, and of no other: for a copy of everything."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        driver: Any = tx.connection.dbapi_connection  # a BoundedConnection, which the pool does not know
        driver.patience_s = None  # until it is given back to its pool


def _says_one(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1")).scalar() == 1


class _TransactionLost(DatabaseUnavailable):
    """PostgreSQL undid the transaction because of another one: it may be run again as it was."""


def _engine(url: URL, pool_size: int, asked_after_s: float, *, writes: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, pool_size, writes=writes)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=1,
        pool_use_lifo=True,  # under little load a few connections stay warm, and the others are left alone
        isolation_level=None if writes else "AUTOCOMMIT",
        connect_args={"connect_timeout": 2, "tcp_user_timeout": 3_000, "options": _POSTGRES_OPTIONS},
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, given: list[str], named: dict[str, Any]) -> object:
        return BoundedConnection.connect(*given, **named)

    _ask_the_idle(engine, asked_after_s)
    return engine


def _ask_the_idle(engine: Engine, asked_after_s: float) -> None:
    """Before use, ask a connection whether it lives; but not one that answered a moment ago.

    Asking each time (`pool_pre_ping`) was one round trip in five of an issuance. When the server goes away
    within that moment, one request is told `DatabaseUnavailable`, and every connection is made anew.
    """

    @event.listens_for(engine, "checkin")
    def _left(connection: BoundedConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["left_at"] = time.monotonic()
        if connection is not None:  # None when it was thrown away
            connection.patience_s = ANSWER_S

    @event.listens_for(engine, "checkout")
    def _ask(connection: BoundedConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        left_at = record.info.get("left_at")
        if left_at is None or time.monotonic() - left_at < asked_after_s:
            return
        connection.patience_s = PING_S
        try:
            engine.dialect.do_ping(connection)  # type: ignore[arg-type]  # psycopg's is what it was made for
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
        connection.patience_s = ANSWER_S


def _sqlite_engine(url: URL, pool_size: int, *, writes: bool) -> Engine:
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)  # for its owner alone; SQLite gives its journal files the same mode
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_BUSY_TIMEOUT_MS / 1000,
        connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: object, _record: ConnectionPoolEntry) -> None:
        # Transactions are opened below, in words; the driver opens none on its own.
        connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3.Connection behind DBAPI
        cursor = connection.cursor()  # type: ignore[attr-defined]  # the same connection
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # a card handed out is on disk before it leaves
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        cursor.close()

    if writes:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
