"""The journal: who did what, why, to whom (by pseudonym), written in the transaction it describes.

Entries are only ever added. Each carries a keyed tag over its own content, so that an entry edited behind
our back no longer verifies (`check`). A payload never enters: no NIR, no name, no right, no secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from apcv_backend.database import Database
from apcv_backend.tables import journal
from apcv_backend.vault import Vault, same
from cartes.wire import strict_json

Fact = str | int | bool | None

# Built once, as every statement of the hot path. `inline`: nobody asks which number the line was given.
_NOTE = insert(journal).inline()


@dataclass(frozen=True)
class Entry:
    """One line of the journal, as it was read back."""

    entry_id: int
    at: datetime
    event: str
    actor: str
    subject: str
    facts: str
    mac: bytes


class Journal:
    """Adds entries inside the caller's transaction, and checks the whole later."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def note(
        self, tx: Connection, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime
    ) -> None:
        """Add one entry to the transaction `tx`: it exists if and only if what it tells happened."""
        told = strict_json.canonical(dict(facts)).decode()
        tx.execute(
            _NOTE,
            {
                "at": at,
                "event": event,
                "actor": actor,
                "subject": subject,
                "facts": told,
                "mac": self._tag(at, event, actor, subject, told),
            },
        )

    def altered(self, database: Database) -> Iterator[int]:
        """The numbers of the entries whose content is no longer what was written."""
        with database.read() as connection:
            for row in connection.execute(select(journal).order_by(journal.c.entry_id)):
                expected = self._tag(row.at, row.event, row.actor, row.subject, row.facts)
                if not same(expected, row.mac):
                    yield row.entry_id

    def _tag(self, at: datetime, event: str, actor: str, subject: str, facts: str) -> bytes:
        told = strict_json.canonical([at.isoformat(timespec="microseconds"), event, actor, subject, facts])
        return self._vault.audit_mac(told)
