"""What a patient may see of the journal: their own lines, and what may be contested.

Somebody who holds no phone has their journal read by who answers for all their care: a parent until the child
is sixteen, a guardian. Nobody else who represents them reads a line (`exclut_confidentiel`), and what the
person kept to themselves is read by no representative at all (CSP L1111-5, L1111-5-1, R1111-6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apcv_backend.enrolment.rules import day_in_france
from apcv_backend.representation.rules import Representation, RepresentationOver
from cartes.errors import CarteError

MOST_A_PAGE = 100
MOST_EXPORTED = 5_000
LONGEST_ANSWER = 400
"""How long an answer to an incident may be: it is read on a phone."""


class HolderUnknown(CarteError):
    """The request is signed by a key that belongs to no live phone."""

    code = "journal_holder_unknown"


class EntryNotFound(CarteError):
    """This person's journal has no such line."""

    code = "journal_entry_not_found"


class IncidentKnown(CarteError):
    """This line was contested already: the incident is open, or was answered."""

    code = "incident_known"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose journal it is, proven by a live phone of theirs."""

    subject_id: str
    device_id: str


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose lines are read, and by whose phone: the person's own, or that of who represents them."""

    subject_id: str
    holder: Holder

    @property
    def is_own(self) -> bool:
        """Whether somebody reads their own."""
        return self.subject_id == self.holder.subject_id


def journal_of(held: Representation, holder: Holder, at: datetime) -> Whose:
    """The journal `held` opens to its holder at `at` (aware); that they hold it in force was proven.

    Raises:
        RepresentationOver: what they hold keeps from them what the person may keep to themselves.
    """
    if held.excludes_confidential(day_in_france(at)):
        raise RepresentationOver
    return Whose(held.beneficiary_subject, holder)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal, as its patient may see it. `entry` names it: its keyed tag, unguessable.

    `answer` is what the operator answered, in the line that tells of an answer.
    """

    entry: str
    entry_id: int
    at: datetime
    event: str
    actor: str
    facts: Mapping[str, object]
    contested_at: datetime | None = None
    leaf_index: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A line in words. `who` is empty when nobody else was involved.

    `insurer` is the number of the insurer that asked, by which its questions may be objected to; else empty.
    """

    line: Line
    what: str
    who: str
    why: str
    insurer: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, newest first, and where the next page begins (empty at the end)."""

    lines: tuple[Told, ...]
    next: str
