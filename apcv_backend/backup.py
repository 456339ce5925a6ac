"""A backup of the whole database in one file, and its way back: the same for SQLite and PostgreSQL.

The file is gzipped NDJSON: a header (format, schema step), one line a row, and a last line with the count and
the SHA-256 of all before it, so that a file cut short or changed is refused before a row is written. All rows
are of one instant. What identifies people is in it as it is in the database: blind indexes and sealed
envelopes; without the keys, which are never in a backup, it names nobody.

The wrapped keys of people (`person_keys`) go to a file of their own, to be kept elsewhere and replaced each
time: a backup from before an erasure, with the keys of after, does not read the erased person.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import zlib
from collections.abc import Generator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, inspect, select, text

from apcv_backend.database import Database, take_all_the_time
from apcv_backend.tables import Instant, metadata
from cartes.errors import CarteError, InvalidValue
from cartes.wire import strict_json

FORMAT = "cartes-backup-1"
_BATCH = 500
_LINE_BYTES = 4 << 20


class BackupRefused(CarteError):
    """A backup cannot be written there, or cannot be read back; nothing was changed. `why` says which."""

    code = "backup_refused"


KEYS = frozenset({"person_keys"})
"""The tables that are never in one file with the others."""


def write_backup(database: Database, target: Path, *, keys: bool = False) -> int:
    """Write every row to `target`, which must not exist (made 0600); how many rows there were.

    With `keys`, the wrapped keys of people and nothing else; without, everything but them.

    Raises:
        BackupRefused: the file exists or cannot be made.
    """
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupRefused(why="target", reason=type(error).__name__) from error
    digest, rows = hashlib.sha256(), 0
    with os.fdopen(descriptor, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:

        def put(value: object) -> None:
            line = strict_json.canonical(value) + b"\n"
            digest.update(line)
            packed.write(line)

        with database.write() as tx:
            if not database.is_sqlite:
                tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                take_all_the_time(tx)
            put({"format": FORMAT, "step": _step(tx)})
            for table in _tables(keys=keys):
                for row in tx.execute(select(table).execution_options(yield_per=_BATCH)):
                    put([table.name, _out(table, row)])
                    rows += 1
        packed.write(strict_json.canonical({"rows": rows, "sha256": digest.hexdigest()}) + b"\n")
    return rows


def read_backup(database: Database, source: Path, *, keys: bool = False) -> int:
    """Put every row of `source` back into an empty database at the same step; how many there were.

    With `keys`, `source` holds the wrapped keys of people, and only that table must be empty.

    Raises:
        BackupRefused: the file is damaged, of another step, or the database is not empty.
    """
    _check_whole(source)
    with database.write() as tx, closing(_lines(source)) as lines:
        header = strict_json.loads(next(lines), max_size=_LINE_BYTES)
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise BackupRefused(why="format")
        if header.get("step") != _step(tx):
            raise BackupRefused(why="step", backup=header.get("step"), database=_step(tx))
        allowed = {table.name for table in _tables(keys=keys)}
        for table in _tables(keys=keys):
            if tx.execute(select(table).limit(1)).first() is not None:
                raise BackupRefused(why="not_empty", table=table.name)
        rows = 0
        for line in lines:
            value = strict_json.loads(line, max_size=_LINE_BYTES)
            if isinstance(value, dict):
                break
            name, members = value
            if name not in allowed:
                raise BackupRefused(why="kind", table=name)
            table = metadata.tables[name]
            tx.execute(insert(table).values(**_in(table, members)))
            rows += 1
        if not database.is_sqlite:
            tx.execute(
                text(
                    "SELECT setval(pg_get_serial_sequence('journal', 'entry_id'), "
                    "(SELECT COALESCE(MAX(entry_id), 1) FROM journal))"
                )
            )
    return rows


def _tables(*, keys: bool) -> list[Table]:
    return [table for table in metadata.sorted_tables if (table.name in KEYS) == keys]


def _check_whole(source: Path) -> None:
    """Refuse a file whose last line does not vouch for all the others."""
    digest, rows, last = hashlib.sha256(), -1, b""
    try:
        for line in _lines(source):
            if last:
                digest.update(last)
                rows += 1
            last = line
        told = strict_json.loads(last, max_size=_LINE_BYTES)
    except (OSError, EOFError, zlib.error, InvalidValue) as error:
        raise BackupRefused(why="damaged", reason=type(error).__name__) from error
    if not isinstance(told, dict) or told != {"rows": rows, "sha256": digest.hexdigest()}:
        raise BackupRefused(why="damaged")


def _lines(source: Path) -> Generator[bytes, None, None]:
    with gzip.open(source, "rb") as packed:
        while line := packed.readline(_LINE_BYTES):
            yield line


def _step(tx: Connection) -> str:
    if not inspect(tx).has_table("alembic_version"):
        raise BackupRefused(why="migrate_first")
    return str(tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _out(table: Table, row: Row[Any]) -> dict[str, object]:
    members: dict[str, object] = {}
    for column in table.columns:
        value = row._mapping[column]  # noqa: SLF001 - the documented way to read a row by column
        if isinstance(column.type, Instant) and value is not None:
            # Text: instants in microseconds go beyond what JSON readers keep exact.
            value = str(column.type.process_bind_param(value, None))
        elif isinstance(value, bytes):
            value = base64.b64encode(value).decode()
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = value.isoformat()
        members[column.name] = value
    return members


def _in(table: Table, members: dict[str, Any]) -> dict[str, object]:
    values: dict[str, object] = {}
    for column in table.columns:
        value = members[column.name]
        if value is not None:
            if isinstance(column.type, Instant):
                value = column.type.process_result_value(int(value), None)
            elif column.type.python_type is bytes:
                value = base64.b64decode(value)
            elif column.type.python_type is date:
                value = date.fromisoformat(value)
        values[column.name] = value
    return values
