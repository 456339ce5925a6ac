"""French legal time, for people's eyes and for "which day is it".

Rights open and close on French days, and a pharmacist reads French hours. The rule is short and fixed by law
(Directive 2000/84/EC: last Sundays of March and October, at 01:00 UTC), so a workstation without a time-zone
database, which is most Windows ones, gives the same answer as the others. Metropolitan France only; overseas
departments need their own offset and are not served yet.

>>> clock_of(datetime(2026, 11, 21, 9, 30, tzinfo=UTC))
datetime.datetime(2026, 11, 21, 10, 30, tzinfo=datetime.timezone(datetime.timedelta(seconds=3600), 'CET'))
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

_WINTER: Final = timezone(timedelta(hours=1), "CET")
_SUMMER: Final = timezone(timedelta(hours=2), "CEST")
_MARCH, _OCTOBER = 3, 10


def clock_of(at: datetime) -> datetime:
    """`at` (aware) on a French clock."""
    instant = at.astimezone(UTC)
    in_summer = _switch(instant.year, _MARCH) <= instant < _switch(instant.year, _OCTOBER)
    return instant.astimezone(_SUMMER if in_summer else _WINTER)


def day_of(at: datetime) -> date:
    """The French day on which `at` (aware) falls."""
    return clock_of(at).date()


@lru_cache(maxsize=64)  # two a year
def _switch(year: int, month: int) -> datetime:
    """The last Sunday of a 31-day month, 01:00 UTC."""
    last = date(year, month, 31)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return datetime(year, month, sunday.day, 1, tzinfo=UTC)
