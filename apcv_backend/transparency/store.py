"""The log in its tables: leaves in order, the hashes of whole subtrees, and the heads that were signed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import entry_of
from apcv_backend.database import Database
from apcv_backend.journal_entry import Entry
from apcv_backend.tables import journal, journal_lanes, log_heads, log_leaves, log_tiles
from apcv_backend.transparency.ports import KeptHead, Log
from apcv_backend.transparency.rules import BEFORE_LANES, LogBroken, lane_and_place
from cartes import merkle
from cartes.checkpoint import TreeHead

T = TypeVar("T")

_ONE_SEALER = 0x10_65
_TILE = 8  # a tile is the hash of 2**8 nodes of the level below it


class SqlLog:
    """The log, inside one connection."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def lock(self) -> None:
        """Let one sealer work at a time. SQLite has one writer already."""
        if self._tx.dialect.name != "sqlite":
            self._tx.execute(text("SELECT pg_advisory_xact_lock(:sealer)"), {"sealer": _ONE_SEALER})

    def size(self) -> int:
        """How many leaves there are."""
        last = self._tx.execute(select(func.max(log_leaves.c.leaf_index))).scalar()
        return 0 if last is None else int(last) + 1

    def node(self, height: int, index: int) -> bytes:
        """The hash of a whole subtree: see `cartes.merkle.Node`."""
        level, above = divmod(height, _TILE)
        return merkle.whole(self._hashes(level, index << above, 1 << above))

    def pending(self, most: int) -> Sequence[Entry]:
        """Entries committed and not yet in the log, oldest first, each lane without a hole.

        Raises:
            LogBroken: an entry that was committed is not there any more.
        """
        entries = self._pending_before_lanes(most)
        for lane, counted, sealed in self._lanes():
            if counted == sealed:
                continue
            wanted = (
                select(journal)
                .where(journal.c.lane == lane, journal.c.place > sealed, journal.c.place <= counted)
                .order_by(journal.c.place)
                .limit(most)
            )
            found = [entry_of(row) for row in self._tx.execute(wanted)]
            expected = range(sealed + 1, min(counted, sealed + most) + 1)
            if counted < sealed or [entry.place for entry in found] != list(expected):
                raise LogBroken(why="missing", lane=lane, after=sealed)
            entries += found
        # A lane cut short here goes on next time: places follow each other whatever the order of lanes.
        return sorted(entries, key=lambda entry: entry.entry_id)

    def _pending_before_lanes(self, most: int) -> list[Entry]:
        sealed = self._sealed_place(BEFORE_LANES)
        wanted = (
            select(journal)
            .where(journal.c.lane.is_(None), journal.c.entry_id > sealed)
            .order_by(journal.c.entry_id)
            .limit(most)
        )
        return [entry_of(row) for row in self._tx.execute(wanted)]

    def _lanes(self) -> list[tuple[int, int, int]]:
        """Each lane, how many entries it has had, and how many of them are in the log."""
        lanes = self._tx.execute(select(journal_lanes).order_by(journal_lanes.c.lane)).all()
        return [(row.lane, int(row.places), self._sealed_place(row.lane)) for row in lanes]

    def _sealed_place(self, lane: int) -> int:
        last = select(func.max(log_leaves.c.place)).where(log_leaves.c.lane == lane)
        return int(self._tx.execute(last).scalar() or 0)

    def append(self, entries: Sequence[tuple[Entry, bytes]]) -> None:
        """Add leaves at the end, and the tiles that became whole."""
        begin = self.size()
        rows = []
        for index, (entry, leaf) in enumerate(entries, start=begin):
            lane, place = lane_and_place(entry)
            rows.append(
                {
                    "leaf_index": index,
                    "entry_id": entry.entry_id,
                    "lane": lane,
                    "place": place,
                    "leaf_hash": leaf,
                }
            )
        if rows:
            self._tx.execute(insert(log_leaves), rows)
        end, level = begin + len(rows), 1
        while end >> (_TILE * level):
            for index in range(begin >> (_TILE * level), end >> (_TILE * level)):
                below = self._hashes(level - 1, index << _TILE, 1 << _TILE)
                self._tx.execute(insert(log_tiles).values(level=level, idx=index, hash=merkle.whole(below)))
            level += 1

    def _hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Hashes side by side: of leaves (level 0), or of whole subtrees of 256**level leaves."""
        if level == 0:
            index, wanted = log_leaves.c.leaf_index, select(log_leaves.c.leaf_hash)
        else:
            index, wanted = log_tiles.c.idx, select(log_tiles.c.hash).where(log_tiles.c.level == level)
        wanted = wanted.where(index >= first, index < first + count).order_by(index)
        hashes = self._tx.execute(wanted).scalars().all()
        if len(hashes) != count:
            raise LogBroken(why="missing", level=level, after=first)
        return hashes

    def keep_head(self, head: TreeHead, note: str) -> None:
        """Keep a head; of one size, the latest signature."""
        insert_ = sqlite_insert if self._tx.dialect.name == "sqlite" else postgresql_insert
        told = {"root": head.root, "at": head.at, "note": note}
        self._tx.execute(
            insert_(log_heads)
            .values(tree_size=head.size, **told)
            .on_conflict_do_update(index_elements=["tree_size"], set_=told)
        )

    def latest_head(self) -> KeptHead | None:
        """The head of the largest size."""
        last = select(log_heads).order_by(log_heads.c.tree_size.desc()).limit(1)
        row = self._tx.execute(last).one_or_none()
        return None if row is None else KeptHead(int(row.tree_size), row.root, row.at, row.note)

    def heads(self) -> Sequence[KeptHead]:
        """Every head, smallest first."""
        rows = self._tx.execute(select(log_heads).order_by(log_heads.c.tree_size))
        return [KeptHead(int(row.tree_size), row.root, row.at, row.note) for row in rows]

    def leaves(self, first: int, most: int) -> Sequence[tuple[int, int, bytes, Entry | None]]:
        """Leaves from `first` on: index, entry number, hash, and the entry as the journal has it now."""
        wanted = (
            select(
                log_leaves.c.leaf_index,
                log_leaves.c.leaf_hash,
                log_leaves.c.entry_id.label("number"),
                journal,
            )
            .select_from(log_leaves.outerjoin(journal, journal.c.entry_id == log_leaves.c.entry_id))
            .where(log_leaves.c.leaf_index >= first)
            .order_by(log_leaves.c.leaf_index)
            .limit(most)
        )
        return [
            (int(row.leaf_index), int(row.number), row.leaf_hash, None if row.mac is None else entry_of(row))
            for row in self._tx.execute(wanted)
        ]

    def lanes(self) -> dict[int, int]:
        """How many entries each lane has had, by its own count."""
        return {row.lane: int(row.places) for row in self._tx.execute(select(journal_lanes))}


class SqlLogs:
    """See `ports.Logs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, work: Callable[[Log], T]) -> T:
        """See `Logs.run`."""
        return self._database.run(lambda tx: work(SqlLog(tx)))

    def read(self, work: Callable[[Log], T]) -> T:
        """See `Logs.read`."""
        with self._database.read() as connection:
            return work(SqlLog(connection))
