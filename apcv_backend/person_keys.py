"""The keys of people in their table: one a person, wrapped by the vault, destroyed when the person is erased.

A destroyed key leaves an empty row: a request under way when somebody is erased makes them no new one. Keys
go into no backup beside what they open (`backup.py`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.database import Database
from apcv_backend.tables import person_keys, subjects
from apcv_backend.vault import Vault

ERASED = b""
# Built once: almost everything that is written is sealed under somebody's key.
_WRAPPED = select(person_keys.c.wrapped_key).where(person_keys.c.subject_id == bindparam("person"))
_WRAPPED_EACH = select(person_keys.c.subject_id, person_keys.c.wrapped_key).where(
    person_keys.c.subject_id.in_(bindparam("people", expanding=True))
)
# Judge of "a person has one key": the primary key; of two made at once, the first stays.
_KEEP = {
    dialect: insert(person_keys)
    .on_conflict_do_nothing()
    .returning(person_keys.c.subject_id, person_keys.c.wrapped_key)
    for dialect, insert in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}
_MOST_JUST_MADE = 256


class SqlPersonKeys:
    """See `vault.PersonKeys`."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        # Keys made in transactions that may not have committed yet: another connection does not see them, and
        # the one that made them may want to read what it just sealed.
        self._just_made: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def ensure(self, tx: Connection, subject_id: str, make: Callable[[], bytes]) -> bytes:
        """See `PersonKeys.ensure`."""
        wanted = {"person": subject_id}
        known = tx.execute(_WRAPPED, wanted).scalar_one_or_none()
        if known is None:
            new = {"subject_id": subject_id, "wrapped_key": make(), "made_at": self._clock()}
            kept = tx.execute(_KEEP[tx.dialect.name], new).one_or_none()
            known = bytes(tx.execute(_WRAPPED, wanted).scalar_one() if kept is None else kept.wrapped_key)
            with self._lock:
                self._just_made[subject_id] = known
                while len(self._just_made) > _MOST_JUST_MADE:
                    self._just_made.popitem(last=False)
        return known

    def ensure_each(
        self, tx: Connection, subject_ids: Collection[str], make: Callable[[str], bytes]
    ) -> Mapping[str, bytes]:
        """See `PersonKeys.ensure_each`.

        What it makes is not kept at hand: it would push out the keys that other transactions still need.
        """
        known = _wrapped_each(tx, subject_ids)
        # In one order, whoever asks: two transactions that make the same keys do not lock each other out.
        missing = sorted(one for one in subject_ids if one not in known)
        if missing:
            made_at = self._clock()
            new = [{"subject_id": one, "wrapped_key": make(one), "made_at": made_at} for one in missing]
            kept = {row.subject_id: bytes(row.wrapped_key) for row in tx.execute(_KEEP[tx.dialect.name], new)}
            known |= kept
            if len(kept) < len(missing):
                known |= _wrapped_each(tx, [one for one in missing if one not in kept])
        return known

    def find(self, subject_id: str) -> bytes | None:
        """See `PersonKeys.find`."""
        with self._database.read() as connection:
            known: bytes | None = connection.execute(_WRAPPED, {"person": subject_id}).scalar_one_or_none()
        if known is not None:
            with self._lock:
                self._just_made.pop(subject_id, None)
            return known
        with self._lock:
            return self._just_made.get(subject_id)


def _wrapped_each(tx: Connection, subject_ids: Collection[str]) -> dict[str, bytes]:
    rows = tx.execute(_WRAPPED_EACH, {"people": list(subject_ids)})
    return {row.subject_id: bytes(row.wrapped_key) for row in rows}


def destroy_key(tx: Connection, subject_id: str, at: datetime) -> None:
    """Destroy a person's key, and leave the empty row that keeps another from being made."""
    insert = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    tx.execute(
        insert(person_keys)
        .values(subject_id=subject_id, wrapped_key=ERASED, made_at=at)
        .on_conflict_do_update(index_elements=["subject_id"], set_={"wrapped_key": ERASED})
    )


def give_keys(database: Database, vault: Vault, most: int = 500) -> int:
    """Give a key to people entered before there were such keys, and seal them anew; how many were left to do.

    Lazy and repeatable: old envelopes are read until then.
    """

    def work(tx: Connection) -> int:
        without = (
            select(subjects.c.subject_id, subjects.c.sealed_person)
            .outerjoin(person_keys, person_keys.c.subject_id == subjects.c.subject_id)
            .where(person_keys.c.subject_id.is_(None), subjects.c.erased_at.is_(None))
            .limit(most)
        )
        rows = tx.execute(without).all()
        for row in rows:
            place = f"subjects|sealed_person|{row.subject_id}"
            plain = vault.open_bytes(row.sealed_person, place=place)
            sealed = vault.seal_for(tx, row.subject_id, plain, place=place)
            tx.execute(
                update(subjects).where(subjects.c.subject_id == row.subject_id).values(sealed_person=sealed)
            )
        return len(rows)

    total = 0
    while done := database.run(work):
        total += done
    return total
