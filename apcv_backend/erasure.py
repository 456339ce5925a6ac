"""Erasing a person (RGPD article 17): their key is destroyed, and what names them with it.

What was sealed for them cannot be read again, here or in any copy of the database that lacks their key. Their
phones are withdrawn and their cards revoked; the blind index is replaced by chance, so that nobody can ask
whether a number was theirs; the journal keeps its lines, which name a pseudonym that leads nowhere now, and
its log still verifies.

A list of erased pseudonyms lies beside the database, not in it: when an older database is put back, keys and
all, what was erased since is erased again before anybody is served (`repeat`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, delete, or_, select, update

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.person_keys import destroy_key
from apcv_backend.representation.rules import slot_name
from apcv_backend.status_slots import StatusSlots
from apcv_backend.subjects import Subjects
from apcv_backend.tables import (
    devices,
    incidents,
    issuances,
    journal,
    metadata,
    person_keys,
    representations,
    subjects,
)
from cartes.errors import CarteError
from cartes.wire import strict_json

_PSEUDONYM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AT_A_TIME = 500
_STAYS = frozenset({"subjects", "devices", "person_keys", "incidents"})
"""Tables with a `subject_id` whose rows stay, emptied of what names anybody."""


class NobodyToErase(CarteError):
    """Nobody is known under this key, or they were erased before."""

    code = "nobody_to_erase"


@dataclass(frozen=True, slots=True)
class ErasedList:
    """The pseudonyms that were erased, in a file beside the database, one a line."""

    path: Path

    def add(self, subject_id: str) -> None:
        """Add one, on disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{subject_id}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> Sequence[str]:
        """Every one of them."""
        if not self.path.exists():
            return []
        lines = self.path.read_text("ascii", "replace").split()
        return [line for line in lines if _PSEUDONYM.fullmatch(line)]


class SigninOfPeople(Protocol):
    """Whoever knows where people are signed in (the room `signin`)."""

    def forget(self, tx: Connection, subject_id: str, at: datetime) -> None:
        """End it, inside `tx`, and destroy what names them there; their blind index still stands."""
        ...


class Erasure:
    """Erases people, and erases them again in a database that was put back."""

    def __init__(
        self,
        database: Database,
        people: Subjects,
        slots: StatusSlots,
        journal: Journal,
        erased: ErasedList,
        random: Callable[[int], bytes],
        one_key: Callable[[PersonKey, datetime], PersonKey],
        signin: SigninOfPeople,
    ) -> None:
        """`one_key(person, at)` is the key a person is entered under, whichever of their numbers is named."""
        self._database = database
        self._one_key = one_key
        self._signin = signin
        self._people = people
        self._slots = slots
        self._journal = journal
        self._erased = erased
        self._random = random

    def erase(self, person: PersonKey, actor: str, at: datetime) -> int:
        """Erase `person`; how many phones were withdrawn. `actor` names who answers for it, in the journal.

        Raises:
            NobodyToErase: nobody is known under this key.
        """
        with self._database.read() as connection:
            subject_id = self._people.find(connection, self._one_key(person, at))
        if subject_id is None:
            raise NobodyToErase
        # The list first: an erasure interrupted here is done again by the next sweep, never forgotten.
        self._erased.add(subject_id)
        return self._database.run(lambda tx: self._erase(tx, subject_id, actor, at))

    def repeat(self, at: datetime) -> int:
        """Erase again whoever is on the list and has a key in this database; how many there were."""
        done = 0
        for subject_id in self._erased.read():
            with self._database.read() as connection:
                key = connection.execute(
                    select(person_keys.c.wrapped_key).where(person_keys.c.subject_id == subject_id)
                ).scalar_one_or_none()
                is_known = connection.execute(
                    select(subjects.c.erased_at).where(subjects.c.subject_id == subject_id)
                ).one_or_none()
            if key or (is_known is not None and is_known.erased_at is None):
                self._database.run(lambda tx, one=subject_id: self._erase(tx, one, "erased_list", at))  # type: ignore[misc]  # bound now
                done += 1
        return done

    def _erase(self, tx: Connection, subject_id: str, actor: str, at: datetime) -> int:
        # 1. The key: from this commit on, no envelope of theirs opens.
        destroy_key(tx, subject_id, at)
        # 2. Their phones, and the cards in them.
        phones = (
            tx.execute(select(devices.c.device_id).where(devices.c.subject_id == subject_id)).scalars().all()
        )
        live = tx.execute(
            update(devices)
            .where(devices.c.subject_id == subject_id, devices.c.withdrawn_at.is_(None))
            .values(withdrawn_at=at, withdrawn_why="erased")
            .returning(devices.c.device_id)
        ).all()
        for device_id in phones:
            self._slots.revoke_device(tx, device_id, at)
        tx.execute(
            update(devices)
            .where(devices.c.subject_id == subject_id)
            .values(name="", attestation_object=b"", client_data_json=b"", agent=None, place=None)
        )
        tx.execute(delete(issuances).where(issuances.c.device_id.in_(phones)))
        self._forget_cards_on_other_phones(tx, subject_id)
        # 3. Who could show their card, and whose card they could show: the cards, then the rows.
        self._end_representations(tx, subject_id, at)
        # Where they were signed in, or somebody for them: the sites are told, and nothing is kept.
        self._signin.forget(tx, subject_id, at)
        # 4. Every row of every room that is about them.
        for table in metadata.sorted_tables:
            if "subject_id" in table.c and table.name not in _STAYS:
                tx.execute(delete(table).where(table.c.subject_id == subject_id))
        # What somebody wrote to answer them stays in no row: the fact that they were answered does.
        tx.execute(
            update(incidents)
            .where(incidents.c.subject_id == subject_id, incidents.c.outcome.is_not(None))
            .values(outcome="")
        )
        # 5. What found them: the blind index becomes chance, and a number can be tried against it in vain.
        tx.execute(
            update(subjects)
            .where(subjects.c.subject_id == subject_id)
            .values(sealed_person=b"", person_index=self._random(32), erased_at=at)
        )
        self._journal.note(
            tx, "person.erased", actor=actor[:120], subject=subject_id, facts={"phones": len(live)}, at=at
        )
        return len(live)

    @staticmethod
    def _forget_cards_on_other_phones(tx: Connection, subject_id: str) -> None:
        """What was sealed about them for a representative lies under that other person's key: it goes too.

        Their journal names each issuance, on whosever phone.
        """
        told = tx.execute(
            select(journal.c.facts).where(journal.c.subject == subject_id, journal.c.event == "card.issuance")
        ).scalars()
        named = [str(strict_json.loads(facts).get("issuance_id", "")) for facts in told]
        for first in range(0, len(named), _AT_A_TIME):
            some = named[first : first + _AT_A_TIME]
            tx.execute(delete(issuances).where(issuances.c.issuance_id.in_(some)))

    def _end_representations(self, tx: Connection, subject_id: str, at: datetime) -> None:
        gone = tx.execute(
            delete(representations)
            .where(
                or_(
                    representations.c.beneficiary_subject == subject_id,
                    representations.c.delegate_subject == subject_id,
                )
            )
            .returning(
                representations.c.reference,
                representations.c.type,
                representations.c.beneficiary_subject,
                representations.c.delegate_subject,
                representations.c.ended_at,
            )
        ).all()
        for row in gone:
            self._slots.revoke_named(tx, row.delegate_subject, slot_name(row.reference), at)
            if row.ended_at is None and row.beneficiary_subject != subject_id:
                self._journal.note(
                    tx,
                    "representation.ended",
                    actor="operator",
                    subject=row.beneficiary_subject,
                    facts={"type": row.type, "delegate": subject_id, "by": "erased"},
                    at=at,
                )
