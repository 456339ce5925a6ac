"""The states of slots, read from the database for publication."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from apcv_backend.database import Database
from apcv_backend.tables import status_slots

KEPT_AFTER_LAST_CARD = timedelta(hours=96)
"""How long a revocation is published after the slot's last card expired: then it may be given again."""


class SqlStatusSlots:
    """Implements `ports.StatusSlots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def revoked(self, list_id: int, at: datetime) -> frozenset[int]:
        """The revoked slots of a list on which a card could still live, or rested less than 96 h."""
        return self._indices(
            list_id,
            status_slots.c.state == "revoked",
            status_slots.c.taken_until >= at - KEPT_AFTER_LAST_CARD,
        )

    def suspended(self, list_id: int, at: datetime) -> frozenset[int]:  # noqa: ARG002 - the port's shape
        """The suspended slots of a list: a suspended slot is never given to another, so none is left out."""
        return self._indices(list_id, status_slots.c.state == "suspended")

    def _indices(self, list_id: int, *which: ColumnElement[bool]) -> frozenset[int]:
        with self._database.read() as connection:
            found = connection.execute(
                select(status_slots.c.idx).where(status_slots.c.list_id == list_id, *which)
            )
            return frozenset(found.scalars())
