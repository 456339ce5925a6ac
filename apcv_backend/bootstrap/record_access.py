"""Wires the room `record_access`."""

from __future__ import annotations

from collections.abc import Callable

from apcv_backend.alarms import Alarms
from apcv_backend.audit import Journal
from apcv_backend.bootstrap.representation import SigningPhones
from apcv_backend.config import Config
from apcv_backend.database import Database
from apcv_backend.enrolment.device_service import DeviceDesk
from apcv_backend.quotas import Quotas
from apcv_backend.record_access.ports import Answering, OneKey
from apcv_backend.record_access.service import RecordDesk
from apcv_backend.record_access.store import SqlRecordRegisters
from apcv_backend.subjects import Subjects
from cartes.identifiers.mode import Mode


def build_record_access(
    config: Config,
    database: Database,
    journal: Journal,
    subjects: Subjects,
    devices: DeviceDesk,
    one_key: OneKey,
    answering_for: Answering,
    random: Callable[[int], bytes],
) -> RecordDesk:
    """The room on its register; it also is the rights room's `Consents`."""
    quotas = Quotas(Alarms(journal, random), is_sqlite=database.is_sqlite)
    return RecordDesk(
        registers=SqlRecordRegisters(database, journal, subjects, quotas),
        phones=SigningPhones(devices),
        one_key=one_key,
        answering_for=answering_for,
        mode=Mode.STRICT if config.is_production else Mode.TEST,
        random=random,
    )
