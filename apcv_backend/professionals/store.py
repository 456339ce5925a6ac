"""The directory in its tables: one JSON record a professional, and the numbers they had before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonUnknown
from apcv_backend.professionals.ports import DirectoryRegister, Fact
from apcv_backend.professionals.record import from_record, to_record
from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.status_slots import StatusSlots
from apcv_backend.tables import practitioner_aliases, practitioners
from apcv_backend.vault import Vault
from cartes.cards import CardKind
from cartes.identifiers.idnps import Idnps
from cartes.professionnel import Professionnel

T = TypeVar("T")
_CHUNK = 500
_ONE_LOAD = 0x0D13  # the advisory lock of directory loads

_NUMBER = bindparam("number", type_=practitioners.c.id_national.type)
_CURRENT = (
    select(practitioner_aliases.c.id_national)
    .where(practitioner_aliases.c.former_id == _NUMBER)
    .scalar_subquery()
)
FOUND_BY_NUMBER = (
    select(practitioners.c.id_national, practitioners.c.record, practitioners.c.loaded_at)
    .where((practitioners.c.id_national == _NUMBER) | (practitioners.c.id_national == _CURRENT))
    .order_by(practitioners.c.id_national == _NUMBER)
)
"""Whoever has `number`, or once had it. The first row counts: a former number leads to the current one."""


class SqlDirectory:
    """See `ports.Directory`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def professionnel(self, idnps: Idnps, at: datetime) -> FicheProfessionnel:
        """See `Directory.professionnel`."""
        with self._database.read() as connection:
            row = connection.execute(FOUND_BY_NUMBER, {"number": idnps.text}).first()
        if row is None:
            raise PersonUnknown
        return FicheProfessionnel(from_record(row.record), min(row.loaded_at, at), row.loaded_at)


class SqlDirectoryRegisters:
    """See `ports.DirectoryRegisters`."""

    def __init__(self, database: Database, vault: Vault, journal: Journal, slots: StatusSlots) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal
        self._slots = slots

    def run(self, work: Callable[[DirectoryRegister], T]) -> T:
        """See `DirectoryRegisters.run`. Of two loads at once, the second waits and joins the first."""

        def alone(tx: Connection) -> T:
            if not self._database.is_sqlite:  # SQLite has one writer already
                tx.execute(text("SELECT pg_advisory_xact_lock(:load)"), {"load": _ONE_LOAD})
            return work(
                _Register(tx, self._vault, self._journal, self._slots, is_sqlite=self._database.is_sqlite)
            )

        return self._database.run(alone)


class _Register:
    """See `ports.DirectoryRegister`."""

    def __init__(
        self, tx: Connection, vault: Vault, journal: Journal, slots: StatusSlots, *, is_sqlite: bool
    ) -> None:
        self._tx = tx
        self._vault = vault
        self._journal = journal
        self._slots = slots
        self._insert = sqlite_insert if is_sqlite else postgresql_insert

    def known(self, numbers: Sequence[str]) -> Mapping[str, Professionnel]:
        """See `DirectoryRegister.known`."""
        found: dict[str, Professionnel] = {}
        for start in range(0, len(numbers), _CHUNK):
            rows = self._tx.execute(
                select(practitioners.c.id_national, practitioners.c.record).where(
                    practitioners.c.id_national.in_(numbers[start : start + _CHUNK])
                )
            )
            found.update({row.id_national: from_record(row.record) for row in rows})
        return found

    def put(self, person: Professionnel, source: str, at: datetime) -> None:
        """See `DirectoryRegister.put`."""
        told = {
            "record": to_record(person),
            "active": person.active,
            "deceased_on": person.deceased_on,
            "struck_off_on": person.struck_off_on,
            "card_opposed_on": person.card_opposed_on,
            "source": source[:200],
            "loaded_at": at,
        }
        number = person.id_national.text
        statement = self._insert(practitioners).values(id_national=number, **told)
        self._tx.execute(statement.on_conflict_do_update(index_elements=["id_national"], set_=told))
        # A current number is nobody's former one.
        self._tx.execute(delete(practitioner_aliases).where(practitioner_aliases.c.former_id == number))
        for former in person.former_ids:
            alias = self._insert(practitioner_aliases).values(former_id=former.text, id_national=number)
            self._tx.execute(
                alias.on_conflict_do_update(index_elements=["former_id"], set_={"id_national": number})
            )

    def revoke(self, person: Professionnel, exercices: Sequence[str] | None, at: datetime) -> int:
        """See `DirectoryRegister.revoke`. Phones enrolled under a former number are the person's too."""
        numbers = (person.id_national, *person.former_ids)
        indexes = [self._vault.person_index(CardKind.ECPS.value, number.text) for number in numbers]
        return self._slots.revoke_person(self._tx, indexes, exercices, at)

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `DirectoryRegister.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)
