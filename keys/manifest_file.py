"""The manifest on disk: read whole, changed by one person at a time, replaced in one rename.

Whoever reads sees the manifest of before or of after, never a third. Whoever changes it holds the lock
`keyring.lock` from reading to replacing, so that two changes made at once are both kept. Each change leaves
one line in `keyring.log`: when, what, which key, why. The line comes first: a change that was not made may be
told, one that was made is never silent.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keys.errors import KeyringUnusable
from keys.files import sync_directory, write_private
from keys.manifest import Manifest

MANIFEST_NAME = "keyring.json"
LOG_NAME = "keyring.log"
_LOCK_NAME = "keyring.lock"


@dataclass(frozen=True, slots=True)
class ManifestStamp:
    """By what one sees that the file was replaced or written over, without reading it."""

    inode: int
    modified_ns: int
    size: int


def stamp_of(directory: Path) -> ManifestStamp:
    """The stamp of a keyring's manifest. Raises `KeyringUnusable` when there is none."""
    path = directory / MANIFEST_NAME
    try:
        facts = path.stat()
    except OSError as error:
        raise KeyringUnusable(path=str(path), why=type(error).__name__) from error
    return ManifestStamp(facts.st_ino, facts.st_mtime_ns, facts.st_size)


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a keyring's folder. Raises `KeyringUnusable`."""
    path = directory / MANIFEST_NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeyringUnusable(path=str(path), why=type(error).__name__) from error
    return Manifest.parse(data)


class OpenManifest:
    """A manifest under its lock: read it, replace it as often as needed."""

    def __init__(self, directory: Path, write: Callable[[Path, bytes], None]) -> None:
        self._directory = directory
        self._write = write
        self.manifest = read_manifest(directory)

    def replace(self, manifest: Manifest, told: Mapping[str, str], at: datetime) -> None:
        """Put a new manifest in force, `told` in the log first. What cannot be read back is not written."""
        data = manifest.encode()
        Manifest.parse(data)
        line = {"at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), **told}
        new = self._directory / f"{MANIFEST_NAME}.new"
        try:
            _append(self._directory / LOG_NAME, json.dumps(line, ensure_ascii=False).encode() + b"\n")
            new.unlink(missing_ok=True)  # what a change that was killed left behind
            self._write(new, data)
            new.rename(self._directory / MANIFEST_NAME)
            sync_directory(self._directory)
        except OSError as error:
            raise KeyringUnusable(path=str(self._directory), why=type(error).__name__) from error
        self.manifest = manifest


@contextmanager
def changing(
    directory: Path, *, write: Callable[[Path, bytes], None] = write_private
) -> Iterator[OpenManifest]:
    """Hold the manifest for a change; whoever else wants to change it waits. Raises `KeyringUnusable`."""
    read_manifest(directory)  # a folder that is no keyring gets no lock file
    try:
        descriptor = os.open(directory / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise KeyringUnusable(path=str(directory), why=type(error).__name__) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield OpenManifest(directory, write)
    finally:
        os.close(descriptor)


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
