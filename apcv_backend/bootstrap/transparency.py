"""How the log of the journal is put together: its tables, its key, its file of heads."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from apcv_backend.audit import Journal, read_entries
from apcv_backend.backup import read_backup
from apcv_backend.config import Config
from apcv_backend.database import Database
from apcv_backend.migrations import upgrade
from apcv_backend.transparency.checking import check_log
from apcv_backend.transparency.heads_file import HeadsFile, read_heads
from apcv_backend.transparency.ports import HeadSigner
from apcv_backend.transparency.rules import Finding, origin_of
from apcv_backend.transparency.service import LogDesk
from apcv_backend.transparency.store import SqlLogs
from cartes.checkpoint import LogKey
from keys.keyring import Keyring, Purpose


def build_log(config: Config, database: Database, keyring: Keyring, journal: Journal) -> LogDesk:
    """The desk of the log on these settings."""

    def signer(at: datetime) -> HeadSigner:
        return keyring.signer(Purpose.LOG, at)

    return LogDesk(
        logs=SqlLogs(database),
        is_as_written=journal.is_as_written,
        signer=signer,
        keys=lambda: log_keys(config, keyring),
        given_out=HeadsFile(config.log_heads),
        origin=origin_of(config.public_url),
    )


def log_keys(config: Config, keyring: Keyring) -> tuple[LogKey, ...]:
    """Every key this log ever signed with, by the log's name."""
    origin = origin_of(config.public_url)
    return tuple(LogKey.of_point(origin, key.public_key) for key in keyring.public_keys(Purpose.LOG))


def inspect_journal(
    database: Database, keys: tuple[LogKey, ...], heads_file: Path | None, journal: Journal | None
) -> list[Finding]:
    """Everything in a database's journal that does not agree with its log, or with heads kept outside.

    Without `journal` (the audit key) the tags of entries are not checked; their hashes are. Raises
    `HeadRefused` when the file of heads holds what this log never signed.
    """
    given_out = [] if heads_file is None else read_heads(heads_file, keys)
    written = None if journal is None else journal.is_as_written
    return list(check_log(SqlLogs(database), read_entries(database), keys, given_out, written))


def inspect_copy(source: Path, keys: tuple[LogKey, ...], heads_file: Path | None) -> list[Finding]:
    """The same on a copy (a backup of ours, a SQLite file), with public keys alone. It is not touched.

    Raises:
        BackupRefused: it is neither.
    """
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'copy.db'}"
        if source.read_bytes()[:16] == b"SQLite format 3\0":
            shutil.copyfile(source, Path(folder) / "copy.db")
            database = Database(url)
        else:
            upgrade(url)
            database = Database(url)
            read_backup(database, source)
        try:
            return inspect_journal(database, keys, heads_file, None)
        finally:
            database.close()
