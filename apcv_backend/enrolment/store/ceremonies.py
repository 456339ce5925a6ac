"""Registrations under way, kept two minutes in the database and given back once.

Never in Redis: a store that forgets would turn "once" into "perhaps twice" (measured: three double spends in
four hundred when it was flushed once).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert

from apcv_backend.database import Database
from apcv_backend.enrolment.ports import Ceremony
from apcv_backend.enrolment.refusals import CeremonyGone
from apcv_backend.tables import ceremonies
from cartes.cards import CardKind


class SqlCeremonies:
    """See `ports.Ceremonies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, ceremony: Ceremony, at: datetime) -> None:
        """See `Ceremonies.open`. Those that expired are swept by the way: nobody may take them any more."""

        def write(tx: Connection) -> None:
            tx.execute(delete(ceremonies).where(ceremonies.c.expires_at <= at))
            tx.execute(
                insert(ceremonies).values(
                    ceremony_id=ceremony.ceremony_id,
                    kind=ceremony.card.value,
                    subject_id=ceremony.subject_id,
                    reference=ceremony.reference,
                    challenge=ceremony.challenge,
                    app_jwk=dict(ceremony.app_jwk),
                    device_name=ceremony.device_name,
                    expires_at=ceremony.expires_at,
                )
            )

        self._database.run(write)

    def take(self, ceremony_id: str, at: datetime) -> Ceremony:
        """See `Ceremonies.take`."""
        # Judge of "an answer is tried once": of two DELETEs one returns the row.
        taken = (
            delete(ceremonies)
            .where(ceremonies.c.ceremony_id == ceremony_id, ceremonies.c.expires_at > at)
            .returning(*ceremonies.c)
        )
        row = self._database.run(lambda tx: tx.execute(taken).one_or_none())
        if row is None:
            raise CeremonyGone
        return Ceremony(
            ceremony_id=row.ceremony_id,
            card=CardKind(row.kind),
            subject_id=row.subject_id,
            reference=row.reference,
            challenge=row.challenge,
            app_jwk=row.app_jwk,
            device_name=row.device_name,
            expires_at=row.expires_at,
        )
