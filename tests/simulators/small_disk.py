"""A disk that can be filled and emptied: a small file system in memory, where this machine lets us mount one.

Elsewhere (no root, a container without the right) `fill` forbids the given processes to make any file longer
than it is, which ends their writes in the same place with another errno (EFBIG for ENOSPC).
"""

from __future__ import annotations

import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_BALLAST = "ballast"
_CHUNKS = (1 << 16, 1 << 12)


@cache
def can_mount() -> bool:
    """Whether this machine lets us mount a file system of our own."""
    with tempfile.TemporaryDirectory(prefix="cartes-disk-") as name:
        try:
            _mount(Path(name), 1)
        except (OSError, subprocess.CalledProcessError):
            return False
        _unmount(Path(name))
        return True


@dataclass
class SmallDisk:
    """A folder on it; `mounted` says which of the two ways it is small."""

    folder: Path
    mounted: bool
    _held: dict[int, tuple[int, int]] = field(default_factory=dict)

    def fill(self, *group: int) -> None:
        """Leave no room. `group`: leaders of the groups of processes that must be kept from writing."""
        if self.mounted:
            with (self.folder / _BALLAST).open("wb", buffering=0) as ballast:
                for chunk in _CHUNKS:
                    with suppress(OSError):
                        while True:
                            ballast.write(bytes(chunk))
            return
        for pid in _members(group):
            self._held[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, self._held[pid][1]))

    def empty(self) -> None:
        """Give the room back."""
        (self.folder / _BALLAST).unlink(missing_ok=True)
        for pid, limits in self._held.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        self._held.clear()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk of that size at `folder`, gone when the block ends."""
    folder.mkdir()
    mounted = can_mount()
    if mounted:
        _mount(folder, megabytes)
    disk = SmallDisk(folder, mounted)
    try:
        yield disk
    finally:
        disk.empty()
        if mounted:
            _unmount(folder)


def _members(groups: tuple[int, ...]) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(entry.read_text().rsplit(")", 1)[1].split()[2]) in groups:
                found.append(int(entry.parent.name))
    return found


def _mount(folder: Path, megabytes: int) -> None:
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "cartes-test", folder],
        check=True,
        capture_output=True,
    )


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)
