"""What a patient may see of the journal: their own lines, and what may be contested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cartes.errors import CarteError

MOST_A_PAGE = 100
MOST_EXPORTED = 5_000


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
class Line:
    """One line of the journal, as its patient may see it. `entry` names it: its keyed tag, unguessable."""

    entry: str
    entry_id: int
    at: datetime
    event: str
    actor: str
    facts: Mapping[str, object]
    contested_at: datetime | None = None
    leaf_index: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A line in words. `who` is empty when nobody else was involved."""

    line: Line
    what: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, newest first, and where the next page begins (empty at the end)."""

    lines: tuple[Told, ...]
    next: str
