"""Wires the room `complementary`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from apcv_backend.audit import Journal
from apcv_backend.complementary.service import ContractDesk
from apcv_backend.complementary.store import SqlContracts
from apcv_backend.config import Config
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.status_slots import StatusSlots
from apcv_backend.subjects import Subjects
from apcv_backend.vault import Vault
from cartes.identifiers.mode import Mode


def build_complementary(
    *,
    config: Config,
    database: Database,
    vault: Vault,
    journal: Journal,
    subjects: Subjects,
    one_key: Callable[[PersonKey, datetime], PersonKey],
    clock: Callable[[], datetime],
    slots: StatusSlots,
    random: Callable[[int], bytes],
    ring_publication: Callable[[], None],
) -> ContractDesk:
    """The room on its register; production reads strict numbers alone."""
    return ContractDesk(
        registers=SqlContracts(database, vault, journal, subjects, slots, random),
        mode=Mode.STRICT if config.is_production else Mode.TEST,
        one_key=lambda person: one_key(person, clock()),
        ring_publication=ring_publication,
    )
