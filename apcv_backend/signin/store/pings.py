"""The pings still to be sent, in their table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from apcv_backend.database import Database
from apcv_backend.signin.approval.ping_delivery import Ping
from apcv_backend.tables import signin_pings
from apcv_backend.vault import Vault

_row = signin_pings.c
_FIRST_WAIT = timedelta(seconds=2)
_MOST_DOUBLINGS = 5


class SqlPingOutbox:
    """See `ping_delivery.PingOutbox`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def claim(self, at: datetime, most: int) -> Sequence[Ping]:
        """See `PingOutbox.claim`. Waits double: 2 s, 4 s, 8 s, up to about a minute."""

        def work(tx: Connection) -> Sequence[Ping]:
            due = select(signin_pings).where(_row.due_at <= at, _row.expires_at > at).order_by(_row.due_at)
            claimed = []
            for row in tx.execute(due.limit(most)).all():
                wait = _FIRST_WAIT * 2 ** min(row.tries, _MOST_DOUBLINGS)
                # Judge of "one worker sends a ping": its number of tries, still the one that was read.
                put_off = tx.execute(
                    update(signin_pings)
                    .where(_row.attempt_id == row.attempt_id, _row.tries == row.tries)
                    .values(tries=row.tries + 1, due_at=at + wait)
                )
                if put_off.rowcount == 1:
                    place = f"signin_pings|{row.attempt_id}"
                    token = self._vault.open_bytes(row.sealed_token, place=place).decode()
                    claimed.append(Ping(row.attempt_id, row.endpoint, token))
            return claimed

        return self._database.run(work)

    def heard(self, attempt_id: str) -> None:
        """See `PingOutbox.heard`."""
        self._database.run(
            lambda tx: tx.execute(delete(signin_pings).where(_row.attempt_id == attempt_id)).rowcount
        )
