"""What the room `representation` needs done by others, in its own words. `bootstrap` connects the ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, TypeVar

from apcv_backend.enrolment.rules import Device, PersonKey
from apcv_backend.representation.rules import DelegationType, EndedBy, Portee, Preuve, Representation
from apcv_backend.rights.rules import ReponseDroits

T = TypeVar("T")
Fact = str | int | bool | None


class CurrentRights(Protocol):
    """Whoever knows insured persons (the room `rights`)."""

    def droits_of(self, person: PersonKey, at: datetime) -> ReponseDroits:
        """What is known of `person` at `at`. Raises PersonUnknown."""
        ...


class Phones(Protocol):
    """Whoever knows which live phone signed a request (the room `enrolment`)."""

    def asking(self, method: str, path: str, unverified_dpop: str, at: datetime) -> Device:
        """The phone whose app key signed this request. Raises DpopRefused or a leaf about the phone."""
        ...


@dataclass(frozen=True, slots=True)
class NewRepresentation:
    """A representation about to be recorded: what was decided, and who saw the paper."""

    reference: str
    beneficiary: PersonKey = field(repr=False)
    delegate: PersonKey = field(repr=False)
    type: DelegationType
    proof: Preuve
    scope: frozenset[Portee]
    starts_on: date
    ends_on: date
    narrows_on: date | None
    opened_by: str


class Register(Protocol):
    """The register of representations, inside one open transaction."""

    def subject_of(self, person: PersonKey, at: datetime) -> str:
        """The pseudonym of a person, made if need be; held until the transaction ends."""
        ...

    def between(self, beneficiary_subject: str, delegate_subject: str) -> Sequence[Representation]:
        """What was opened between these two and never withdrawn."""
        ...

    def add(self, new: NewRepresentation, beneficiary: str, delegate: str, at: datetime) -> Representation:
        """Record a representation between two pseudonyms."""
        ...

    def end(self, reference: str, by: EndedBy, at: datetime) -> Representation | None:
        """Withdraw it and revoke every card issued under it; None when it was withdrawn before, or never."""
        ...

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class Registers(Protocol):
    """Opens the register, and answers what changes nothing."""

    def run(self, work: Callable[[Register], T]) -> T:
        """Run `work` in one transaction: all of it or nothing."""
        ...

    def find(self, reference: str) -> Representation | None:
        """The representation of this reference, over or not."""
        ...

    def held_by(self, delegate_subject: str) -> Sequence[Representation]:
        """What this person holds and was never withdrawn, oldest first."""
        ...

    def given_by(self, beneficiary_subject: str) -> Sequence[Representation]:
        """Who was given this person's card and never withdrawn, oldest first."""
        ...

    def find_subject(self, person: PersonKey) -> str | None:
        """The pseudonym of a person, whichever of the numbers they had it was made for; None for nobody."""
        ...

    def all_of(self, subject_id: str) -> Sequence[Representation]:
        """All that concerns this person, on either side, over or not, oldest first."""
        ...
