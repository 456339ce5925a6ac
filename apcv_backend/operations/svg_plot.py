"""A plot of numbers by day, drawn by the server as SVG: no script, no picture from elsewhere.

Bars stand on each other. A thing is told from another by its pattern as well as by its colour, and both axes
say what they count. The key is HTML beside the drawing (`swatch_of` draws its squares), so that it is read at
any width; the same numbers stand in a table, which is what somebody reads who does not see the drawing.
Colours are the page's own (`s0`… in its sheet), so that light and dark both hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from apcv_backend.operations.rules import DailyPlot

_WIDTH, _HEIGHT = 420, 236
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 8, 34, 50
_STEPS: Final = (1, 2, 5)
_LINES: Final = 4
_DAYS_BETWEEN: Final = 7

_MARKS: Final = (
    "",
    "M0 8L8 0M-2 2L2 -2M6 10L10 6",
    "M0 4H8",
    "M4 0V8",
    "M0 4H8M4 0V8",
)
"""What is drawn over each colour, on a square of eight: nothing, or lines: slanted, level, upright, both."""


@dataclass(frozen=True, slots=True)
class PlotWords:
    """What a drawing says, in the reader's language: its title, its description, its two axes, its days."""

    title: str
    description: str
    values: str
    days: str
    day_label: Callable[[date], str]


def svg_of(plot: DailyPlot, words: PlotWords) -> Markup:
    """The plot, without its key."""
    parts = [*_patterns(plot), *_scale(plot), *_bars(plot), *_dates(plot, words), *_axes(words)]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="{name}-svg-title {name}-svg-desc"><title id="{name}-svg-title">{title}</title>'
        '<desc id="{name}-svg-desc">{description}</desc>{parts}</svg>'
    ).format(
        width=_WIDTH,
        height=_HEIGHT,
        name=plot.name,
        title=words.title,
        description=words.description,
        parts=Markup("").join(parts),
    )


def swatch_of(plot: DailyPlot, number: int) -> Markup:
    """The square that stands for series `number` in the key; hidden from whoever hears the page."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 20 20" aria-hidden="true" focusable="false">'
        '<rect class="e{n}" width="20" height="20" fill="url(#{name}-p{n})"/></svg>'
    ).format(n=number, name=plot.name)


def step_of(highest: int) -> int:
    """The distance between two lines of the scale: 1, 2 or 5 with zeros; a few of them reach the top."""
    size = 1
    while True:
        for step in _STEPS:
            if step * size * _LINES >= highest:
                return step * size
        size *= 10


def _top_of(plot: DailyPlot) -> int:
    step = step_of(plot.highest)
    return max(step, -(-plot.highest // step) * step)


def _y(value: int, top: int) -> float:
    return round(_HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM), 1)


def _x(at: int, days: int) -> float:
    return _LEFT + at * (_WIDTH - _LEFT - _RIGHT) / days


def _patterns(plot: DailyPlot) -> list[Markup]:
    made = [
        Markup(
            '<pattern id="{name}-p{n}" width="8" height="8" patternUnits="userSpaceOnUse">'
            '<rect class="s{n}" width="8" height="8"/>{marks}</pattern>'
        ).format(
            name=plot.name,
            n=number,
            marks=Markup('<path class="mark" d="{d}"/>').format(d=_MARKS[number % len(_MARKS)])
            if _MARKS[number % len(_MARKS)]
            else "",
        )
        for number in range(len(plot.series))
    ]
    return [Markup("<defs>"), *made, Markup("</defs>")]


def _scale(plot: DailyPlot) -> list[Markup]:
    top, step = _top_of(plot), step_of(plot.highest)
    parts = []
    for value in range(0, top + 1, step):
        y = _y(value, top)
        kind = "axis" if value == 0 else "grid"
        parts.append(
            Markup(
                '<line class="{kind}" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>'
                '<text x="{at}" y="{base}" text-anchor="end">{value}</text>'
            ).format(kind=kind, left=_LEFT, right=_WIDTH - _RIGHT, y=y, at=_LEFT - 6, base=y + 5, value=value)
        )
    return parts


def _bars(plot: DailyPlot) -> list[Markup]:
    top, days = _top_of(plot), len(plot.days)
    width = round((_WIDTH - _LEFT - _RIGHT) / days * 0.7, 1)
    parts = []
    for at in range(days):
        below = 0
        for number, series in enumerate(plot.series):
            value = series.values[at]
            if not value:
                continue
            y, foot = _y(below + value, top), _y(below, top)
            parts.append(
                Markup(
                    '<rect class="bar e{n}" x="{x}" y="{y}" width="{width}" height="{height}" '
                    'fill="url(#{name}-p{n})"/>'
                ).format(
                    n=number,
                    name=plot.name,
                    x=round(_x(at, days) + width * 0.2, 1),
                    y=y,
                    width=width,
                    height=round(max(foot - y, 1.0), 1),
                )
            )
            below += value
    return parts


def _dates(plot: DailyPlot, words: PlotWords) -> list[Markup]:
    days = len(plot.days)
    return [
        Markup('<text class="{often}" x="{x}" y="{y}" text-anchor="{anchor}">{day}</text>').format(
            # Where the screen is narrow, every second date is left out by the sheet.
            often="every" if (days - 1 - at) % (2 * _DAYS_BETWEEN) == 0 else "second",
            # The last one ends where the picture does, however large its letters are.
            x=_WIDTH - 2 if at == days - 1 else round(_x(at, days) + 6, 1),
            anchor="end" if at == days - 1 else "middle",
            y=_HEIGHT - _BOTTOM + 22,
            day=words.day_label(plot.days[at]),
        )
        for at in range(days - 1, -1, -_DAYS_BETWEEN)
    ]


def _axes(words: PlotWords) -> list[Markup]:
    return [
        Markup('<text class="unit" x="2" y="16">{values}</text>').format(values=words.values),
        Markup('<text class="unit" x="{x}" y="{y}" text-anchor="end">{days}</text>').format(
            x=_WIDTH - _RIGHT, y=_HEIGHT - 8, days=words.days
        ),
    ]
