"""A patient reads everything that was done with what is theirs, takes it away, and says "this was not me".

Every request is signed by the app key of a live phone (`dpop.py`); the lines read are those of its person, or
of one person they represent and answer for (`rules.journal_of`), and of nobody else. What is read is the
journal itself, so that a line is there the moment what it tells has happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from apcv_backend.dpop import check_dpop
from apcv_backend.patient_journal import sentences
from apcv_backend.patient_journal.ports import (
    Incident,
    Names,
    PatientRegister,
    PatientRegisters,
    Represented,
)
from apcv_backend.patient_journal.rules import (
    MOST_A_PAGE,
    MOST_EXPORTED,
    EntryNotFound,
    HolderUnknown,
    IncidentKnown,
    Line,
    Page,
    Told,
    Whose,
    journal_of,
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it arrived: its method, its path (from the root, without query), and its `DPoP` header.

    `represented` is the reference its path names, of a representation; empty for somebody's own journal.
    """

    method: str
    path: str
    unverified_dpop: str
    represented: str = ""


class PatientJournal:
    """Answers a live phone about its person's journal."""

    def __init__(
        self,
        *,
        registers: PatientRegisters,
        names: Names,
        represented: Represented,
        public_url: str,
        random: Callable[[int], bytes],
        tell_operators: Callable[[Incident], None],
    ) -> None:
        """`tell_operators` is called after an incident was recorded; it may fail without harm."""
        self._registers = registers
        self._names = names
        self._represented = represented
        self._public_url = public_url
        self._random = random
        self._tell_operators = tell_operators

    def read(self, request: SignedRequest, before: str, language: str, at: datetime) -> Page:
        """One page, newest first, of what is older than the line `before` (all when empty).

        Raises:
            DpopRefused: the request is not signed for this. HolderUnknown: by no live phone.
            RepresentationUnknown, RepresentationOver: not theirs to read, of whom they name.
        """
        return self._page(self._whose(request, at), before, MOST_A_PAGE, language, at)

    def export(self, request: SignedRequest, language: str, at: datetime) -> Page:
        """Everything, newest first; of a very long journal the latest `MOST_EXPORTED`. Raises as `read`."""
        return self._page(self._whose(request, at), "", MOST_EXPORTED, language, at)

    def contest(self, request: SignedRequest, entry: str, at: datetime) -> Incident:
        """Say of a line "this was not me": an incident is opened, once, and operators are told.

        Raises:
            EntryNotFound: not a line they may read. IncidentKnown: contested before. As `read` besides.
        """
        incident_id, whose = str(uuid.UUID(bytes=self._random(16), version=4)), self._whose(request, at)

        def work(register: PatientRegister) -> Incident:
            line = register.line(whose, entry)
            if line is None:
                raise EntryNotFound
            opened = Incident(incident_id, whose.subject_id, line.entry_id, line.event, at)
            if not register.open_incident(opened, whose):
                raise IncidentKnown
            return opened

        incident = self._registers.run(work)
        self._tell_operators(incident)
        return incident

    def _whose(self, request: SignedRequest, at: datetime) -> Whose:
        """Whose journal this request may read. A proof that was spent stays so, whatever the answer."""
        proof = check_dpop(
            request.unverified_dpop, htm=request.method, htu=self._public_url + request.path, at=at
        )
        holder = self._registers.run(lambda register: register.holder(proof, at))
        if holder is None:
            raise HolderUnknown
        if not request.represented:
            return Whose(holder.subject_id, holder)
        held = self._represented.held(request.represented, holder.subject_id, at)
        return journal_of(held, holder, at)

    def _page(self, whose: Whose, before: str, most: int, language: str, at: datetime) -> Page:
        found = self._registers.run(lambda register: register.lines(whose, before, most + 1))
        lines = found[:most]
        return Page(self._told(lines, language, at), lines[-1].entry if len(found) > most else "")

    def _told(self, lines: Sequence[Line], language: str, at: datetime) -> tuple[Told, ...]:
        # Thousands of lines name a few people: each is looked up once.
        professional, structure = cache(self._names.professional), cache(self._names.structure)
        client = cache(self._names.client)

        def told(line: Line) -> Told:
            by, place, asked_by = (_text(line, name) for name in ("by", "structure", "client"))
            names = sentences.NamesInLine(
                professional=professional(by, at) if by else "",
                structure=structure(place, by, at) if place and by else "",
                client=client(asked_by) if asked_by else "",
            )
            return Told(
                replace(line, facts={}),
                sentences.what_of(line, language),
                sentences.who_of(line, names, language),
                sentences.why_of(line, language),
                _text(line, "organisation"),
            )

        return tuple(told(line) for line in lines)


def _text(line: Line, name: str) -> str:
    value = line.facts.get(name)
    return value if isinstance(value, str) else ""
