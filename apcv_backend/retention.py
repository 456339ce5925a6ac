"""What enrolment leaves behind is destroyed in time (CSS R161-33-18), by `sweep` and by nobody's memory.

* 96 hours after a phone was activated: the raw attestation and client data it was judged by. What remains is
  the verdict of that day and the public key.
* Three months after it was opened: an activation code, whether it served or not.
* At once: registrations begun and not finished in their two minutes.

What other rooms keep for a while goes here too: who asked about whom today, presences and uploaded scans
after three months (the journal keeps their lines), files of questions after thirty days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from apcv_backend.database import Database
from apcv_backend.tables import (
    activation_codes,
    cached_values,
    ceremonies,
    counters,
    devices,
    logout_deliveries,
    presences,
    query_people,
    query_windows,
    rights_batches,
    staff_ceremonies,
    staff_invitations,
    uploaded_scans,
)

LONGEST_RAW = timedelta(hours=96)
LONGEST_ENROLMENT = timedelta(days=90)


_PAST = (
    # What serves no more once its time is over, and the time after it that somebody may still ask about it.
    (query_windows.c.expires_at, timedelta(0)),
    (query_people.c.expires_at, timedelta(0)),
    (rights_batches.c.opened_at, timedelta(days=30)),
    (presences.c.ends_at, timedelta(days=90)),
    (uploaded_scans.c.uploaded_at, timedelta(days=90)),
    (logout_deliveries.c.expires_at, timedelta(days=1)),
    (counters.c.expires_at, timedelta(0)),
    (cached_values.c.expires_at, timedelta(0)),
    (staff_ceremonies.c.expires_at, timedelta(0)),
    (staff_invitations.c.expires_at, timedelta(days=90)),
)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each kind is kept; never longer than the law says."""

    raw: timedelta = LONGEST_RAW
    enrolment: timedelta = LONGEST_ENROLMENT

    def sweep(self, database: Database, at: datetime) -> int:
        """Destroy what is past its time at `at`; how many rows were emptied or deleted."""
        raw = (
            update(devices)
            .where(devices.c.enrolled_at <= at - self.raw, devices.c.attestation_object != b"")
            .values(attestation_object=b"", client_data_json=b"")
        )
        codes = delete(activation_codes).where(activation_codes.c.opened_at <= at - self.enrolment)
        unfinished = delete(ceremonies).where(ceremonies.c.expires_at <= at)
        past = [delete(column.table).where(column <= at - kept) for column, kept in _PAST]
        return database.run(
            lambda tx: sum(tx.execute(statement).rowcount for statement in (raw, codes, unfinished, *past))
        )
