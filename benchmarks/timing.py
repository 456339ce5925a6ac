"""Time several things turn by turn, so that whatever slows one of them slows the others too."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

Prepared = Callable[[], object]
"""One turn's work, all of whose operands are ready."""


def interleaved(
    variants: Mapping[str, Callable[[], Prepared]],
    *,
    rounds: int,
    operations: int,
    clock: Callable[[], float] = time.thread_time,
) -> dict[str, float]:
    """The median seconds of one operation of each variant, measured in turn (A, B, A, B).

    Each variant is called before each of its turns, outside the measure, and gives that turn's work, which
    does the operation `operations` times. The usual clock is this thread's own CPU time: what neighbours take
    is not counted.
    """
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(rounds + 1):
        for name, prepare in variants.items():
            work = prepare()
            started = clock()
            work()
            spent = clock() - started
            if turn:  # the first turn warms caches up
                taken[name].append(spent / operations)
    return {name: median(all_turns) for name, all_turns in taken.items()}
