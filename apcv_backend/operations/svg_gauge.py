"""How far something is between its beginning and its end, drawn as one bar: the age of the trust list.

The bar goes from the signature to the day the list stops holding; what has passed is filled, a line marks
when it should be looked at. The same is said in words beside it, which is what counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from markupsafe import Markup

_WIDTH, _HEIGHT = 420, 92
_LEFT, _RIGHT = 8, 8
_BAR_TOP, _BAR_HEIGHT = 30, 26


@dataclass(frozen=True, slots=True)
class Gauge:
    """What has passed of a whole, and from when on to look: `passed` may be beyond `whole`."""

    name: str
    passed: timedelta
    look_from: timedelta
    whole: timedelta

    @property
    def mood(self) -> str:
        """`good`, `care` from `look_from` on, `bad` when the whole has passed."""
        if self.passed >= self.whole:
            return "bad"
        return "care" if self.passed >= self.look_from else "good"


@dataclass(frozen=True, slots=True)
class GaugeWords:
    """What the drawing says: its title and description, and a word at each of the three places."""

    title: str
    description: str
    begins: str
    look: str
    ends: str


def gauge_of(gauge: Gauge, words: GaugeWords) -> Markup:
    """The bar. A whole of nothing counts as passed."""
    room: Final = _WIDTH - _LEFT - _RIGHT
    share = 1.0 if gauge.whole <= timedelta() else min(1.0, gauge.passed / gauge.whole)
    mark = 1.0 if gauge.whole <= timedelta() else min(1.0, gauge.look_from / gauge.whole)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img" '
        'aria-labelledby="{n}-svg-title {n}-svg-desc"><title id="{n}-svg-title">{title}</title>'
        '<desc id="{n}-svg-desc">{description}</desc>'
        '<rect class="track" x="{left}" y="{top}" width="{room}" height="{bar}"/>'
        '<rect class="passed {mood}" x="{left}" y="{top}" width="{passed}" height="{bar}"/>'
        '<line class="axis" x1="{mark}" x2="{mark}" y1="{over}" y2="{under}"/>'
        '<text x="{mark}" y="{above}" text-anchor="middle">{look}</text>'
        '<text x="{left}" y="{below}">{begins}</text>'
        '<text x="{right}" y="{below}" text-anchor="end">{ends}</text></svg>'
    ).format(
        w=_WIDTH,
        h=_HEIGHT,
        n=gauge.name,
        title=words.title,
        description=words.description,
        left=_LEFT,
        top=_BAR_TOP,
        room=room,
        bar=_BAR_HEIGHT,
        mood=gauge.mood,
        passed=round(max(2.0, share * room), 1),
        mark=round(_LEFT + mark * room, 1),
        over=_BAR_TOP - 6,
        under=_BAR_TOP + _BAR_HEIGHT + 6,
        above=_BAR_TOP - 12,
        below=_BAR_TOP + _BAR_HEIGHT + 22,
        right=_WIDTH - _RIGHT,
        look=words.look,
        begins=words.begins,
        ends=words.ends,
    )
