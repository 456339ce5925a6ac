"""Numbers by day, and how old something is: what the operations page shows, as plain values.

A figure is a count made by the database. None of them names anybody, and a small count is not hidden: the
operator of a service sees its every alarm, and a day with one revocation says nothing of whose it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

SHOWN_DAYS: Final = 30
"""How far back a plot goes: a month, today included."""

MOST_SERIES: Final = 5
"""More than these in one plot cannot be told apart: the smallest are added up as `others`."""

OTHERS: Final = "others"
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Series:
    """One thing counted, by day: `values[i]` belongs to the plot's `days[i]`."""

    name: str
    values: tuple[int, ...]

    @property
    def total(self) -> int:
        """Over all the days."""
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class DailyPlot:
    """Things counted by day, side by side. Days are UTC's, the oldest first."""

    name: str
    days: tuple[date, ...]
    series: tuple[Series, ...]

    @property
    def highest(self) -> int:
        """The most that one day holds, all things together; 0 when nothing happened."""
        return max((sum(one.values[at] for one in self.series) for at in range(len(self.days))), default=0)


Counted = Mapping[tuple[str, int], int]
"""How often by (name, day since 1970-01-01), as a register counts."""


def days_until(at: datetime) -> tuple[date, ...]:
    """The days a plot made at `at` (aware) shows, today the last."""
    today = at.astimezone(UTC).date()
    return tuple(today - timedelta(days=back) for back in reversed(range(SHOWN_DAYS)))


def first_instant(at: datetime) -> datetime:
    """When the first of those days begins."""
    first = days_until(at)[0]
    return datetime(first.year, first.month, first.day, tzinfo=UTC)


def draft_plot(name: str, counted: Counted, names: Sequence[str], at: datetime) -> DailyPlot:
    """A plot of `names`, each with a value for each day, whether anything was counted or not."""
    days = days_until(at)
    numbers = [(day - _EPOCH).days for day in days]
    return DailyPlot(
        name,
        days,
        tuple(Series(one, tuple(counted.get((one, number), 0) for number in numbers)) for one in names),
    )


def draft_ranked(name: str, counted: Counted, at: datetime) -> DailyPlot:
    """A plot of whatever was counted, the most frequent first; what is beyond `MOST_SERIES` is added up."""
    totals: dict[str, int] = {}
    for (one, _), count in counted.items():
        totals[one] = totals.get(one, 0) + count
    ranked = sorted(totals, key=lambda one: (-totals[one], one))
    if len(ranked) <= MOST_SERIES:
        return draft_plot(name, counted, ranked, at)
    kept = ranked[: MOST_SERIES - 1]
    merged: dict[tuple[str, int], int] = {}
    for (one, day), count in counted.items():
        key = (one if one in kept else OTHERS, day)
        merged[key] = merged.get(key, 0) + count
    return draft_plot(name, merged, [*kept, OTHERS], at)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many there are, at one instant."""

    phones: int
    cards_alive: int
    accounts_frozen: int
    alarms_last_day: int
    incidents_open: int
    """Lines that patients said were not them, and nobody answered yet."""


@dataclass(frozen=True, slots=True)
class TrustAge:
    """When the trust list in force was signed and until when it holds (UTC); None before the first."""

    signed_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The operations page."""

    at: datetime
    standing: Standing
    trust: TrustAge
    plots: tuple[DailyPlot, ...]


@dataclass(frozen=True, slots=True)
class InsurerFigures:
    """One insurer's page: its contracts and its clerks' questions."""

    at: datetime
    contracts: int
    current: int
    asked: int
    plots: tuple[DailyPlot, ...]
