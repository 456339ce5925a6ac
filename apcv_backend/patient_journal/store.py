"""The patient's journal in its tables: their lines, their phones' proofs, the incidents they opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.dpop import DpopProof
from apcv_backend.patient_journal.ports import Incident, PatientRegister
from apcv_backend.patient_journal.rules import Holder, Line
from apcv_backend.tables import devices, incidents, journal, log_leaves, used_once
from cartes.errors import InvalidValue
from cartes.wire import base64url, strict_json

T = TypeVar("T")

_DPOP = "dpop"
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

    def lines(self, subject_id: str, before: str, most: int) -> Sequence[Line]:
        """See `PatientRegister.lines`."""
        wanted = _lines_of(subject_id).order_by(journal.c.entry_id.desc()).limit(most)
        if before:
            last = self.line(subject_id, before)
            if last is None:
                return []
            wanted = wanted.where(journal.c.entry_id < last.entry_id)
        return [_line(row) for row in self._tx.execute(wanted)]

    def line(self, subject_id: str, entry: str) -> Line | None:
        """See `PatientRegister.line`."""
        try:
            tag = base64url.decode(entry)
        except InvalidValue:
            return None
        if len(tag) != _TAG_BYTES:
            return None
        row = self._tx.execute(_lines_of(subject_id).where(journal.c.mac == tag).limit(1)).one_or_none()
        return None if row is None else _line(row)

    def open_incident(self, incident: Incident, holder: Holder) -> bool:
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
        self._book.note(
            self._tx,
            "incident.opened",
            actor=f"device:{holder.device_id}",
            subject=incident.subject_id,
            facts={"incident": incident.incident_id, "about": incident.event, "entry": incident.entry_id},
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
                .values(closed_at=at, closed_by=by[:120], outcome=outcome[:400])
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


def _lines_of(subject_id: str) -> Select[Any]:
    return (
        select(journal, incidents.c.opened_at.label("contested_at"), log_leaves.c.leaf_index)
        .outerjoin(incidents, incidents.c.entry_id == journal.c.entry_id)
        .outerjoin(log_leaves, log_leaves.c.entry_id == journal.c.entry_id)
        .where(journal.c.subject == subject_id)
    )


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
