"""How much work a thing is, beside another: processor time, the least of a few turns, never against a clock.

A machine that is shared makes every second longer; it makes both sides of a ratio longer alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable


def work_of(thing: Callable[[], object], turns: int = 10) -> float:
    """The least processor time `thing` took in `turns` turns, in seconds, after one that warms it."""
    thing()
    return min(_once(thing) for _ in range(turns))


def _once(thing: Callable[[], object]) -> float:
    before = time.process_time()
    thing()
    return time.process_time() - before
