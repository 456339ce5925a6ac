"""The log-outs still to be told, in their table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from apcv_backend.database import Database
from apcv_backend.signin.provider.logout_delivery import Delivery
from apcv_backend.tables import logout_deliveries

_row = logout_deliveries.c
_FIRST_WAIT = timedelta(seconds=15)
_MOST_DOUBLINGS = 7


class SqlLogoutOutbox:
    """See `logout_delivery.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, at: datetime, most: int) -> Sequence[Delivery]:
        """See `Outbox.claim`. Waits double: 15 s, 30 s, a minute, up to half an hour."""

        def work(tx: Connection) -> Sequence[Delivery]:
            due = (
                select(logout_deliveries)
                .where(_row.delivered_at.is_(None), _row.due_at <= at, _row.expires_at > at)
                .order_by(_row.due_at)
                .limit(most)
            )
            claimed = []
            for row in tx.execute(due).all():
                wait = _FIRST_WAIT * 2 ** min(row.tries, _MOST_DOUBLINGS)
                # Judge of "one worker makes a delivery": its number of tries, still the one that was read.
                put_off = tx.execute(
                    update(logout_deliveries)
                    .where(_row.delivery_id == row.delivery_id, _row.tries == row.tries)
                    .values(tries=row.tries + 1, due_at=at + wait)
                )
                if put_off.rowcount == 1:
                    claimed.append(Delivery(row.delivery_id, row.client_id, row.session_id, row.tries))
            return claimed

        return self._database.run(work)

    def delivered(self, delivery_id: str, at: datetime) -> None:
        """See `Outbox.delivered`."""
        done = update(logout_deliveries).where(_row.delivery_id == delivery_id).values(delivered_at=at)
        self._database.run(lambda tx: tx.execute(done).rowcount)
