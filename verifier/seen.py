"""The till's memory of proofs it has already accepted, so that one picture does not work twice.

A proof is known by (SHA-256 of the credential, second of the gesture), never by the bytes of the QR: an ECDSA
signature can be rewritten into a second valid one without the key (s becomes n-s), the moment it speaks of
cannot. Nothing personal is kept: a digest and two numbers, forgotten a few minutes later.

`FileSeen` outlives the process, since the command line is one process a scan. It fails closed: when the
memory cannot be read or written, the scan is refused rather than accepted unremembered.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from cartes.errors import CardRefused
from verifier.durable import sync_directory

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ReplayKey = tuple[bytes, int]

# Entries outlive their window by this much, so that a clock stepped forward and back again forgets nothing.
GRACE: Final = timedelta(minutes=10)
_PRUNE_ABOVE: Final = 256  # lines; a till at one scan a second stays far below a second's work
_MAX_BYTES: Final = 4_000_000  # far above ten minutes of scans: a larger file was not written by a till


class TillMemoryUnusable(CardRefused):
    """Check 14: this till cannot read or write what it has already seen, so it cannot exclude a replay."""

    code = "till_memory_unusable"


class Seen(Protocol):
    """Remembers each proof once."""

    def first_time(self, key: ReplayKey, at: datetime, until: datetime) -> bool:
        """True the first time `key` is shown, and it is remembered from then on, at least up to `until`.

        False ever after. Raises `TillMemoryUnusable` when the memory itself fails.
        """


class MemorySeen:
    """Within one process: tests, and a kiosk that never restarts within a minute."""

    def __init__(self) -> None:
        self._until: dict[ReplayKey, datetime] = {}

    def first_time(self, key: ReplayKey, at: datetime, until: datetime) -> bool:
        """See `Seen`."""
        if key in self._until:
            return False
        # The oldest stand first: what is forgotten is forgotten one by one, never all gone through.
        while self._until and self._until[next(iter(self._until))] + GRACE < at:
            del self._until[next(iter(self._until))]
        self._until[key] = until
        return True


class FileSeen:
    """In a small append-only file beside the trust store, or where all tills of one pharmacy reach it.

    Several processes may share it, on one machine or on a shared folder whose locks hold (`flock`).

    One line a proof: `digest t until`. Each is written whole and synced before the verdict is given. A line
    torn by a crash is ignored and the next starts afresh: the proof it held was never answered with a light.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")

    def first_time(self, key: ReplayKey, at: datetime, until: datetime) -> bool:
        """See `Seen`."""
        try:
            with self._locked():
                return self._first_time(key, at, until)
        except OSError as failure:
            raise TillMemoryUnusable(problem=failure.strerror or type(failure).__name__) from failure

    def _first_time(self, key: ReplayKey, at: datetime, until: datetime) -> bool:
        written = self._read()
        known = dict(_entries(written))
        if key in known:
            return False
        if len(known) >= _PRUNE_ABOVE:
            oldest_kept = int((at - GRACE).timestamp())
            known = {seen: end for seen, end in known.items() if end >= oldest_kept}
            self._rewrite(b"".join(_line(seen, end) for seen, end in known.items()))
            written = b""
        torn = b"\n" if written and not written.endswith(b"\n") else b""
        self._append(torn + _line(key, int(until.timestamp()) + 1))
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among the processes of this till. The lock has its own file: the memory is replaced."""
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform == "win32":
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                written = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            return b""
        if len(written) > _MAX_BYTES:
            raise TillMemoryUnusable(problem="too large")
        return written

    def _append(self, line: bytes) -> None:
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            _write_whole(descriptor, line)
        finally:
            os.close(descriptor)
        if is_new:  # a file whose name the disk does not have yet would be gone after a cut of power
            sync_directory(self._path.parent)

    def _rewrite(self, lines: bytes) -> None:
        fresh = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_TRUNC | os.O_CREAT, 0o600)
        try:
            _write_whole(descriptor, lines)
        finally:
            os.close(descriptor)
        fresh.replace(self._path)
        sync_directory(self._path.parent)


def _write_whole(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def _line(key: ReplayKey, until: int) -> bytes:
    digest, second = key
    return f"{digest.hex()} {second} {until}\n".encode("ascii")


def _entries(written: bytes) -> Iterator[tuple[ReplayKey, int]]:
    """The whole lines of the file; anything else is skipped."""
    for line in written.split(b"\n"):
        try:
            digest, second, until = line.decode("ascii").split(" ")
            yield (bytes.fromhex(digest), int(second)), int(until)
        except ValueError:
            continue
