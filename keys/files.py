"""Files of the vault: read only when nobody else may read them, written so that nobody else ever could.

Mode 0600 (or 0400) and a regular file, checked on the open descriptor, so that a link swapped between the
check and the reading changes nothing.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from keys.errors import KeyFileExposed, KeyFileUnusable

_EVERYONE_ELSE = stat.S_IRWXG | stat.S_IRWXO
_MAX_BYTES = 65_536


def read_private(path: Path) -> bytes:
    """The bytes of a private file.

    Raises `KeyFileUnusable` when it is missing, not a regular file or too large, `KeyFileExposed` when its
    group or everyone has any right on it.
    """
    try:
        # O_NONBLOCK: opening a named pipe must refuse, not wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise KeyFileUnusable(path=str(path), why=type(error).__name__) from error
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        raise KeyFileUnusable(path=str(path), why="not_a_regular_file")
    with os.fdopen(descriptor, "rb") as file:
        if facts.st_mode & _EVERYONE_ELSE:
            raise KeyFileExposed(path=str(path), mode=oct(stat.S_IMODE(facts.st_mode)))
        if facts.st_size > _MAX_BYTES:
            raise KeyFileUnusable(path=str(path), why="too_large")
        return file.read()


def write_private(path: Path, data: bytes) -> None:
    """Write a new file with mode 0600 from its first instant, and wait until the disk has it.

    Raises `FileExistsError` rather than replace a file.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """Wait until the disk has the folder's own entries."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
