"""Many writers against the sealer on PostgreSQL: numbers are given in one order and committed in another.

A sealer that asked "which lines are newer than the last one I sealed" would miss a line numbered early and
committed late: the sequence behind `entry_id` knows nothing of commits. Here a dozen connections write in
transactions of every length, some undone, while two sealers seal without a pause. Then everything is counted.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import select

from apcv_backend.audit import Journal
from apcv_backend.bootstrap import Services
from apcv_backend.database import Database
from apcv_backend.tables import journal, log_heads, log_leaves
from apcv_backend.transparency.heads_file import HeadsFile
from apcv_backend.transparency.service import Sealed
from cartes.wire import strict_json
from tests.simulators.clock import SteerableClock

WRITERS = 12
ROUNDS = 25
SEALERS = 2

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


class Undone(Exception):
    """The transaction changes its mind."""


class Writer:
    """One connection of its own: long transactions beside short ones, and some that are undone."""

    def __init__(self, number: int, services: Services, at: SteerableClock) -> None:
        self.number = number
        self.database = Database(services.config.database_url, pool_size=1)
        self.journal: Journal = services.journal
        self.at = at
        self.chance = random.Random(number)

    def work(self, start: Barrier) -> list[str]:
        """The names of the lines that were committed."""
        start.wait(timeout=30)
        committed: list[str] = []
        try:
            for round_number in range(ROUNDS):
                names = [f"{self.number}.{round_number}.{n}" for n in range(self.chance.choice((1, 1, 2, 3)))]
                try:
                    self.database.run(lambda tx, wanted=names: self._write(tx, wanted))  # type: ignore[misc]  # bound now
                except Undone:
                    continue
                committed += names
        finally:
            self.database.close()
        return committed

    def _write(self, tx: Any, names: Sequence[str]) -> None:
        if self.number % 3 == 0:
            tx.info["journal_lane"] = 0  # these share a lane, and wait for each other there
        for name in names:
            self.journal.note(
                tx,
                "race.line",
                actor=f"writer:{self.number}",
                subject="s",
                facts={"name": name},
                at=self.at(),
            )
            # The line has its number now, and is committed much later, or at once.
            time.sleep(self.chance.choice((0, 0, 0.002, 0.03, 0.12)))
        if self.chance.random() < 0.1:
            raise Undone


def _seal_until(services: Services, clock: SteerableClock, done: Event) -> list[Sealed]:
    """What a sealer of its own process does, without a pause; once more after everybody has finished."""
    sealed = []
    while not done.is_set():
        sealed.append(services.log.seal(clock()))
    return [*sealed, services.log.seal(clock())]


@pytest.fixture
def raced(services: Services, clock: SteerableClock) -> tuple[list[str], list[Sealed]]:
    """The names that were committed, and all that both sealers did meanwhile."""
    start, done = Barrier(WRITERS), Event()
    writers = [Writer(number, services, clock) for number in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS + SEALERS) as threads:
        sealing = [threads.submit(_seal_until, services, clock, done) for _ in range(SEALERS)]
        writing = [threads.submit(writer.work, start) for writer in writers]
        try:
            names = [name for one in writing for name in one.result(timeout=120)]
        finally:
            done.set()
        return names, [sealed for one in sealing for sealed in one.result(timeout=60)]


def test_no_line_is_missed_sealed_twice_or_moved(
    services: Services, raced: tuple[list[str], list[Sealed]]
) -> None:
    """Every committed line is one leaf, no gap, lanes in their order; every head signed meanwhile holds."""
    names, sealed = raced
    with services.database.read() as connection:
        lines = connection.execute(select(journal).where(journal.c.event == "race.line")).all()
        leaves = connection.execute(
            select(log_leaves, journal.c.facts)
            .join(journal, journal.c.entry_id == log_leaves.c.entry_id)
            .order_by(log_leaves.c.leaf_index)
        ).all()
        heads = connection.execute(select(log_heads.c.tree_size, log_heads.c.root)).all()

    assert sorted(strict_json.loads(line.facts)["name"] for line in lines) == sorted(names)
    told = [strict_json.loads(leaf.facts).get("name") for leaf in leaves]
    assert sorted(name for name in told if name) == sorted(names), "each committed line is one leaf, once"
    assert [leaf.leaf_index for leaf in leaves] == list(range(len(leaves)))
    assert sum(one.added for one in sealed) == len(leaves)
    lanes: dict[int, list[int]] = defaultdict(list)
    for leaf in leaves:
        lanes[leaf.lane].append(leaf.place)
    assert all(places == list(range(1, len(places) + 1)) for places in lanes.values())
    # The trap was there: lines were sealed after others with a larger number.
    numbers = [leaf.entry_id for leaf in leaves]
    assert numbers != sorted(numbers), "nobody committed out of order: this run proves nothing"
    assert len({one.head.size for one in sealed}) > 10, "so few seals raced nobody"
    # Whatever was signed on the way is how the log begins now.
    kept = {row.tree_size: row.root for row in heads}
    assert all(kept[one.head.size] == one.head.root for one in sealed)
    assert services.check_journal(None) == []


def test_a_sealer_overtaken_by_another_does_not_make_the_file_of_heads_shorter(
    services: Services, raced: tuple[list[str], list[Sealed]], tmp_path: Path
) -> None:
    """The slower of two sealers writes its smaller head last: what was given out is still the larger one."""
    _, sealed = raced
    small, large = sealed[0], max(sealed, key=lambda one: one.head.size)
    file = HeadsFile(tmp_path / "heads")
    file.add(large.note)
    file.add(small.note)

    last = file.last(services.log_keys())

    assert small.head.size < large.head.size
    assert last == large.head
