"""Queries in their tables: charged, told to the patient, and files of them remembered line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Fact, Journal
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.quota_rules import Charge, accounts_of
from apcv_backend.quotas import Quotas
from apcv_backend.rights.ports import Asked
from apcv_backend.subjects import Subjects, indexes_of
from apcv_backend.tables import rights_batches, subjects
from apcv_backend.vault import Vault
from cartes.cards import CardKind

T = TypeVar("T")
_QUERIED = "rights.queried"
BATCH_LIFE = timedelta(days=1)
"""How long a file may be taken up again under its name: as long as its people are counted once."""
NOBODY = "nobody"
"""The subject of a question about somebody who is not known: there is no journal to put it in."""

_OF_A_FILE = (
    rights_batches.c.client_id == bindparam("of_client"),
    rights_batches.c.batch_key == bindparam("of_key"),
)
_BATCH = select(rights_batches.c.body_digest, rights_batches.c.lines_told, rights_batches.c.opened_at).where(
    *_OF_A_FILE
)
_ADVANCE = (
    update(rights_batches)
    .where(
        *_OF_A_FILE,
        # A row another stream holds is passed by, not waited for: who waits keeps a connection from others.
        rights_batches.c.batch_key.in_(
            select(rights_batches.c.batch_key)
            .where(*_OF_A_FILE, rights_batches.c.lines_told == bindparam("told"))
            .with_for_update(skip_locked=True)
        ),
    )
    .values(lines_told=bindparam("now_told"))
)


@dataclass(frozen=True)
class QueryTools:
    """What every transaction needs beside its connection."""

    vault: Vault
    journal: Journal
    quotas: Quotas
    subjects: Subjects


class SqlQueryRegisters:
    """See `ports.QueryRegisters`."""

    def __init__(self, database: Database, tools: QueryTools) -> None:
        self._database = database
        self._tools = tools

    def run(self, work: Callable[[_Register], T]) -> T:
        """See `QueryRegisters.run`."""
        return self._database.run(lambda tx: work(_Register(tx, self._tools, self._database.is_sqlite)))


class _Register:
    """See `ports.QueryRegister`."""

    def __init__(self, tx: Connection, tools: QueryTools, is_sqlite: bool) -> None:
        self._tx = tx
        self._tools = tools
        self._insert = sqlite_insert if is_sqlite else postgresql_insert

    def person_of(self, subject_id: str) -> PersonKey | None:
        """See `QueryRegister.person_of`."""
        row = self._tx.execute(
            select(subjects.c.kind, subjects.c.sealed_person).where(subjects.c.subject_id == subject_id)
        ).one_or_none()
        if row is None:
            return None
        place = f"subjects|sealed_person|{subject_id}"
        return PersonKey(
            CardKind(row.kind), self._tools.vault.open_bytes(row.sealed_person, place=place).decode()
        )

    def is_frozen(self, caller: Caller) -> bool:
        """See `QueryRegister.is_frozen`."""
        return any(self._tools.quotas.is_frozen(self._tx, account) for account in accounts_of(caller))

    def room_left(self, caller: Caller, at: datetime) -> int:
        """See `QueryRegister.room_left`."""
        return min(self._tools.quotas.room_left(self._tx, account, at) for account in accounts_of(caller))

    def charge(self, caller: Caller, people: Sequence[PersonKey], misses: int, at: datetime) -> Charge:
        """See `QueryRegister.charge`. The first account that refuses ends it."""
        vault, quotas = self._tools.vault, self._tools.quotas
        indexes = [indexes_of(vault, one) for one in people]
        formerly = {today: before for today, *before in indexes if before}
        # A canary is planted by its number, and rings when it is named as somebody's child too.
        numbers = {(one.card.value, one.text.partition("/")[0]) for one in people if "/" in one.text}
        others = [vault.person_index(kind, number) for kind, number in numbers]
        asked = [today for today, *_ in indexes]
        for account in accounts_of(caller):
            charge = quotas.charge(self._tx, account, asked, misses, at, formerly=formerly, also_named=others)
            if charge is not Charge.TAKEN:
                return charge
        return Charge.TAKEN

    def tell(self, asked: Asked, caller: Caller, query_id: str, at: datetime) -> None:
        """See `QueryRegister.tell`."""
        # Asked for both, so that somebody unknown costs the same question.
        subject = self._tools.subjects.find(self._tx, asked.person)
        if subject is None and asked.is_known:
            subject = self._tools.subjects.ensure(self._tx, asked.person, at)
        self._tools.journal.note(
            self._tx,
            _QUERIED,
            actor=caller.name,
            subject=subject or NOBODY,
            facts=_facts(asked, caller, query_id),
            at=at,
        )

    def tell_all(self, asked: Sequence[tuple[Asked, str]], caller: Caller, at: datetime) -> None:
        """See `QueryRegister.tell_all`."""
        pseudonyms = self._tools.subjects
        known = pseudonyms.find_each(self._tx, [one.person for one, _ in asked])
        first = [one.person for one, _ in asked if one.is_known and one.person not in known]
        if first:
            known |= pseudonyms.ensure_each(self._tx, first, at)
        self._tools.journal.note_all(
            self._tx,
            _QUERIED,
            actor=caller.name,
            told=[(known.get(one.person, NOBODY), _facts(one, caller, query_id)) for one, query_id in asked],
            at=at,
        )

    def begin_batch(self, client_id: str, key: str, digest: bytes, at: datetime) -> int | None:
        """See `QueryRegister.begin_batch`. Judge of "one file for one key": the primary key."""
        row = self._batch(client_id, key)
        if row is None:  # looked for first: an insert would wait for a stream that moves the row on
            told = {"client_id": client_id, "batch_key": key, "body_digest": digest}
            new = self._insert(rights_batches).values(**told, lines_told=0, opened_at=at)
            self._tx.execute(new.on_conflict_do_nothing())
            row = self._batch(client_id, key)
        assert row is not None  # ours, or the one that made ours a conflict
        serves = bytes(row.body_digest) == digest and at - row.opened_at < BATCH_LIFE
        return int(row.lines_told) if serves else None

    def _batch(self, client_id: str, key: str) -> Row[bytes, int, datetime] | None:
        wanted = {"of_client": client_id, "of_key": key}
        return self._tx.execute(_BATCH, wanted).one_or_none()

    def advance_batch(self, client_id: str, key: str, told: int, now_told: int) -> bool:
        """See `QueryRegister.advance_batch`."""
        moved = self._tx.execute(
            _ADVANCE, {"of_client": client_id, "of_key": key, "told": told, "now_told": now_told}
        )
        return moved.rowcount == 1


def _facts(asked: Asked, caller: Caller, query_id: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "ground": asked.ground,
        "purpose": asked.purpose,
        "outcome": asked.outcome,
        "query": query_id,
    }
    if asked.rule:
        facts["rule"] = asked.rule
    if caller.kind is CallerKind.CLIENT:
        # A clerk's account is a pseudonym; what the patient reads is whose clerk it was.
        facts["client"] = caller.facts.get("told_as", caller.client_id)
        facts["organisation"] = caller.organisation  # by which the patient names it, to object
    else:
        facts["by"] = caller.person.text if caller.person is not None else ""
        facts["structure"] = caller.structure
    return facts
