"""The states of slots, read from the database for publication."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from apcv_backend.database import Database
from apcv_backend.tables import status_slots
from cartes.seal import CLOCK_SKEW_S
from cartes.status import StatusPurpose

LISTED_AFTER_LAST_CARD = timedelta(seconds=CLOCK_SKEW_S)
"""A till's clock may be this far behind ours, and still hold for alive a card that has just expired here."""

_PAGE = 50_000


class SqlStatusSlots:
    """Implements `ports.StatusSlots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def live(self, list_id: int, purpose: StatusPurpose, at: datetime) -> Sequence[int]:
        """See `ports.StatusSlots.live`: the last card given on the slot has not expired, clocks aside."""
        return self._indices(list_id, purpose, status_slots.c.taken_until >= at - LISTED_AFTER_LAST_CARD)

    def all(self, list_id: int, purpose: StatusPurpose) -> Sequence[int]:
        """See `ports.StatusSlots.all`."""
        return self._indices(list_id, purpose)

    def _indices(self, list_id: int, purpose: StatusPurpose, *which: ColumnElement[bool]) -> Sequence[int]:
        found: array[int] = array("q")  # eight bytes an index, and never all the rows at once
        page = (
            select(status_slots.c.idx)
            .where(status_slots.c.list_id == list_id, status_slots.c.state == purpose.value, *which)
            .order_by(status_slots.c.idx)
            .limit(_PAGE)
        )
        with self._database.read() as connection:
            last = -1
            while more := connection.execute(page.where(status_slots.c.idx > last)).scalars().all():
                found.extend(more)
                last = found[-1]
        return found
