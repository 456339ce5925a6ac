"""The pseudonyms of people: one row a person and kind of card, made when somebody first speaks of them.

Enrolment, rights queries, sign-in and the journal name a person by the same `subject_id`, a random UUID that
says nothing. The person is found again by a blind index (keyed hash), and read back from a sealed envelope:
the table alone names nobody. Who was entered under a number they have no more keeps their pseudonym.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import subjects
from apcv_backend.vault import Vault

_FOUND = select(subjects.c.subject_id).where(subjects.c.person_index == bindparam("index"))
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
        new_id = str(uuid.UUID(bytes=self._random(16), version=4))
        place = f"subjects|sealed_person|{new_id}"
        new = {
            "subject_id": new_id,
            "kind": person.card.value,
            "person_index": self._vault.person_index(person.card.value, person.text),
            "sealed_person": self._vault.seal_for(tx, new_id, person.text.encode(), place=place),
            "created_at": at,
        }
        if tx.execute(_ENTER[tx.dialect.name], new).first() is not None:
            return new_id
        known = self.find(tx, person)
        assert known is not None  # the one that made ours a conflict
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
        rows = tx.execute(
            select(subjects.c.person_index, subjects.c.subject_id).where(
                subjects.c.person_index.in_([index for each in indexes.values() for index in each])
            )
        )
        known = {bytes(row.person_index): row.subject_id for row in rows}
        return {
            one: next(known[index] for index in each if index in known)
            for one, each in indexes.items()
            if not known.keys().isdisjoint(each)
        }
