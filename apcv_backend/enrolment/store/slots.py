"""Revoking the slots of a phone's cards, in the transaction that withdraws the phone.

Slots are given by the room `issuance`; this room only needs them revoked, and at once: a phone that was
withdrawn while its cards still lived would pass at a till.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, update

from apcv_backend.tables import status_slots


class StatusSlots(Protocol):
    """The slots of the status lists: revoking a phone's is how a till learns of its loss."""

    def revoke_device(self, tx: Connection, device_id: str, at: datetime) -> int:
        """Revoke, in the transaction `tx`, every slot the phone's cards stand on; how many were not yet."""
        ...


class SqlStatusSlots:
    """`StatusSlots` on the table itself."""

    def revoke_device(self, tx: Connection, device_id: str, at: datetime) -> int:
        """See `StatusSlots.revoke_device`; a slot already revoked keeps its date."""
        revoked = tx.execute(
            update(status_slots)
            .where(status_slots.c.device_id == device_id, status_slots.c.state != "revoked")
            .values(state="revoked", changed_at=at)
        )
        return revoked.rowcount
