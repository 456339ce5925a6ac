"""A date of birth as the sector keeps it: eight characters, sometimes a day no calendar has.

People born where the civil status was incomplete carry a "lunar" date (`19421901`: month 19). It is their
date: it is kept to the character, flagged, and never put through a calendar. An age computed from such a
date is the smallest one the known parts allow, so that a rule about an age is never granted by a guess.
Every rule about an age stands on this module, none on the NIR, which has no century.

>>> DateNaissance.parse("19421901").is_lunar
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from cartes.errors import InvalidValue

_SHAPE = re.compile(r"[0-9]{8}")
_FIRST_YEAR = 1800
_LAST_YEAR = 2199
_END_OF_MONTH = 99
_MONTHS = 12


@dataclass(frozen=True, slots=True, order=True)
class DateNaissance:
    """A birth date, `text`: YYYYMMDD in ASCII digits, month and day possibly impossible or `00`."""

    text: str

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.text):
            raise InvalidValue(what="date_naissance", why="shape")
        if not _FIRST_YEAR <= self.year <= _LAST_YEAR:
            raise InvalidValue(what="date_naissance", why="year")

    @classmethod
    def parse(cls, text: str) -> DateNaissance:
        """Read YYYYMMDD. Raises `InvalidValue` (`what="date_naissance"`)."""
        return cls(text)

    @classmethod
    def from_int(cls, number: int) -> DateNaissance:
        """The date written as the integer YYYYMMDD, as on the wire. Raises `InvalidValue`."""
        return cls(str(number))

    @classmethod
    def from_date(cls, day: date) -> DateNaissance:
        """The birth date of someone born on a calendar `day`."""
        return cls(f"{day.year:04d}{day.month:02d}{day.day:02d}")

    @property
    def year(self) -> int:
        """The year, always known."""
        return int(self.text[:4])

    @property
    def as_int(self) -> int:
        """YYYYMMDD as an integer."""
        return int(self.text)

    @property
    def day(self) -> date | None:
        """The calendar day, or None when the calendar has no such day."""
        try:
            return date(self.year, int(self.text[4:6]), int(self.text[6:]))
        except ValueError:
            return None

    @property
    def is_lunar(self) -> bool:
        """Whether no calendar has this day."""
        return self.day is None

    def age_on(self, day: date) -> int | None:
        """Full years on `day`, or None when the person is not certainly born yet.

        With an impossible day the birthday counts as passed at the end of its month; with an impossible
        month, at the end of the year: the age is the smallest possible one.
        """
        month, day_of_month = int(self.text[4:6]), int(self.text[6:])
        if not 1 <= month <= _MONTHS:
            month, day_of_month = _MONTHS, _END_OF_MONTH
        elif self.is_lunar:
            day_of_month = _END_OF_MONTH
        age = day.year - self.year - ((day.month, day.day) < (month, day_of_month))
        return age if age >= 0 else None
