"""What patients decided, in SQL: one row a patient and target, written by one statement."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.quota_rules import RECORDS_A_DAY, Account
from apcv_backend.quotas import Quotas
from apcv_backend.record_access.ports import Fact, HiddenDocument, Register
from apcv_backend.record_access.rules import Decision, Scope, Statement, Target, TargetKind
from apcv_backend.subjects import Subjects
from apcv_backend.tables import hidden_documents, notices, record_consents

T = TypeVar("T")

_LONGEST_ACCOUNT = 120
_ONE_TARGET = ["subject_id", "target_kind", "target", "scope"]
_ONE_DOCUMENT = ["subject_id", "document", "from_whom"]
_NOBODY = ""
"""No pseudonym: asked about when nobody was found, so that strangers cost the same statement."""
_NOW = bindparam("now", type_=record_consents.c.since.type)
_WHO_BLOCKS = select(record_consents.c.subject_id).where(
    record_consents.c.subject_id.in_(bindparam("subjects", expanding=True)),
    record_consents.c.target_kind == bindparam("target_kind"),
    record_consents.c.target == bindparam("target"),
    record_consents.c.decision == Decision.BLOCKED.value,
    record_consents.c.since <= _NOW,
    or_(record_consents.c.until.is_(None), record_consents.c.until > _NOW),
)


class SqlRecordRegisters:
    """See `ports.Registers`."""

    def __init__(self, database: Database, journal: Journal, subjects: Subjects, quotas: Quotas) -> None:
        self._database = database
        self._journal = journal
        self._subjects = subjects
        self._quotas = quotas

    def run(self, work: Callable[[Register], T]) -> T:
        """See `Registers.run`."""
        return self._database.run(
            lambda tx: work(SqlRecordRegister(tx, self._journal, self._subjects, self._quotas))
        )


class SqlRecordRegister:
    """See `ports.Register`; lives as long as the transaction it was opened in."""

    def __init__(self, tx: Connection, journal: Journal, subjects: Subjects, quotas: Quotas) -> None:
        self._tx = tx
        self._journal = journal
        self._subjects = subjects
        self._quotas = quotas
        self._insert = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert

    def subject_of(self, person: PersonKey, at: datetime) -> str:
        """See `Register.subject_of`."""
        return self._subjects.ensure(self._tx, person, at)

    def find_subject(self, person: PersonKey) -> str | None:
        """See `Register.find_subject`."""
        return self._subjects.find(self._tx, person)

    def is_frozen(self, account: str) -> bool:
        """See `Register.is_frozen`."""
        return self._quotas.is_frozen(self._tx, _records(account))

    def count_record(self, account: str, subject_id: str, at: datetime) -> bool:
        """See `Register.count_record`."""
        return self._quotas.count_person(
            self._tx, _records(account), _patient(subject_id), RECORDS_A_DAY, "too_many_records", at
        )

    def count_emergency(self, account: str, subject_id: str, most: int, at: datetime) -> None:
        """See `Register.count_emergency`."""
        counted = Account(f"emergencies:{account}"[:_LONGEST_ACCOUNT], "professional", stops=False)
        self._quotas.count_person(self._tx, counted, _patient(subject_id), most, "too_many_emergencies", at)

    def say(self, subject_id: str, statement: Statement) -> Statement:
        """See `Register.say`."""
        new = {
            "consent_id": statement.consent_id,
            "decision": statement.decision.value,
            "since": statement.since,
            "until": statement.until,
        }
        # Judge of "one word a target": the UNIQUE constraint; the last word is the one that stands.
        row = self._tx.execute(
            self._insert(record_consents)
            .values(
                subject_id=subject_id,
                target_kind=statement.target.kind.value,
                target=statement.target.text,
                scope=statement.scope.value,
                **new,
            )
            .on_conflict_do_update(index_elements=_ONE_TARGET, set_=new)
            .returning(*record_consents.c)
        ).one()
        return _statement(row)

    def statements(self, subject_id: str) -> Sequence[Statement]:
        """See `Register.statements`."""
        query = select(record_consents).where(record_consents.c.subject_id == subject_id)
        rows = self._tx.execute(query.order_by(record_consents.c.since, record_consents.c.consent_id))
        return [_statement(row) for row in rows]

    def who_blocks(self, people: Sequence[PersonKey], target: Target, at: datetime) -> frozenset[PersonKey]:
        """See `Register.who_blocks`."""
        known = self._subjects.find_each(self._tx, people)
        wanted = {
            "subjects": sorted(set(known.values())) or [_NOBODY],
            "target_kind": target.kind.value,
            "target": target.text,
            "now": at,
        }
        blocking = set(self._tx.execute(_WHO_BLOCKS, wanted).scalars())
        return frozenset(one for one, subject_id in known.items() if subject_id in blocking)

    def take_back(self, subject_id: str, consent_id: str) -> Statement | None:
        """See `Register.take_back`."""
        row = self._tx.execute(
            delete(record_consents)
            .where(record_consents.c.subject_id == subject_id, record_consents.c.consent_id == consent_id)
            .returning(*record_consents.c)
        ).one_or_none()
        return None if row is None else _statement(row)

    def hide(self, subject_id: str, hidden: HiddenDocument) -> HiddenDocument:
        """See `Register.hide`."""
        # Judge of "hidden once": a month withheld is not begun again by asking again (R1111-53).
        self._tx.execute(
            self._insert(hidden_documents)
            .values(
                hidden_id=hidden.hidden_id,
                subject_id=subject_id,
                document=hidden.document,
                from_whom=hidden.from_whom,
                by=hidden.by,
                since=hidden.since,
                until=hidden.until,
            )
            .on_conflict_do_nothing(index_elements=_ONE_DOCUMENT)
        )
        found = self._tx.execute(
            select(hidden_documents).where(
                hidden_documents.c.subject_id == subject_id,
                hidden_documents.c.document == hidden.document,
                hidden_documents.c.from_whom == hidden.from_whom,
            )
        ).one()
        return _hidden(found)

    def hidden(self, subject_id: str) -> Sequence[HiddenDocument]:
        """See `Register.hidden`."""
        query = select(hidden_documents).where(hidden_documents.c.subject_id == subject_id)
        rows = self._tx.execute(query.order_by(hidden_documents.c.since, hidden_documents.c.hidden_id))
        return [_hidden(row) for row in rows]

    def unhide(self, subject_id: str, hidden_id: str) -> HiddenDocument | None:
        """See `Register.unhide`."""
        row = self._tx.execute(
            delete(hidden_documents)
            .where(
                hidden_documents.c.subject_id == subject_id,
                hidden_documents.c.hidden_id == hidden_id,
                hidden_documents.c.from_whom == "professionals",
            )
            .returning(*hidden_documents.c)
        ).one_or_none()
        return None if row is None else _hidden(row)

    def tell(self, subject_id: str, notice_id: str, kind: str, about: str, at: datetime) -> None:
        """See `Register.tell`."""
        self._tx.execute(
            insert(notices).values(
                notice_id=notice_id, subject_id=subject_id, kind=kind, at=at, facts={"device_name": about}
            )
        )

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `Register.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)


def _records(account: str) -> Account:
    return Account(f"records:{account}"[:_LONGEST_ACCOUNT], "professional")


def _patient(subject_id: str) -> bytes:
    """Under what a patient is counted: their pseudonym, which leads nowhere without this house."""
    return hashlib.sha256(f"record-v1|{subject_id}".encode()).digest()


def _statement(row: Row[Any]) -> Statement:
    target = Target(TargetKind(row.target_kind), row.target)
    return Statement(row.consent_id, target, Scope(row.scope), Decision(row.decision), row.since, row.until)


def _hidden(row: Row[Any]) -> HiddenDocument:
    return HiddenDocument(row.hidden_id, row.document, row.from_whom, row.by, row.since, row.until)
