"""Read the fields of a claim: one small question each, `BadStructure` for any other answer.

What is here reads values that came out of `strict_cbor` with a good signature over them, so nothing is
tolerated and nothing is guessed. Days travel as a count from 1 January 1900, instants as Unix seconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from cartes.droits import PeriodeDroits
from cartes.errors import BadStructure, InvalidValue

DAY_ZERO: Final = date(1900, 1, 1)
_DAY_ZERO: Final = DAY_ZERO.toordinal()
MAX_DAY: Final = date(2199, 12, 31).toordinal() - _DAY_ZERO
MAX_UINT32: Final = 0xFFFF_FFFF
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2106  # in whose course 32 bits of seconds end


def uint(value: Any, field: str, most: int) -> int:
    """An unsigned integer of at most `most`; a boolean is not one."""
    if type(value) is not int or not 0 <= value <= most:
        raise BadStructure(field=field)
    return value


def boolean(value: Any, field: str) -> bool:
    """True or false, and not 1 or 0."""
    if type(value) is not bool:
        raise BadStructure(field=field)
    return value


def text(value: Any, field: str, most: int) -> str:
    """Text of at most `most` characters, none of which could move a cursor or hide another."""
    if type(value) is not str or len(value) > most or not value.isprintable():
        raise BadStructure(field=field)
    return value


def array(value: Any, field: str, *sizes: int) -> list[Any]:
    """An array of one of these sizes."""
    if type(value) is not list or len(value) not in sizes:
        raise BadStructure(field=field)
    return value


def instant(value: Any, field: str) -> datetime:
    """Unix seconds in 32 bits, as an aware UTC instant."""
    return datetime.fromtimestamp(uint(value, field, MAX_UINT32), UTC)


def day(value: Any, field: str) -> date:
    """Days since 1 January 1900."""
    return date.fromordinal(_DAY_ZERO + uint(value, field, MAX_DAY))


def period(first: Any, days: Any, field: str) -> PeriodeDroits:
    """A period: its first day, and how many days later its last day is, or null when no end is known."""
    debut = uint(first, field, MAX_DAY)
    if days is None:
        return PeriodeDroits(date.fromordinal(_DAY_ZERO + debut), None)
    fin = uint(days, field, MAX_DAY - debut)
    return PeriodeDroits(date.fromordinal(_DAY_ZERO + debut), date.fromordinal(_DAY_ZERO + debut + fin))


def day_number(value: date, what: str) -> int:
    """A day as it travels; `InvalidValue` outside 1900 to 2199."""
    number = value.toordinal() - _DAY_ZERO
    if not 0 <= number <= MAX_DAY:
        raise InvalidValue(what=what, why="day_out_of_range")
    return number


def period_numbers(periode: PeriodeDroits, what: str) -> list[int | None]:
    """A period as it travels: `[from, days]`."""
    first = day_number(periode.debut, what)
    return [first, None if periode.fin is None else day_number(periode.fin, what) - first]


def whole_second(at: datetime, what: str) -> datetime:
    """An aware instant in UTC without its fraction of a second, which does not travel."""
    if at.tzinfo is UTC and not at.microsecond and _FIRST_YEAR <= at.year < _LAST_YEAR:
        return at  # as `instant` makes them
    if at.tzinfo is None:
        raise InvalidValue(what=what, why="naive_time")
    moment = at.astimezone(UTC).replace(microsecond=0)
    if not 0 <= moment.timestamp() <= MAX_UINT32:
        raise InvalidValue(what=what, why="out_of_range")
    return moment


def unix(at: datetime) -> int:
    """Whole Unix seconds of an aware instant; the fraction is dropped."""
    return int(at.timestamp())
