"""The patient's journal in its tables: their lines, their phones' proofs, the incidents they opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Fact, Journal
from apcv_backend.database import Database
from apcv_backend.dpop import DpopProof
from apcv_backend.patient_journal.ports import Incident, PatientRegister
from apcv_backend.patient_journal.rules import LONGEST_ANSWER, Holder, Line, Whose
from apcv_backend.tables import devices, incidents, journal, log_leaves, used_once
from cartes.errors import InvalidValue
from cartes.wire import base64url, strict_json

T = TypeVar("T")

_DPOP = "dpop"
_CONFIDENTIAL = '"confidential":true'
_ANSWERED = "incident.closed"
_TAG_BYTES = 32


class SqlPatientRegisters:
    """See `ports.PatientRegisters`."""

    def __init__(self, database: Database, book: Journal) -> None:
        self._database = database
        self._book = book

    def run(self, work: Callable[[PatientRegister], T]) -> T:
        """See `PatientRegisters.run`."""
        return self._database.run(lambda tx: work(_Register(tx, self._book)))


class _Register:
    """See `ports.PatientRegister`."""

    def __init__(self, tx: Connection, book: Journal) -> None:
        self._tx = tx
        self._book = book
        self._insert = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert

    def holder(self, proof: DpopProof, at: datetime) -> Holder | None:
        """See `PatientRegister.holder`."""
        row = self._tx.execute(
            select(devices.c.subject_id, devices.c.device_id).where(
                devices.c.app_jkt == proof.jkt, devices.c.withdrawn_at.is_(None)
            )
        ).one_or_none()
        if row is None:
            return None
        # Judge of "a proof serves once": the primary key.
        new = self._tx.execute(
            self._insert(used_once)
            .values(kind=_DPOP, key=proof.replay_key, expires_at=proof.forget_after)
            .on_conflict_do_nothing()
            .returning(used_once.c.kind)
        ).one_or_none()
        if new is None:
            return None
        self._tx.execute(update(devices).where(devices.c.device_id == row.device_id).values(last_used_at=at))
        return Holder(row.subject_id, row.device_id)

    def lines(self, whose: Whose, before: str, most: int) -> Sequence[Line]:
        """See `PatientRegister.lines`."""
        wanted = _lines_of(whose).order_by(journal.c.entry_id.desc()).limit(most)
        if before:
            last = self.line(whose, before)
            if last is None:
                return []
            wanted = wanted.where(journal.c.entry_id < last.entry_id)
        return self._with_answers([_line(row) for row in self._tx.execute(wanted)])

    def _with_answers(self, lines: Sequence[Line]) -> Sequence[Line]:
        """An answer is free text: it lies with its incident, which is emptied with the person, never here."""
        answered = [str(line.facts.get("incident", "")) for line in lines if line.event == _ANSWERED]
        if not answered:
            return lines
        told = select(incidents.c.incident_id, incidents.c.outcome).where(
            incidents.c.incident_id.in_(answered)
        )
        answers = {row.incident_id: row.outcome or "" for row in self._tx.execute(told)}
        return [
            replace(line, answer=answers.get(str(line.facts.get("incident", "")), ""))
            if line.event == _ANSWERED
            else line
            for line in lines
        ]

    def line(self, whose: Whose, entry: str) -> Line | None:
        """See `PatientRegister.line`."""
        try:
            tag = base64url.decode(entry)
        except InvalidValue:
            return None
        if len(tag) != _TAG_BYTES:
            return None
        row = self._tx.execute(_lines_of(whose).where(journal.c.mac == tag).limit(1)).one_or_none()
        return None if row is None else _line(row)

    def open_incident(self, incident: Incident, whose: Whose) -> bool:
        """See `PatientRegister.open_incident`. Judge of "once a line": UNIQUE on the entry."""
        new = self._tx.execute(
            self._insert(incidents)
            .values(
                incident_id=incident.incident_id,
                subject_id=incident.subject_id,
                entry_id=incident.entry_id,
                event=incident.event,
                opened_at=incident.opened_at,
            )
            .on_conflict_do_nothing()
            .returning(incidents.c.incident_id)
        ).one_or_none()
        if new is None:
            return False
        facts: dict[str, Fact] = {
            "incident": incident.incident_id,
            "about": incident.event,
            "entry": incident.entry_id,
        }
        if not whose.is_own:
            facts["delegate"] = whose.holder.subject_id
        self._book.note(
            self._tx,
            "incident.opened",
            actor=f"device:{whose.holder.device_id}",
            subject=incident.subject_id,
            facts=facts,
            at=incident.opened_at,
        )
        return True


class SqlIncidents:
    """See `ports.Incidents`."""

    def __init__(self, database: Database, book: Journal) -> None:
        self._database = database
        self._book = book

    def open(self) -> Sequence[Incident]:
        """See `Incidents.open`."""
        wanted = select(incidents).where(incidents.c.closed_at.is_(None)).order_by(incidents.c.opened_at)
        with self._database.read() as connection:
            return [
                Incident(row.incident_id, row.subject_id, row.entry_id, row.event, row.opened_at)
                for row in connection.execute(wanted)
            ]

    def close(self, incident_id: str, by: str, outcome: str, at: datetime) -> bool:
        """See `Incidents.close`. Judge of "answered once": `closed_at` is still empty."""

        def work(tx: Connection) -> bool:
            closed = tx.execute(
                update(incidents)
                .where(incidents.c.incident_id == incident_id, incidents.c.closed_at.is_(None))
                .values(closed_at=at, closed_by=by[:120], outcome=outcome[:LONGEST_ANSWER])
                .returning(incidents.c.subject_id)
            ).one_or_none()
            if closed is None:
                return False
            facts = {"incident": incident_id}
            self._book.note(
                tx, "incident.closed", actor=by[:120], subject=closed.subject_id, facts=facts, at=at
            )
            return True

        return self._database.run(work)


def _lines_of(whose: Whose) -> Select[Any]:
    theirs = (
        select(journal, incidents.c.opened_at.label("contested_at"), log_leaves.c.leaf_index)
        .outerjoin(incidents, incidents.c.entry_id == journal.c.entry_id)
        .outerjoin(log_leaves, log_leaves.c.entry_id == journal.c.entry_id)
        .where(journal.c.subject == whose.subject_id)
    )
    # Facts are canonical JSON: no text inside them can hold these quotes as they are.
    return theirs if whose.is_own else theirs.where(~journal.c.facts.contains(_CONFIDENTIAL))


def _line(row: Any) -> Line:
    facts = strict_json.loads(row.facts.encode())
    return Line(
        entry=base64url.encode(row.mac),
        entry_id=row.entry_id,
        at=row.at,
        event=row.event,
        actor=row.actor,
        facts=facts if isinstance(facts, dict) else {},
        contested_at=row.contested_at,
        leaf_index=row.leaf_index,
    )
