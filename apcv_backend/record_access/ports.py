"""What the room `record_access` needs done by others, in its own words. `bootstrap` connects the ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.enrolment.rules import Device, PersonKey
from apcv_backend.record_access.rules import Statement, Target

T = TypeVar("T")
Fact = str | int | bool | None


class Phones(Protocol):
    """Whoever knows which live phone signed a request (the room `enrolment`)."""

    def asking(self, method: str, path: str, unverified_dpop: str, at: datetime) -> Device:
        """The phone whose app key signed this request. Raises DpopRefused or a leaf about the phone."""
        ...


class OneKey(Protocol):
    """Whoever knows all the numbers of a person (the registers)."""

    def __call__(self, person: PersonKey, at: datetime, /) -> PersonKey:
        """The one key this person is entered under; `person` itself when nobody knows them."""
        ...


class Answering(Protocol):
    """Whoever knows who answers for all of a person's care (the room `representation`)."""

    def __call__(self, person: PersonKey, at: datetime, /) -> Sequence[str]:
        """The pseudonyms of the parents of a small child, of a guardian; none for anybody else."""
        ...


@dataclass(frozen=True, slots=True)
class HiddenDocument:
    """A document somebody may not see for now. `from_whom` is `professionals` or `patient`."""

    hidden_id: str
    document: str
    from_whom: str
    by: str
    since: datetime
    until: datetime | None


class Register(Protocol):
    """What patients decided, inside one open transaction."""

    def subject_of(self, person: PersonKey, at: datetime) -> str:
        """The pseudonym of a person, made if need be."""
        ...

    def find_subject(self, person: PersonKey) -> str | None:
        """The pseudonym of a person, if anybody ever spoke of them."""
        ...

    def is_frozen(self, account: str) -> bool:
        """Whether the professional `account` was stopped by a ceiling, and waits for a person."""
        ...

    def count_record(self, account: str, subject_id: str, at: datetime) -> bool:
        """Count a patient whose record `account` asks about; whether it is within a day's, else frozen."""
        ...

    def count_emergency(self, account: str, subject_id: str, most: int, at: datetime) -> None:
        """Count an emergency; beyond `most` in a day an alarm is raised, once, and nothing is refused."""
        ...

    def say(self, subject_id: str, statement: Statement) -> Statement:
        """Keep what the patient says of a target, in place of what they said before."""
        ...

    def statements(self, subject_id: str) -> Sequence[Statement]:
        """Everything the patient said, oldest first."""
        ...

    def who_blocks(self, people: Sequence[PersonKey], target: Target, at: datetime) -> frozenset[PersonKey]:
        """Those of `people` whose block of `target` is in force at `at`: two statements, however many."""
        ...

    def take_back(self, subject_id: str, consent_id: str) -> Statement | None:
        """Forget one; None when there is none of theirs."""
        ...

    def hide(self, subject_id: str, hidden: HiddenDocument) -> HiddenDocument:
        """Hide a document; hidden already, it stays as it was."""
        ...

    def hidden(self, subject_id: str) -> Sequence[HiddenDocument]:
        """The documents hidden in this record, oldest first."""
        ...

    def unhide(self, subject_id: str, hidden_id: str) -> HiddenDocument | None:
        """Show one again that its patient hid; None when there is none."""
        ...

    def tell(self, subject_id: str, notice_id: str, kind: str, about: str, at: datetime) -> None:
        """Put a notice on every phone of the patient."""
        ...

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class Registers(Protocol):
    """Opens the register for the time of one transaction."""

    def run(self, work: Callable[[Register], T]) -> T:
        """Run `work` in one transaction: all of it or nothing."""
        ...
