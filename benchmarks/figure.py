"""One line of the table: a moment, what was measured, what stands beside it, their ratio, its aim."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import click


class Aim(Enum):
    """On which side of its bound a value should be."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


class Shown(Enum):
    """How a value is written for people."""

    DURATION = "duration"  # seconds
    BYTES = "bytes"
    MEMORY = "memory"  # bytes
    PERCENT = "percent"
    TIMES = "times"
    RATE = "rate"  # a second


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value in a base unit (seconds, bytes, a ratio) and how it is written."""

    value: float
    shown: Shown

    def __str__(self) -> str:
        return _written(self)


@dataclass(frozen=True, slots=True)
class Figure:
    """See the module's story. `ratio` is what the aim is about; without a bound there is no aim."""

    name: str  # stable, for `--json`
    moment: str
    measured: Quantity
    beside: str  # what stands beside it, with its own value
    ratio: Quantity
    aim: Aim | None = None
    bound: float = 0.0
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without an aim."""
        if self.aim is None:
            return None
        return self.ratio.value <= self.bound if self.aim is Aim.AT_MOST else self.ratio.value >= self.bound

    @property
    def aim_text(self) -> str:
        """The aim as people read it."""
        return f"{self.aim.value} {Quantity(self.bound, self.ratio.shown)}" if self.aim else ""

    def to_json(self) -> dict[str, object]:
        """The line for a program; values in seconds, bytes and plain ratios."""
        return {
            "name": self.name,
            "moment": self.moment,
            "measured": self.measured.value,
            "unit": self.measured.shown.value,
            "beside": self.beside,
            "ratio": self.ratio.value,
            "aim": self.aim_text or None,
            "met": self.met,
            "note": self.note or None,
        }


_HEADS = ("Moment", "Measured", "Beside, in the same run", "Ratio", "Aim", "Met")
_MET = {True: ("yes", "green"), False: ("NO", "red"), None: ("", "")}


def table(figures: Iterable[Figure]) -> str:
    """The figures as lines of one table, notes under their line."""
    figures = list(figures)
    rows = [(f.moment, str(f.measured), f.beside, str(f.ratio), f.aim_text, _MET[f.met][0]) for f in figures]
    widths = [max(map(_width, column)) for column in zip(_HEADS, *rows, strict=True)]
    lines = [_line(_HEADS, widths), "─" * (sum(widths) + 2 * (len(widths) - 1))]
    for figure, row in zip(figures, rows, strict=True):
        *cells, met = row
        colour = _MET[figure.met][1]
        lines.append(_line(cells, widths) + "  " + click.style(met, fg=colour or None, bold=True))
        if figure.note:
            lines.append(f"    {figure.note}")
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=False))
    return "  ".join(padded)


def _width(text: str) -> int:
    return sum(not unicodedata.combining(character) for character in text)


def _written(quantity: Quantity) -> str:
    value = quantity.value
    match quantity.shown:
        case Shown.DURATION:
            return _duration(value)
        case Shown.BYTES:
            return f"{value:.0f} B"
        case Shown.MEMORY:
            return f"{value / 2**20:.1f} MiB"
        case Shown.PERCENT:
            return f"{100 * value:.0f} %"
        case Shown.TIMES:
            return f"{value:.2f} ×"
        case Shown.RATE:
            return f"{value:.0f} /s"


def _duration(seconds: float) -> str:
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
