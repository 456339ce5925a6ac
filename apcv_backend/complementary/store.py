"""Contracts in their table: found by the pseudonym of the person, the line itself in a sealed envelope."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.complementary.ports import Fact, Outcome, Register
from apcv_backend.complementary.rules import Contract, KnownContract, parse_contract, texts_of
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.subjects import Subjects
from apcv_backend.tables import contracts, person_keys
from apcv_backend.tables import subjects as pseudonyms
from apcv_backend.vault import Vault
from cartes.identifiers.mode import Mode
from cartes.wire import strict_json

T = TypeVar("T")


class StatusSlots(Protocol):
    """The slots of the status lists: a contract that changed revokes the cards issued on what it said."""

    def revoke_contract(self, tx: Connection, subject_id: str, contract_id: str, at: datetime) -> int:
        """Revoke the cards of one contract, on its person's phones and their representatives'; how many."""
        ...


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
        indexes = {self._vault.person_index(one.card.value, one.text): one for one in people}
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

    def keep(self, person: PersonKey, contract: Contract, at: datetime) -> Outcome:
        """See `Register.keep`."""
        subject = self._subjects.ensure(self._tx, person, at)
        content = strict_json.canonical(texts_of(person, contract))
        # A keyed hash of the whole line: equal lines are recognised, and nothing is learnt from it.
        digest = self._vault.person_index("contract", content.decode())
        numero, reference = contract.droits.numero_amc, contract.reference
        new_id = str(uuid.UUID(bytes=self._random(16), version=4))
        insert = sqlite_insert if self._tx.dialect.name == "sqlite" else postgresql_insert
        # Judge of "an insurer's line exists once": UNIQUE on its number and reference.
        entered = self._tx.execute(
            insert(contracts)
            .values(
                contract_id=new_id,
                numero_amc=numero,
                reference=reference,
                subject_id=subject,
                content_digest=digest,
                sealed_contract=self._vault.seal_for(self._tx, subject, content, place=_place(new_id)),
                published_at=at,
            )
            .on_conflict_do_nothing(index_elements=["numero_amc", "reference"])
            .returning(contracts.c.contract_id)
        ).one_or_none()
        if entered is not None:
            return Outcome.ENTERED
        line = (contracts.c.numero_amc == numero, contracts.c.reference == reference)
        before = self._tx.execute(select(contracts).where(*line).with_for_update()).one()
        if before.content_digest == digest:
            self._tx.execute(update(contracts).where(*line).values(published_at=at))
            return Outcome.SAME
        self._tx.execute(
            update(contracts)
            .where(*line)
            .values(
                subject_id=subject,
                content_digest=digest,
                sealed_contract=self._vault.seal_for(
                    self._tx, subject, content, place=_place(before.contract_id)
                ),
                published_at=at,
            )
        )
        self._slots.revoke_contract(self._tx, before.subject_id, before.contract_id, at)
        return Outcome.CHANGED

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
