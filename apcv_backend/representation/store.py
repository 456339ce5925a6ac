"""The register of representations in its table: two pseudonyms, whose numbers lie in the envelopes of each.

The scope and the days lie in an envelope of the represented person, since the last day of a parent's is a
child's birthday: erasing either of the two leaves nothing of them here. What must happen
once is a conditional statement: a representation is withdrawn once, and its cards' slots with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.ports import Fact, NewRepresentation, Register
from apcv_backend.representation.rules import (
    DelegationType,
    EndedBy,
    Portee,
    Preuve,
    Representation,
    slot_name,
)
from apcv_backend.subjects import Subjects
from apcv_backend.tables import representations, subjects
from apcv_backend.vault import Vault
from cartes.cards import CardKind
from cartes.wire import strict_json

T = TypeVar("T")

_beneficiaries = subjects.alias("beneficiaries")
_delegates = subjects.alias("delegates")


class StatusSlots(Protocol):
    """The slots of the status lists: revoking those of a representation is how a till learns of its end."""

    def revoke_named(self, tx: Connection, subject_id: str, exercice: str, at: datetime) -> int:
        """Revoke the slots of this name on every phone of one person; how many were not yet."""
        ...


class SqlRepresentations:
    """See `ports.Registers`."""

    def __init__(
        self, database: Database, vault: Vault, journal: Journal, subjects: Subjects, slots: StatusSlots
    ) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal
        self._subjects = subjects
        self._slots = slots

    def run(self, work: Callable[[Register], T]) -> T:
        """See `Registers.run`."""
        return self._database.run(
            lambda tx: work(_Register(tx, self._vault, self._journal, self._subjects, self._slots))
        )

    def find(self, reference: str) -> Representation | None:
        """See `Registers.find`."""
        found = self._read(representations.c.reference == reference[:32])
        return found[0] if found else None

    def held_by(self, delegate_subject: str) -> Sequence[Representation]:
        """See `Registers.held_by`."""
        return self._read(
            representations.c.delegate_subject == delegate_subject, representations.c.ended_at.is_(None)
        )

    def given_by(self, beneficiary_subject: str) -> Sequence[Representation]:
        """See `Registers.given_by`."""
        return self._read(
            representations.c.beneficiary_subject == beneficiary_subject, representations.c.ended_at.is_(None)
        )

    def find_subject(self, person: PersonKey) -> str | None:
        """See `Registers.find_subject`."""
        with self._database.read() as connection:
            return self._subjects.find(connection, person)

    def all_of(self, subject_id: str) -> Sequence[Representation]:
        """See `Registers.all_of`."""
        either = or_(
            representations.c.delegate_subject == subject_id,
            representations.c.beneficiary_subject == subject_id,
        )
        return self._read(either)

    def _read(self, *which: ColumnElement[bool]) -> list[Representation]:
        with self._database.read() as connection:
            return _read(connection, self._vault, *which)


class _Register:
    """See `ports.Register`."""

    def __init__(
        self, tx: Connection, vault: Vault, journal: Journal, known: Subjects, slots: StatusSlots
    ) -> None:
        self._tx = tx
        self._vault = vault
        self._journal = journal
        self._subjects = known
        self._slots = slots

    def subject_of(self, person: PersonKey, at: datetime) -> str:
        """See `Register.subject_of`. On PostgreSQL the row is locked; SQLite's transaction is the lock."""
        subject = self._subjects.ensure(self._tx, person, at)
        held = select(subjects.c.subject_id).where(subjects.c.subject_id == subject)
        self._tx.execute(held.with_for_update())
        return subject

    def between(self, beneficiary_subject: str, delegate_subject: str) -> Sequence[Representation]:
        """See `Register.between`."""
        return _read(
            self._tx,
            self._vault,
            representations.c.beneficiary_subject == beneficiary_subject,
            representations.c.delegate_subject == delegate_subject,
            representations.c.ended_at.is_(None),
        )

    def add(self, new: NewRepresentation, beneficiary: str, delegate: str, at: datetime) -> Representation:
        """See `Register.add`."""
        terms = strict_json.canonical(
            {
                "scope": sorted(new.scope),
                "starts_on": new.starts_on.isoformat(),
                "ends_on": new.ends_on.isoformat(),
                "narrows_on": None if new.narrows_on is None else new.narrows_on.isoformat(),
            }
        )
        self._tx.execute(
            insert(representations).values(
                reference=new.reference,
                beneficiary_subject=beneficiary,
                delegate_subject=delegate,
                type=new.type.word,
                proof=new.proof.value,
                # Under the represented person's key: erasing them closes it, wherever a copy lies.
                sealed_terms=self._vault.seal_for(self._tx, beneficiary, terms, place=_place(new.reference)),
                opened_by=new.opened_by[:120],
                opened_at=at,
            )
        )
        (added,) = _read(self._tx, self._vault, representations.c.reference == new.reference)
        return added

    def end(self, reference: str, by: EndedBy, at: datetime) -> Representation | None:
        """See `Register.end`."""
        # Judge of "withdrawn once, and told once".
        ended = self._tx.execute(
            update(representations)
            .where(representations.c.reference == reference[:32], representations.c.ended_at.is_(None))
            .values(ended_at=at, ended_by=by.value)
            .returning(representations.c.reference, representations.c.delegate_subject)
        ).one_or_none()
        if ended is None:
            return None
        self._slots.revoke_named(self._tx, ended.delegate_subject, slot_name(ended.reference), at)
        (found,) = _read(self._tx, self._vault, representations.c.reference == ended.reference)
        return found

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `Register.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)


def _read(connection: Connection, vault: Vault, *which: ColumnElement[bool]) -> list[Representation]:
    rows = connection.execute(
        select(
            representations,
            _beneficiaries.c.sealed_person.label("sealed_beneficiary"),
            _delegates.c.sealed_person.label("sealed_delegate"),
        )
        .join(_beneficiaries, _beneficiaries.c.subject_id == representations.c.beneficiary_subject)
        .join(_delegates, _delegates.c.subject_id == representations.c.delegate_subject)
        .where(*which)
        .order_by(representations.c.opened_at, representations.c.reference)
    )
    return [_representation(row, vault) for row in rows]


def _representation(row: Any, vault: Vault) -> Representation:
    terms = strict_json.loads(vault.open_bytes(row.sealed_terms, place=_place(row.reference)))
    return Representation(
        reference=row.reference,
        beneficiary=_person(row.beneficiary_subject, row.sealed_beneficiary, vault),
        beneficiary_subject=row.beneficiary_subject,
        delegate=_person(row.delegate_subject, row.sealed_delegate, vault),
        delegate_subject=row.delegate_subject,
        type=DelegationType[row.type.upper()],
        proof=Preuve(row.proof),
        scope=frozenset(Portee(word) for word in terms["scope"]),
        starts_on=date.fromisoformat(terms["starts_on"]),
        ends_on=date.fromisoformat(terms["ends_on"]),
        narrows_on=None if terms["narrows_on"] is None else date.fromisoformat(terms["narrows_on"]),
        ended_at=row.ended_at,
    )


def _person(subject_id: str, sealed: bytes, vault: Vault) -> PersonKey:
    number = vault.open_bytes(sealed, place=f"subjects|sealed_person|{subject_id}")
    return PersonKey(CardKind.APCV, number.decode())


def _place(reference: str) -> str:
    return f"representations|sealed_terms|{reference}"
