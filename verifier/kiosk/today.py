"""The scans of today, masked, and gone at night.

What a pharmacist asks of such a list is "did I scan the lady before last?": the hour, the light, initials and
the reason do. It is kept in memory alone: a machine that is stolen, backed up or repaired holds no list of
who came. The day is the French one, and it is asked whenever the list is, so that a workstation that slept
over midnight shows nothing of yesterday. A clock that jumps to another day clears it too, either way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from cartes.amc import AmcCard
from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from verifier.facts import CardFacts
from verifier.kiosk.patient import Beside
from verifier.lights import Light
from verifier.paris import day_of
from verifier.verdict import Verdict

MOST_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One scan: when, which light, why, and initials (`A. O.-T.`); `who` is empty for a refused card."""

    seq: int
    at: datetime
    light: Light
    is_ours: bool
    kind: CardKind | None
    who: str
    first_reason: str | None


@dataclass(slots=True)
class Today:
    """At most `MOST_KEPT` scans of one French day."""

    _day: date | None = None
    _entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))

    def note(self, seq: int, judged: Verdict, at: datetime, beside: Beside | None = None) -> None:
        """Add one verdict. A contract has the initials of the card it goes with."""
        self.clear_at_night(at)
        self._day = day_of(at)
        self._entries.append(
            Entry(
                seq,
                at,
                judged.light,
                judged.is_ours,
                judged.kind,
                initials(judged.facts)
                or (initials(beside.judged.facts) if beside and beside.goes_with else ""),
                next(iter(judged.codes), None),
            )
        )

    def entries(self, at: datetime) -> Sequence[Entry]:
        """The scans of the day of `at`, the newest first."""
        self.clear_at_night(at)
        return tuple(reversed(self._entries))

    def clear_at_night(self, at: datetime) -> bool:
        """Forget every scan when `at` falls on another day; says whether anything was forgotten."""
        if self._day is None or self._day == day_of(at):
            return False
        forgotten = bool(self._entries)
        self._entries.clear()
        self._day = None
        return forgotten


def initials(facts: CardFacts | None) -> str:
    """`ANGE ORSINI-TEST` as `A. O.-T.`; nothing when nobody was named."""
    if facts is None:
        return ""
    card = facts.card
    if isinstance(card, AmcCard):
        return ""
    family = card.use_name if isinstance(card, ApcvCard) else card.name
    return " ".join(part for part in (_first_letters(card.given), _first_letters(family)) if part)


def _first_letters(name: str) -> str:
    words = name.replace("’", " ").replace("'", " ").split()
    return " ".join("-".join(f"{part[0]}." for part in word.split("-") if part) for word in words)
