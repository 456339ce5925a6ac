"""Wires the room `representation`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.device_service import DeviceDesk, SignedRequest
from apcv_backend.enrolment.rules import Device
from apcv_backend.representation.ports import CurrentRights
from apcv_backend.representation.service import Representations
from apcv_backend.representation.store import SqlRepresentations
from apcv_backend.status_slots import StatusSlots
from apcv_backend.subjects import Subjects
from apcv_backend.vault import Vault


class SigningPhones:
    """Representation's `Phones`: whose live phone signed a request, as enrolment knows."""

    def __init__(self, devices: DeviceDesk) -> None:
        self._devices = devices

    def asking(self, method: str, path: str, unverified_dpop: str, at: datetime) -> Device:
        """See `representation.ports.Phones.asking`."""
        return self._devices.identify(SignedRequest(method, path, unverified_dpop), at)


def build_representation(
    *,
    database: Database,
    vault: Vault,
    journal: Journal,
    subjects: Subjects,
    slots: StatusSlots,
    rights: CurrentRights,
    devices: DeviceDesk,
    random: Callable[[int], bytes],
    ring_publication: Callable[[], None],
) -> Representations:
    """The room on its register."""
    return Representations(
        registers=SqlRepresentations(database, vault, journal, subjects, slots),
        rights=rights,
        phones=SigningPhones(devices),
        random=random,
        ring_publication=ring_publication,
    )
