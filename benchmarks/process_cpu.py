"""CPU time of whole process trees, from `/proc`: what an issuance costs, wherever the work is done."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class ProcMissing(RuntimeError):
    """This machine has no `/proc`; CPU per request cannot be told."""


def cpu_seconds(roots: Iterable[int]) -> float:
    """User and system seconds that the processes `roots`, and all below them, have used so far.

    Children that ended are counted in the parent that waited for them (proc(5): cutime, cstime).
    """
    counted, used = _below(roots)
    return sum(used[pid] for pid in counted) * _TICK_S


def tree(roots: Iterable[int]) -> set[int]:
    """The processes `roots`, and all that live below them."""
    return _below(roots)[0]


def _below(roots: Iterable[int]) -> tuple[set[int], dict[int, int]]:
    if not (_PROC / "self" / "stat").exists():
        raise ProcMissing
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(folder.name)] = int(after_name[1])
        used[int(folder.name)] = sum(map(int, after_name[11:15]))
    counted = set(roots)
    missing = counted - used.keys()
    if missing:
        raise RuntimeError(f"no such process: {sorted(missing)}")
    grew = True
    while grew:
        below = {pid for pid, parent in parents.items() if parent in counted} - counted
        counted |= below
        grew = bool(below)
    return counted, used
