"""Where a refresh gathers what it has fetched, so that one cut short is taken up again where it stopped.

    store/incoming/base           what the store held then: leftovers of another beginning are dropped
    store/incoming/root_history/  roots, each proven by the one before
    store/incoming/*.json         roles, as python-tuf proved and kept them
    store/incoming/targets/       files, under their names

Nothing here is believed for being here: python-tuf proves each file again when it takes it up, and the store
proves the whole before it is in force. One refresh at a time; a second waits for the first.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from verifier.durable import locked
from verifier.trust_bundle import TrustFiles

ROLES: Final = ("timestamp", "snapshot", "targets", "status")
_BASE: Final = "base"
_ROOTS: Final = "root_history"
_TARGETS: Final = "targets"


class Incoming:
    """The folder of one refresh, prepared for python-tuf to walk in."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.was_taken_up = False

    def prepare(self, kept: TrustFiles | None, roots: Mapping[int, bytes]) -> None:
        """Begin from what the store holds, or take up what an earlier attempt left of the same beginning."""
        base = _named(kept, roots)
        with suppress(OSError):
            if (self.directory / _BASE).read_bytes() == base:
                self.was_taken_up = True
                return
        self.discard()
        for folder in (_ROOTS, _TARGETS):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        for version, root in roots.items():
            (self.directory / _ROOTS / f"{version}.root.json").write_bytes(root)
        if kept is not None:
            for role in ROLES:
                (self.directory / f"{role}.json").write_bytes(getattr(kept, role))
        # Last: a folder without it was never whole, and is begun again.
        (self.directory / _BASE).write_bytes(base)

    def place_of(self, name: str) -> Path:
        """Where a file of the publication is kept."""
        return self.directory / _TARGETS / quote(name, safe="")

    def roots(self, newest: int | None = None) -> dict[int, bytes]:
        """The roots gathered, by version, up to the one that was proven last when it is told."""
        found = {}
        for path in (self.directory / _ROOTS).glob("*.root.json"):
            number = path.name.removesuffix(".root.json")
            if number.isascii() and number.isdigit() and (newest is None or int(number) <= newest):
                found[int(number)] = path.read_bytes()
        return found

    def count_roots(self) -> int:
        """How many roots were gathered so far."""
        return len(list((self.directory / _ROOTS).glob("*.root.json")))

    def keep_roots_only(self) -> None:
        """Forget roles and files that did not hold together; proven roots are worth keeping."""
        self.was_taken_up = False
        for role in ROLES:
            (self.directory / f"{role}.json").unlink(missing_ok=True)
        shutil.rmtree(self.directory / _TARGETS, ignore_errors=True)
        (self.directory / _TARGETS).mkdir()

    def discard(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.directory, ignore_errors=True)


@contextmanager
def incoming(store: Path) -> Iterator[Incoming]:
    """The incoming folder of a store, for this refresh alone. Raises `OSError`."""
    with locked(store / ".refresh.lock"):
        yield Incoming(store / "incoming")


def _named(kept: TrustFiles | None, roots: Mapping[int, bytes]) -> bytes:
    digest = hashlib.sha256()
    for version in sorted(roots):
        digest.update(hashlib.sha256(roots[version]).digest())
    if kept is not None:
        digest.update(kept.timestamp)
    return digest.hexdigest().encode("ascii")
