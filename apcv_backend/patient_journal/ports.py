"""What the patient's journal needs done by others: the lines, the names of those in them, and incidents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.dpop import DpopProof
from apcv_backend.patient_journal.rules import Holder, Line, Whose
from apcv_backend.representation.rules import Representation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Incident:
    """A line somebody says was not them."""

    incident_id: str
    subject_id: str
    entry_id: int
    event: str
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    outcome: str = ""


class PatientRegister(Protocol):
    """A patient's lines, inside one transaction."""

    def holder(self, proof: DpopProof, at: datetime) -> Holder | None:
        """Whose live phone signed; None for a stranger's, a withdrawn one's, or a proof already used."""
        ...

    def lines(self, whose: Whose, before: str, most: int) -> Sequence[Line]:
        """Their lines, newest first, older than the line `before` (all when empty).

        Not those that a person kept to themselves, when somebody else reads.
        """
        ...

    def line(self, whose: Whose, entry: str) -> Line | None:
        """One of these lines."""
        ...

    def open_incident(self, incident: Incident, whose: Whose) -> bool:
        """Record that a line is contested, once; False when it was before."""
        ...


class PatientRegisters(Protocol):
    """Opens the register for one transaction."""

    def run(self, work: Callable[[PatientRegister], T]) -> T:
        """Run `work`, all of it or nothing."""
        ...


class Represented(Protocol):
    """Whoever knows who represents whom (the room `representation`)."""

    def held(self, reference: str, subject_id: str, at: datetime) -> Representation:
        """The representation of this reference, held by `subject_id` and in force at `at`.

        Raises:
            RepresentationUnknown: nobody's, or somebody else's. RepresentationOver: theirs, and over.
        """
        ...


class Incidents(Protocol):
    """What operators do with incidents."""

    def open(self) -> Sequence[Incident]:
        """Those nobody answered yet, oldest first."""
        ...

    def close(self, incident_id: str, by: str, outcome: str, at: datetime) -> bool:
        """Answer one; False when there is no such open one."""
        ...


class Names(Protocol):
    """The names behind numbers that are public: professionals, structures, clients."""

    def professional(self, number: str, at: datetime) -> str:
        """The name of a professional by national number; empty when unknown."""
        ...

    def structure(self, number: str, by: str, at: datetime) -> str:
        """The name of the structure of this number where the professional `by` works; empty when unknown."""
        ...

    def client(self, client_id: str) -> str:
        """The name of a client of the sign-in or an insurer; empty when unknown."""
        ...
