"""The heads that were given out, in a file beside the database and not in it.

Whoever puts an older database back, whole and consistent, changes everything in it but this file: the sealer
compares before it signs, and a person can compare at any time. It holds nothing but signed heads, one a line,
each as a JSON text.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cartes.checkpoint import HeadRefused, LogKey, TreeHead, open_head
from cartes.errors import BadJson
from cartes.wire import strict_json

_LARGEST_LINE = 32_768
_SEALERS_AT_ONCE = 4


class HeadsFile:
    """See `ports.GivenOut`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def last(self, keys: tuple[LogKey, ...]) -> TreeHead | None:
        """See `GivenOut.last`."""
        if not self._path.exists():
            return None
        with self._path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _SEALERS_AT_ONCE * _LARGEST_LINE))
            lines = file.read().split(b"\n")[:-1]
        # The last few, since two sealers may have written theirs in the other order.
        heads = [_read_line(line, keys) for line in lines[-_SEALERS_AT_ONCE:]]
        return max(heads, key=lambda head: head.size, default=None)

    def add(self, note: str) -> None:
        """See `GivenOut.add`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            _end_the_line(descriptor)
            os.write(descriptor, strict_json.canonical(note) + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def set_aside(self, at: datetime) -> None:
        """See `GivenOut.set_aside`."""
        if self._path.exists():
            self._path.rename(self._path.with_name(f"{self._path.name}.before-{at:%Y%m%dT%H%M%SZ}"))


def read_heads(path: Path, keys: tuple[LogKey, ...]) -> Sequence[TreeHead]:
    """Every head of a file, in its order. A last line cut short is left out: it was given to nobody.

    Raises:
        HeadRefused: a line is not a head signed by one of `keys`.
    """
    return [_read_line(line, keys) for line in path.read_bytes().split(b"\n")[:-1]]


def _read_line(line: bytes, keys: tuple[LogKey, ...]) -> TreeHead:
    try:
        note = strict_json.loads(line, max_size=_LARGEST_LINE)
    except BadJson as error:
        raise HeadRefused(why="shape") from error
    if not isinstance(note, str):
        raise HeadRefused(why="shape")
    return open_head(note, keys)


def _end_the_line(descriptor: int) -> None:
    """Cut off what a crash left half written."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    data = os.pread(descriptor, min(size, _LARGEST_LINE), max(0, size - _LARGEST_LINE))
    if data and not data.endswith(b"\n"):
        os.ftruncate(descriptor, size - len(data) + data.rfind(b"\n") + 1)
