"""The pseudonyms of people: one row a person and kind of card, made when somebody first speaks of them.

Enrolment, rights queries, sign-in and the journal name a person by the same `subject_id`, a random UUID that
says nothing. The person is found again by a blind index (keyed hash), and read back from a sealed envelope:
the table alone names nobody. Who was entered under a number they have no more keeps their pseudonym.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import subjects
from apcv_backend.vault import Letter, Vault

_FOUND = select(subjects.c.subject_id).where(subjects.c.person_index == bindparam("index"))
_FOUND_EACH = select(subjects.c.person_index, subjects.c.subject_id).where(
    subjects.c.person_index.in_(bindparam("indexes", expanding=True))
)
# Judge of "a person is entered once": the blind index is unique.
_ENTER = {
    dialect: insert(subjects)
    .on_conflict_do_nothing(index_elements=["person_index"])
    .returning(subjects.c.subject_id)
    for dialect, insert in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}


def indexes_of(vault: Vault, person: PersonKey) -> list[bytes]:
    """The blind indexes `person` may be found under: the one of today, then those of before."""
    return [vault.person_index(person.card.value, text) for text in (person.text, *person.formerly)]


class Subjects:
    """Finds and makes pseudonyms inside the caller's transaction."""

    def __init__(self, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._vault = vault
        self._random = random

    def ensure(self, tx: Connection, person: PersonKey, at: datetime) -> str:
        """The pseudonym of `person`, entered at `at` if nobody spoke of them before; once, in a race too."""
        known = self.find(tx, person)
        if known is not None:
            return known
        new_id = self._new_id()
        sealed = self._vault.seal_for(tx, new_id, person.text.encode(), place=_place(new_id))
        if tx.execute(_ENTER[tx.dialect.name], self._row(person, new_id, sealed, at)).first() is not None:
            return new_id
        known = self.find(tx, person)
        assert known is not None  # the one that made ours a conflict
        return known

    def ensure_each(self, tx: Connection, people: Sequence[PersonKey], at: datetime) -> dict[PersonKey, str]:
        """The same for each of `people`, in as many statements as for one.

        `people` holds each person under one key: of two keys of somebody new, each would get a pseudonym.
        """
        known = self.find_each(tx, people)
        missing = [one for one in dict.fromkeys(people) if one not in known]
        if missing:
            known |= self._enter(tx, missing, at)
        return known

    def find(self, tx: Connection, person: PersonKey) -> str | None:
        """The pseudonym of `person`, or None when nobody ever spoke of them."""
        for index in indexes_of(self._vault, person):
            known: str | None = tx.execute(_FOUND, {"index": index}).scalar_one_or_none()
            if known is not None:
                return known
        return None

    def find_each(self, tx: Connection, people: Sequence[PersonKey]) -> dict[PersonKey, str]:
        """The pseudonym of each of `people` that somebody spoke of before, in one statement."""
        indexes = {one: indexes_of(self._vault, one) for one in people}
        wanted = [index for each in indexes.values() for index in each]
        rows = tx.execute(_FOUND_EACH, {"indexes": wanted})
        known = {bytes(row.person_index): row.subject_id for row in rows}
        return {
            one: next(known[index] for index in each if index in known)
            for one, each in indexes.items()
            if not known.keys().isdisjoint(each)
        }

    def _enter(self, tx: Connection, people: Sequence[PersonKey], at: datetime) -> dict[PersonKey, str]:
        """Enter people nobody spoke of before, in one statement for all."""
        # In one order, whoever enters them: two transactions do not lock each other out.
        ordered = sorted(people, key=lambda one: self._vault.person_index(one.card.value, one.text))
        new = {self._new_id(): one for one in ordered}
        sealed = self._vault.seal_for_each(
            tx, [Letter(new_id, one.text.encode(), _place(new_id)) for new_id, one in new.items()]
        )
        rows = [
            self._row(one, new_id, envelope, at)
            for (new_id, one), envelope in zip(new.items(), sealed, strict=True)
        ]
        entered = {new[row.subject_id]: row.subject_id for row in tx.execute(_ENTER[tx.dialect.name], rows)}
        raced = [one for one in people if one not in entered]
        return entered | (self.find_each(tx, raced) if raced else {})

    def _new_id(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))

    def _row(self, person: PersonKey, new_id: str, sealed: bytes, at: datetime) -> dict[str, Any]:
        return {
            "subject_id": new_id,
            "kind": person.card.value,
            "person_index": self._vault.person_index(person.card.value, person.text),
            "sealed_person": sealed,
            "created_at": at,
        }


def _place(subject_id: str) -> str:
    return f"subjects|sealed_person|{subject_id}"
