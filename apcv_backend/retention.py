"""What enrolment leaves behind is destroyed in time (CSS R161-33-18), by `sweep` and by nobody's memory.

* 96 hours after a phone was activated: the raw attestation and client data it was judged by. What remains is
  the verdict of that day and the public key.
* Three months after it was opened: an activation code, whether it served or not.
* At once: registrations begun and not finished in their two minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from apcv_backend.database import Database
from apcv_backend.tables import activation_codes, ceremonies, devices

LONGEST_RAW = timedelta(hours=96)
LONGEST_ENROLMENT = timedelta(days=90)


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
        return database.run(
            lambda tx: sum(tx.execute(statement).rowcount for statement in (raw, codes, unfinished))
        )
