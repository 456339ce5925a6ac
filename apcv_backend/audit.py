"""The journal: who did what, why, to whom (by pseudonym), written in the transaction it describes.

Entries are only ever added. Each carries a keyed tag over its own content, so that an entry edited behind
our back no longer verifies (`check`). A payload never enters: no NIR, no name, no right, no secret.

Entries stand in lanes. A lane numbers its entries 1, 2, 3… in the transaction that adds them, and the number
is under the tag: an entry taken away leaves a hole that nobody without the key can close, before any tree of
hashes holds it (`transparency`); but for the last of a lane, taken with the lane's count before the sealer
comes. A connection keeps to one lane, so that writers do not wait for each other.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningInsert

from apcv_backend.database import Database
from apcv_backend.journal_entry import Entry
from apcv_backend.tables import journal, journal_lanes
from apcv_backend.vault import Vault, same
from cartes.wire import strict_json

__all__ = ["LANES", "Entry", "Fact", "Journal", "entry_of", "next_place_after", "read_entries"]

Fact = str | int | bool | None

LANES = 64
"""How many writers can add an entry at one instant without waiting for each other."""

_LANE = "journal_lane"
_LOOKED_AT_A_TIME = 2_000

# Built once, as every statement of the hot path. `inline`: nobody asks which number the line was given.
_NOTE = insert(journal).inline()


def _counted(first: Any) -> Any:
    # Judge of "no two entries have one place": the row of the lane, held until the transaction ends.
    return first.on_conflict_do_update(
        index_elements=["lane"], set_={"places": journal_lanes.c.places + 1}
    ).returning(journal_lanes.c.places)


_NEXT_PLACE = {
    "sqlite": _counted(sqlite_insert(journal_lanes).values(places=1)),
    "postgresql": _counted(postgresql_insert(journal_lanes).values(places=1)),
}


_MANY = bindparam("many", type_=journal_lanes.c.places.type)


def _counted_many(first: Any) -> Any:
    return (
        first.values(places=_MANY)
        .on_conflict_do_update(index_elements=["lane"], set_={"places": journal_lanes.c.places + _MANY})
        .returning(journal_lanes.c.places)
    )


_NEXT_PLACES = {
    "sqlite": _counted_many(sqlite_insert(journal_lanes)),
    "postgresql": _counted_many(postgresql_insert(journal_lanes)),
}
"""As `_NEXT_PLACE`, for `many` entries at once: the last of their places."""


def next_place_after(condition: ColumnElement[bool]) -> ReturningInsert[tuple[int]]:
    """PostgreSQL: the next place of `of_lane`, if `condition` holds; to stand inside a larger statement."""
    first = select(bindparam("of_lane", type_=journal_lanes.c.lane.type), literal(1)).where(condition)
    statement: ReturningInsert[tuple[int]] = _counted(
        postgresql_insert(journal_lanes).from_select(["lane", "places"], first)
    )
    return statement


class Journal:
    """Adds entries inside the caller's transaction, and checks the whole later."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._lanes = itertools.count(os.getpid())

    def note(
        self, tx: Connection, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime
    ) -> None:
        """Add one entry to the transaction `tx`: it exists if and only if what it tells happened."""
        lane = self.lane_of(tx)
        place = tx.execute(_NEXT_PLACE[tx.dialect.name], {"lane": lane}).scalar_one()
        tx.execute(_NOTE, self.row(event, actor, subject, facts, at, lane=lane, place=place))

    def note_all(
        self,
        tx: Connection,
        event: str,
        *,
        actor: str,
        told: Sequence[tuple[str, Mapping[str, Fact]]],
        at: datetime,
    ) -> None:
        """Add one entry for each subject and its facts, in their order: two statements, however many."""
        if not told:
            return
        lane = self.lane_of(tx)
        last = tx.execute(_NEXT_PLACES[tx.dialect.name], {"lane": lane, "many": len(told)}).scalar_one()
        first = last - len(told) + 1
        tx.execute(
            _NOTE,
            [
                self.row(event, actor, subject, facts, at, lane=lane, place=place)
                for place, (subject, facts) in enumerate(told, first)
            ],
        )

    def lane_of(self, tx: Connection) -> int:
        """The lane of this connection."""
        lane = tx.info.get(_LANE)
        if lane is None:
            lane = tx.info[_LANE] = next(self._lanes) % LANES
        return int(lane)

    def row(
        self,
        event: str,
        actor: str,
        subject: str,
        facts: Mapping[str, Fact],
        at: datetime,
        *,
        lane: int,
        place: int,
    ) -> dict[str, Any]:
        """The row of an entry whose place was taken in the transaction that will write it."""
        told = strict_json.canonical(dict(facts)).decode()
        return {
            "at": at,
            "event": event,
            "actor": actor,
            "subject": subject,
            "facts": told,
            "lane": lane,
            "place": place,
            "mac": self._tag(at, event, actor, subject, told, lane, place),
        }

    def is_as_written(self, entry: Entry) -> bool:
        """Whether the entry is what was written, at the place it was written."""
        expected = self._tag(
            entry.at, entry.event, entry.actor, entry.subject, entry.facts, entry.lane, entry.place
        )
        return same(expected, entry.mac)

    def altered(self, database: Database) -> Iterator[int]:
        """The numbers of the entries whose content is no longer what was written."""
        return (entry.entry_id for entry in read_entries(database) if not self.is_as_written(entry))

    def _tag(
        self,
        at: datetime,
        event: str,
        actor: str,
        subject: str,
        facts: str,
        lane: int | None,
        place: int | None,
    ) -> bytes:
        content = [at.isoformat(timespec="microseconds"), event, actor, subject, facts]
        where = [] if lane is None else ["lane", lane, place]  # entries older than lanes keep their tag
        return self._vault.audit_mac(strict_json.canonical([*content, *where]))


def read_entries(database: Database) -> Iterator[Entry]:
    """Every entry, oldest first, a few thousand in memory at a time."""
    last = 0
    while True:
        some = (
            select(journal)
            .where(journal.c.entry_id > last)
            .order_by(journal.c.entry_id)
            .limit(_LOOKED_AT_A_TIME)
        )
        with database.read() as connection:
            rows = connection.execute(some).all()
        if not rows:
            return
        for row in rows:
            yield entry_of(row)
        last = rows[-1].entry_id


def entry_of(row: Row[Any]) -> Entry:
    """The entry a row of `journal` holds."""
    return Entry(
        row.entry_id,
        row.at,
        row.event,
        row.actor,
        row.subject,
        row.facts,
        row.mac,
        row.lane,
        row.place,
    )
