"""A plot of numbers by day, drawn by the server as one SVG: no script, no picture from elsewhere.

Bars stand on each other, one colour and one pattern of light a thing, named in a key below: the same numbers
stand in a table beside it, which is what somebody reads who does not see it. Colours are the page's own
(`s0`… in its sheet), so that light and dark both hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from markupsafe import Markup

from apcv_backend.operations.rules import DailyPlot

_WIDTH, _HEIGHT = 400, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 6, 12, 24
_KEY_LINE = 22
_KEY_COLUMNS = 2
_KEY_LEFT = 8
_KEY_GAP = 8
_STEPS: Final = (1, 2, 5)
_LINES: Final = 4


def svg_of(plot: DailyPlot, title: str, description: str, label_of: Callable[[str], str]) -> Markup:
    """The plot; `label_of` names its series in the reader's language."""
    key_rows = -(-len(plot.series) // _KEY_COLUMNS)
    height = _HEIGHT + _KEY_GAP + key_rows * _KEY_LINE
    parts = [*_scale(plot), *_bars(plot), *_dates(plot), *_key(plot, label_of)]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="{name}-svg-title {name}-svg-desc"><title id="{name}-svg-title">{title}</title>'
        '<desc id="{name}-svg-desc">{description}</desc>{parts}</svg>'
    ).format(
        width=_WIDTH,
        height=height,
        name=plot.name,
        title=title,
        description=description,
        parts=Markup("").join(parts),
    )


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
            ).format(kind=kind, left=_LEFT, right=_WIDTH - _RIGHT, y=y, at=_LEFT - 6, base=y + 4, value=value)
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
                Markup('<rect class="s{n}" x="{x}" y="{y}" width="{width}" height="{height}"/>').format(
                    n=number,
                    x=round(_x(at, days) + width * 0.2, 1),
                    y=y,
                    width=width,
                    height=round(max(foot - y, 1.0), 1),
                )
            )
            below += value
    return parts


def _dates(plot: DailyPlot) -> list[Markup]:
    days = len(plot.days)
    shown = range(days - 1, -1, -7)
    return [
        Markup('<text x="{x}" y="{y}" text-anchor="middle">{day}</text>').format(
            x=round(min(_x(at, days) + 8, _WIDTH - _RIGHT - 18), 1),
            y=_HEIGHT - 6,
            day=day_label(plot.days[at]),
        )
        for at in shown
    ]


def _key(plot: DailyPlot, label_of: Callable[[str], str]) -> list[Markup]:
    column = (_WIDTH - _KEY_LEFT) / _KEY_COLUMNS
    return [
        Markup(
            '<rect class="s{n}" x="{x}" y="{y}" width="12" height="12"/><text x="{at}" '
            'y="{base}">{label}</text>'
        ).format(
            n=number,
            x=round(_KEY_LEFT + number % _KEY_COLUMNS * column, 1),
            y=_HEIGHT + _KEY_GAP + number // _KEY_COLUMNS * _KEY_LINE + 2,
            at=round(_KEY_LEFT + number % _KEY_COLUMNS * column + 18, 1),
            base=_HEIGHT + _KEY_GAP + number // _KEY_COLUMNS * _KEY_LINE + 13,
            label=label_of(series.name),
        )
        for number, series in enumerate(plot.series)
    ]


def day_label(day: date) -> str:
    """A day as an axis says it, the same in both languages: 21/11."""
    return f"{day:%d/%m}"
