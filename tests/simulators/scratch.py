"""Where a run of the tests writes: in memory, where the machine has room for it.

Every test has its own database and its own folder. Copying a PostgreSQL database costs eight times less in
memory than on a disk, and a commit there waits for nobody. What these files promise after a power cut is not
tested here; that a killed process leaves them whole is, and memory keeps them then as a disk does.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 4 * 1024**3


def work_in_memory(folder: Path = _SHARED_MEMORY, room: int = _ROOM_BYTES) -> None:
    """Make `folder` the place of temporary files, for this process and those it starts.

    Whoever chose a place keeps it (`TMPDIR`); a folder that is missing, small, closed to us or unable to
    hold programs (packages are installed there) is left alone.
    """
    if "TMPDIR" not in os.environ and _serves(folder, room):
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _serves(folder: Path, room: int) -> bool:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return False
    if os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return min(shutil.disk_usage(folder).free, _free_memory()) >= room


def _free_memory() -> int:
    """Bytes of memory the kernel could give now; 0 where it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    told = dict(line.split(":", 1) for line in lines)
    return int(told.get("MemAvailable", "0 kB").split()[0]) * 1024
