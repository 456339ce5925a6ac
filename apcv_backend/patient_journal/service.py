"""A patient reads everything that was done with what is theirs, takes it away, and says "this was not me".

Every request is signed by the app key of a live phone of that person (`dpop.py`); the lines read are those of
that person and of nobody else. What is read is the journal itself, so that a line is there the moment what it
tells has happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from apcv_backend.dpop import check_dpop
from apcv_backend.patient_journal import sentences
from apcv_backend.patient_journal.ports import Incident, Names, PatientRegister, PatientRegisters
from apcv_backend.patient_journal.rules import (
    MOST_A_PAGE,
    MOST_EXPORTED,
    EntryNotFound,
    Holder,
    HolderUnknown,
    IncidentKnown,
    Line,
    Page,
    Told,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it arrived: its method, its path (from the root, without query), and its `DPoP` header."""

    method: str
    path: str
    unverified_dpop: str


class PatientJournal:
    """Answers a live phone about its person's journal."""

    def __init__(
        self,
        *,
        registers: PatientRegisters,
        names: Names,
        public_url: str,
        random: Callable[[int], bytes],
        tell_operators: Callable[[Incident], None],
    ) -> None:
        """`tell_operators` is called after an incident was recorded; it may fail without harm."""
        self._registers = registers
        self._names = names
        self._public_url = public_url
        self._random = random
        self._tell_operators = tell_operators

    def read(self, request: SignedRequest, before: str, language: str, at: datetime) -> Page:
        """One page, newest first, of what is older than the line `before` (all when empty).

        Raises:
            DpopRefused: the request is not signed for this. HolderUnknown: by no live phone.
        """
        lines = self._as_holder(
            request, at, lambda register, holder: register.lines(holder.subject_id, before, MOST_A_PAGE + 1)
        )
        more = lines[MOST_A_PAGE - 1].entry if len(lines) > MOST_A_PAGE else ""
        told = tuple(self._told(line, language, at) for line in lines[:MOST_A_PAGE])
        return Page(told, more)

    def export(self, request: SignedRequest, language: str, at: datetime) -> tuple[Told, ...]:
        """Everything, newest first, the latest five thousand lines. Raises as `read`."""
        lines = self._as_holder(
            request, at, lambda register, holder: register.lines(holder.subject_id, "", MOST_EXPORTED)
        )
        return tuple(self._told(line, language, at) for line in lines)

    def contest(self, request: SignedRequest, entry: str, at: datetime) -> Incident:
        """Say of a line "this was not me": an incident is opened, once, and operators are told.

        Raises:
            EntryNotFound: not a line of this person. IncidentKnown: contested before. As `read` besides.
        """
        incident_id = str(uuid.UUID(bytes=self._random(16), version=4))

        def work(register: PatientRegister, holder: Holder) -> Incident:
            line = register.line(holder.subject_id, entry)
            if line is None:
                raise EntryNotFound
            opened = Incident(incident_id, holder.subject_id, line.entry_id, line.event, at)
            if not register.open_incident(opened, holder):
                raise IncidentKnown
            return opened

        incident = self._as_holder(request, at, work)
        self._tell_operators(incident)
        return incident

    def _as_holder(
        self, request: SignedRequest, at: datetime, work: Callable[[PatientRegister, Holder], T]
    ) -> T:
        proof = check_dpop(
            request.unverified_dpop, htm=request.method, htu=self._public_url + request.path, at=at
        )

        def proven(register: PatientRegister) -> T:
            holder = register.holder(proof, at)
            if holder is None:
                raise HolderUnknown
            return work(register, holder)

        return self._registers.run(proven)

    def _told(self, line: Line, language: str, at: datetime) -> Told:
        names = sentences.NamesInLine(
            professional=self._professional(line, at),
            structure=self._structure(line, at),
            client=self._client(line),
        )
        return Told(
            replace(line, facts={}),
            sentences.what_of(line, language),
            sentences.who_of(line, names, language),
            sentences.why_of(line, language),
        )

    def _professional(self, line: Line, at: datetime) -> str:
        by = line.facts.get("by")
        return self._names.professional(by, at) if isinstance(by, str) and by.isdigit() else ""

    def _structure(self, line: Line, at: datetime) -> str:
        number, by = line.facts.get("structure"), line.facts.get("by")
        if not isinstance(number, str) or not isinstance(by, str) or not number or not by.isdigit():
            return ""
        return self._names.structure(number, by, at)

    def _client(self, line: Line) -> str:
        client = line.facts.get("client")
        return self._names.client(client) if isinstance(client, str) and client else ""
