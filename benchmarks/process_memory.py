"""The most memory that a process tree ever held, from `/proc`: each process's own peak (`VmHWM`), added up.

Pages that processes share are counted in each: a sum is never too small.
"""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.process_cpu import ProcMissing, tree

_PEAK = re.compile(r"^VmHWM:\s+([0-9]+) kB$", re.MULTILINE)


def peak_memory(root: int) -> int:
    """Bytes, of the process `root` and all that live below it now."""
    if not Path("/proc/self/status").exists():
        raise ProcMissing
    peaks = (_PEAK.search(Path(f"/proc/{pid}/status").read_text()) for pid in tree([root]))
    return sum(int(found[1]) * 1024 for found in peaks if found is not None)
