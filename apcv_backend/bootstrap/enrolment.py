"""How enrolment is put together: codes, registrations, phones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from apcv_backend.audit import Journal
from apcv_backend.config import Config
from apcv_backend.connections import PeopleOfBothKinds
from apcv_backend.database import Database
from apcv_backend.enrolment.code_service import CodeDesk
from apcv_backend.enrolment.device_service import DeviceDesk
from apcv_backend.enrolment.service import CardTerms, EnrolmentRoom, Registration
from apcv_backend.enrolment.store.ceremonies import SqlCeremonies
from apcv_backend.enrolment.store.codes import SqlActivationCodes
from apcv_backend.enrolment.store.register import SqlRegisters
from apcv_backend.ephemeral import PUBLICATION_BELL, MemoryEphemeral, RedisEphemeral
from apcv_backend.status_slots import StatusSlots
from apcv_backend.vault import Vault
from cartes.cards import CardKind


def build_enrolment(
    config: Config,
    database: Database,
    vault: Vault,
    journal: Journal,
    slots: StatusSlots,
    people: PeopleOfBothKinds,
    random: Callable[[int], bytes],
    terms: Mapping[CardKind, CardTerms],
    ephemeral: MemoryEphemeral | RedisEphemeral,
) -> EnrolmentRoom:
    """The room `enrolment` on these settings."""
    codes = SqlActivationCodes(database, vault, journal)
    registers = SqlRegisters(database, vault, journal, slots)
    registration = Registration(
        identities=codes,
        people=people,
        ceremonies=SqlCeremonies(database),
        registers=registers,
        macs=vault,
        terms=terms,
        public_url=config.public_url,
        random=random,
    )
    return EnrolmentRoom(
        registration=registration,
        devices=DeviceDesk(
            registers=registers,
            macs=vault,
            public_url=config.public_url,
            random=random,
            ring_publication=lambda: ephemeral.ring(PUBLICATION_BELL),
        ),
        codes=CodeDesk(codes=codes, people=people, random=random),
        people=people,
    )
