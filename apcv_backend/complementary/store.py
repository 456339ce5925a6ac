"""Contracts in their table: found by the pseudonym of the person, the line itself in a sealed envelope."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.complementary.ports import Fact, Outcome, Register
from apcv_backend.complementary.rules import Contract, KnownContract, parse_contract, texts_of
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.subjects import Subjects, indexes_of
from apcv_backend.tables import contracts, person_keys
from apcv_backend.tables import subjects as pseudonyms
from apcv_backend.vault import Letter, Vault
from cartes.identifiers.mode import Mode
from cartes.wire import strict_json

T = TypeVar("T")


# Built once. What a group of lines costs is one of each, however many lines it has.
_LOCKED = (
    select(contracts)
    .where(
        contracts.c.numero_amc == bindparam("numero"),
        contracts.c.reference.in_(bindparam("references", expanding=True)),
    )
    .order_by(contracts.c.reference)
    .with_for_update()
)
_INSERTS = (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
_OF_A_LINE = ["numero_amc", "reference"]
# Judge of "an insurer's line exists once": UNIQUE on its number and reference.
_ENTER = {
    dialect: insert(contracts)
    .on_conflict_do_nothing(index_elements=_OF_A_LINE)
    .returning(contracts.c.reference)
    for dialect, insert in _INSERTS
}


def _changing(insert: Any) -> Any:
    # The rows are held (`_LOCKED`): each of these inserts is a conflict, and writes what is said now.
    said = ("subject_id", "content_digest", "sealed_contract", "published_at")
    written = {name: insert.excluded[name] for name in said}
    changed = insert.on_conflict_do_update(index_elements=_OF_A_LINE, set_=written)
    return changed.returning(contracts.c.reference)


_CHANGE = {dialect: _changing(insert(contracts)) for dialect, insert in _INSERTS}
_SAID_AGAIN = (
    update(contracts)
    .where(contracts.c.contract_id.in_(bindparam("same", expanding=True)))
    .values(published_at=bindparam("said_at", type_=contracts.c.published_at.type))
)


class StatusSlots(Protocol):
    """The slots of the status lists: a contract that changed revokes the cards issued on what it said."""

    def revoke_contracts(
        self, tx: Connection, subject_ids: Collection[str], contract_ids: Collection[str], at: datetime
    ) -> int:
        """Revoke the cards of these contracts, on their people's phones and their representatives'."""
        ...


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it is kept: whose it is, what it says, and a keyed hash that recognises it."""

    subject_id: str
    reference: str
    content: bytes = field(repr=False)
    digest: bytes = field(repr=False)


class SqlContracts:
    """See `ports.Registers`."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        journal: Journal,
        subjects: Subjects,
        slots: StatusSlots,
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal
        self._subjects = subjects
        self._slots = slots
        self._random = random

    def run(self, work: Callable[[Register], T]) -> T:
        """See `Registers.run`."""
        return self._database.run(
            lambda tx: work(
                _Register(tx, self._vault, self._journal, self._subjects, self._slots, self._random)
            )
        )

    def of_person(self, person: PersonKey) -> Sequence[KnownContract]:
        """See `Registers.of_person`."""
        with self._database.read() as connection:
            subject = self._subjects.find(connection, person)
            if subject is None:
                return []
            rows = connection.execute(
                select(contracts)
                .where(contracts.c.subject_id == subject)
                .order_by(contracts.c.numero_amc, contracts.c.reference)
            ).all()
        return [_known(row, self._vault) for row in rows]

    def of_people(
        self, organisation: str, people: Sequence[PersonKey]
    ) -> Mapping[PersonKey, Sequence[KnownContract]]:
        """See `Registers.of_people`: one statement, the keys that open the envelopes included."""
        found: dict[PersonKey, list[KnownContract]] = {}
        if not people:
            return found
        indexes = {index: one for one in people for index in indexes_of(self._vault, one)}
        with self._database.read() as connection:
            rows = connection.execute(
                select(contracts, pseudonyms.c.person_index, person_keys.c.wrapped_key)
                .join(pseudonyms, pseudonyms.c.subject_id == contracts.c.subject_id)
                .outerjoin(person_keys, person_keys.c.subject_id == contracts.c.subject_id)
                .where(pseudonyms.c.person_index.in_(list(indexes)), contracts.c.numero_amc == organisation)
                .order_by(contracts.c.reference)
            ).all()
        for row in rows:
            known = _known(row, self._vault, wrapped=row.wrapped_key)
            found.setdefault(indexes[bytes(row.person_index)], []).append(known)
        return found


class _Register:
    """See `ports.Register`."""

    def __init__(
        self,
        tx: Connection,
        vault: Vault,
        journal: Journal,
        known: Subjects,
        slots: StatusSlots,
        random: Callable[[int], bytes],
    ) -> None:
        self._tx = tx
        self._vault = vault
        self._journal = journal
        self._subjects = known
        self._slots = slots
        self._random = random

    def keep_all(
        self, numero_amc: str, told: Sequence[tuple[PersonKey, Contract]], at: datetime
    ) -> list[Outcome]:
        """See `Register.keep_all`."""
        lines = self._lines(told, at)
        last = {line.reference: line for line in lines}
        # 1. What the insurer said before, held; and what it never said, entered.
        before, entered = self._before_and_entered(numero_amc, last, at)
        # 2. What became of each line, in the order of the file: it may say one of them twice.
        said = {reference: bytes(row.content_digest) for reference, row in before.items()}
        outcomes = []
        for line in lines:
            known = said.get(line.reference)
            said[line.reference] = line.digest
            if known is None:
                outcomes.append(Outcome.ENTERED)
            else:
                outcomes.append(Outcome.SAME if known == line.digest else Outcome.CHANGED)
        # 3. What was changed is written, and the cards that said otherwise are revoked.
        moved = {
            line.reference
            for line, outcome in zip(lines, outcomes, strict=True)
            if outcome is Outcome.CHANGED and line.reference not in entered
        }
        if moved:
            changed = {reference: before[reference].contract_id for reference in sorted(moved)}
            self._tx.execute(_CHANGE[self._tx.dialect.name], self._rows(numero_amc, changed, last, at))
            people = {before[reference].subject_id for reference in moved}
            self._slots.revoke_contracts(self._tx, people, changed.values(), at)
        # 4. What was only said again is said today.
        same = [row.contract_id for reference, row in before.items() if reference not in moved]
        if same:
            self._tx.execute(_SAID_AGAIN, {"same": same, "said_at": at})
        return outcomes

    def _lines(self, told: Sequence[tuple[PersonKey, Contract]], at: datetime) -> list[_Line]:
        pseudonyms = self._subjects.ensure_each(self._tx, [person for person, _ in told], at)
        lines = []
        for person, contract in told:
            content = strict_json.canonical(texts_of(person, contract))
            # A keyed hash of the whole line: equal lines are recognised, and nothing is learnt from it.
            digest = self._vault.person_index("contract", content.decode())
            lines.append(_Line(pseudonyms[person], contract.reference, content, digest))
        return lines

    def _before_and_entered(
        self, numero_amc: str, last: Mapping[str, _Line], at: datetime
    ) -> tuple[dict[str, Any], set[str]]:
        """The rows of the lines that were known, held; and the references of those just entered."""
        before: dict[str, Any] = {}
        entered: set[str] = set()
        missing = sorted(last)
        while missing:  # twice only when another worker enters one of them meanwhile
            asked = {"numero": numero_amc, "references": missing}
            before |= {row.reference: row for row in self._tx.execute(_LOCKED, asked)}
            new = {one: self._new_id() for one in missing if one not in before}
            if not new:
                break
            rows = self._tx.execute(_ENTER[self._tx.dialect.name], self._rows(numero_amc, new, last, at))
            entered |= set(rows.scalars())
            missing = [one for one in new if one not in entered]
        return before, entered

    def _rows(
        self, numero_amc: str, ids: Mapping[str, str], last: Mapping[str, _Line], at: datetime
    ) -> list[dict[str, Any]]:
        """Rows of `contracts` for the references of `ids`, each with the identifier given there."""
        letters = [
            Letter(last[reference].subject_id, last[reference].content, _place(contract_id))
            for reference, contract_id in ids.items()
        ]
        sealed = self._vault.seal_for_each(self._tx, letters)
        return [
            {
                "contract_id": contract_id,
                "numero_amc": numero_amc,
                "reference": reference,
                "subject_id": last[reference].subject_id,
                "content_digest": last[reference].digest,
                "sealed_contract": envelope,
                "published_at": at,
            }
            for (reference, contract_id), envelope in zip(ids.items(), sealed, strict=True)
        ]

    def _new_id(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `Register.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)


def _known(row: Any, vault: Vault, *, wrapped: bytes | None = None) -> KnownContract:
    place = _place(row.contract_id)
    told = strict_json.loads(vault.open_bytes(row.sealed_contract, place=place, wrapped=wrapped))
    _, contract = parse_contract(row.numero_amc, told, Mode.TEST)
    return KnownContract(row.contract_id, contract, row.published_at, row.content_digest)


def _place(contract_id: str) -> str:
    return f"contracts|sealed_contract|{contract_id}"
