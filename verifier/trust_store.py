"""What this workstation trusts, kept in a folder, proven again each time it is read.

    store/
      current             the name of the generation in force: replaced in one step
      floor.json          the latest signed timestamp ever seen, as it was signed
      generations/7-1a2b/ one publication, whole: N.root.json, four roles, targets/, and `revocations`:
                          what this till has seen revoked, up to and with this publication

A new publication is written beside the old one and only then becomes current, so that a cut of power leaves
one or the other. It is accepted only if no role's version goes back. The floor is a signed file, not a date:
it can neither be raised by hand to stop the till, nor lowered below what the publication itself says.

Nobody can protect a folder from someone who replaces all of it, root included: the first root is trusted
because a person gave it to `init`. Imports no TUF library.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from cartes.errors import TrustStoreUnusable
from cartes.signed_metadata import BadMetadata, check_roots, parse_role
from verifier.durable import locked, sync_directory, write_durably
from verifier.revocation_memory import (
    MEMORY_FILE,
    NOTHING_SEEN,
    RevocationMemory,
    RevokedAsSeen,
    SuspendedAsListed,
)
from verifier.trust_bundle import (
    SignedMoment,
    TrustBundle,
    TrustFiles,
    check_bundle,
    check_shards,
)
from verifier.trust_continuity import binding_moment, binding_versions
from verifier.trust_errors import (
    RootUnusable,
    StoreAlreadyInitialised,
    StoreNotWritten,
    TrustForged,
    TrustFrozen,
)
from verifier.trust_snapshot import TrustSnapshot, check_moment_kept, check_no_older, is_older

__all__ = ["TrustSnapshot", "TrustStore"]


_CURRENT: Final = "current"
_FLOOR: Final = "floor.json"
_GENERATIONS: Final = "generations"
_GENERATION: Final = re.compile(r"[0-9]{1,16}-[0-9a-f]{8}")
_NEVER_REFRESHED: Final = "0-"
"""How the name of a generation begins that has a root and nothing else yet."""
_MOST_READINGS: Final = 20
_ROLES: Final = ("timestamp", "snapshot", "targets", "status")


class TrustStore:
    """The folder. Processes may share it: writers take turns, readers always see a whole generation."""

    def __init__(self, directory: Path, *, write: Callable[[Path, bytes], None] = write_durably) -> None:
        self.directory = directory
        self._write = write

    def init(self, root: bytes) -> None:
        """Start a store from the publisher's root, which the caller vouches for.

        Doing it again with the same root changes nothing. Raises `RootUnusable`, `StoreAlreadyInitialised`
        or `StoreNotWritten`.
        """
        try:
            version = _version_of(root)
        except BadMetadata as refused:
            raise RootUnusable(**refused.facts) from refused
        with self._writing():
            if (self.directory / _CURRENT).exists():
                if self.roots().get(version) != root:
                    raise StoreAlreadyInitialised
                return
            self._install(f"{_NEVER_REFRESHED}{os.urandom(4).hex()}", {f"{version}.root.json": root})

    def load(self, at: datetime) -> TrustSnapshot:
        """What may be believed at `at`, every signature and hash proven again.

        Raises `TrustStoreUnusable` naming the file at fault, `VerifierClockBehind` or `TrustStoreStale`.
        """
        for _ in range(_MOST_READINGS):
            folder = self._current_folder()
            try:
                snapshot = self._snapshot(folder, at)
                break
            except (FileNotFoundError, TrustStoreUnusable) as error:
                # A refresh may have come while this was read, put its floor and taken this generation away.
                if self._current_folder() != folder:
                    continue
                if isinstance(error, FileNotFoundError):
                    raise _missing(folder, error) from error
                raise
        else:
            raise TrustStoreUnusable(file=_CURRENT, why="keeps_changing")
        snapshot.check(at)
        return snapshot

    def roots(self) -> Mapping[int, bytes]:
        """The roots of the generation in force, by version, as on disk. Raises `TrustStoreUnusable`."""
        try:
            return _roots_in(self._current_folder())
        except OSError as error:
            raise TrustStoreUnusable(file="root.json", why=type(error).__name__) from error

    def files(self) -> TrustFiles | None:
        """The bytes of the generation in force, or `None` if it is not a whole one that holds."""
        try:
            files = _files_in(self._current_folder())
            check_bundle(files)
        except (OSError, BadMetadata):
            return None
        return files

    def accept(self, files: TrustFiles, at: datetime) -> bool:
        """Put a publication in force if it is genuine, in date and no older; say whether anything changed.

        Raises `TrustForged`, `TrustRolledBack`, `TrustFrozen`, `VerifierClockBehind` (a clock set back
        would let a frozen publication pass), `TrustStoreUnusable` or `StoreNotWritten`; the store is then as
        it was.
        """
        with self._writing():
            kept = self.files()
            offered = self._check_offer(files, kept, at)
            if kept is not None and kept.timestamp == files.timestamp:
                return False
            contents = {f"{version}.root.json": data for version, data in files.roots.items()}
            contents |= {f"{role}.json": getattr(files, role) for role in _ROLES}
            contents[MEMORY_FILE] = self._memory().having_seen(offered, at).encode()
            contents |= {f"targets/{quote(name, safe='')}": data for name, data in files.target_files.items()}
            self._install(f"{offered.versions['timestamp']}-{os.urandom(4).hex()}", contents)
            # After the publication it comes from: written first, a cut here could leave a floor whose root
            # is not in force yet.
            self._put(self.directory / _FLOOR, files.timestamp)
            return True

    # --- Reading ------------------------------------------------------------------------------------

    def _current_folder(self) -> Path:
        try:
            name = (self.directory / _CURRENT).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise TrustStoreUnusable(file=_CURRENT, why="not_initialised") from error
        if not _GENERATION.fullmatch(name):
            raise TrustStoreUnusable(file=_CURRENT, why="name")
        return self.directory / _GENERATIONS / name

    def _snapshot(self, folder: Path, at: datetime) -> TrustSnapshot:
        try:
            files = _files_in(folder)
            bundle = check_bundle(files)
            floor = self._floor(files.roots)
            memory = RevocationMemory.decode((folder / MEMORY_FILE).read_bytes())
        except BadMetadata as refused:
            raise TrustStoreUnusable(**refused.facts) from refused
        except FileNotFoundError:
            raise
        except OSError as error:
            raise TrustStoreUnusable(file=str(error.filename), why=type(error).__name__) from error
        if floor is not None and is_older(bundle, floor):
            raise TrustStoreUnusable(file=_CURRENT, why="rolled_back", floor=floor.signed_at.isoformat())
        # The floor can only add to what the publication in force says: taking its file away lowers nothing.
        return TrustSnapshot(
            bundle.trust,
            {number: RevokedAsSeen(listed, memory, at) for number, listed in bundle.revoked.items()},
            {number: SuspendedAsListed(listed) for number, listed in bundle.suspended.items()},
            bundle.signed_at,
            bundle.expires_at,
            bundle.signed_at if floor is None else max(bundle.signed_at, floor.signed_at),
        )

    def _floor(
        self, roots: Mapping[int, bytes], newest_roots: Mapping[int, bytes] | None = None
    ) -> SignedMoment | None:
        try:
            timestamp = (self.directory / _FLOOR).read_bytes()
        except FileNotFoundError:
            return None
        return binding_moment(timestamp, _FLOOR, roots, roots if newest_roots is None else newest_roots)

    def _memory(self) -> RevocationMemory:
        """What the generation in force remembers. Raises `TrustStoreUnusable`: nothing seen may be lost."""
        folder = self._current_folder()
        try:
            return RevocationMemory.decode((folder / MEMORY_FILE).read_bytes())
        except FileNotFoundError as error:
            if folder.name.startswith(_NEVER_REFRESHED):
                return NOTHING_SEEN
            raise TrustStoreUnusable(file=MEMORY_FILE, why="missing") from error
        except OSError as error:
            raise TrustStoreUnusable(file=MEMORY_FILE, why=type(error).__name__) from error

    # --- Accepting ----------------------------------------------------------------------------------

    def _check_offer(self, files: TrustFiles, kept: TrustFiles | None, at: datetime) -> TrustBundle:
        own_roots = self.roots()
        for version, root in own_roots.items():
            if files.roots.get(version) != root:
                raise TrustForged(file=f"{version}.root.json", why="not_our_root")
        try:
            offered = check_bundle(files)
            check_shards(offered)
        except BadMetadata as refused:
            raise TrustForged(**refused.facts) from refused
        try:
            floor = self._floor(own_roots, files.roots)
        except BadMetadata as refused:
            raise TrustStoreUnusable(**refused.facts) from refused
        if kept is not None:
            held = check_bundle(kept)
            binding = binding_versions(kept, held.versions, files)
            check_no_older(offered, replace(held, versions=binding))
            if "timestamp" in binding:
                seen = SignedMoment(held.versions["timestamp"], held.signed_at)
                check_moment_kept(offered, seen, at)
                if offered.versions["timestamp"] == seen.version and kept.timestamp != files.timestamp:
                    raise TrustForged(file="timestamp.json", why="same_version_other_content")
        if floor is not None:
            check_moment_kept(offered, floor, at)
        if offered.expires_at <= at:
            raise TrustFrozen(expired_at=offered.expires_at.isoformat())
        return offered

    # --- Writing ------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Writers of all processes take turns."""
        with contextlib.ExitStack() as held:
            try:
                self.directory.mkdir(parents=True, exist_ok=True)
                held.enter_context(locked(self.directory / ".lock"))
            except OSError as error:
                raise StoreNotWritten(why=type(error).__name__, errno=error.errno) from error
            yield

    def _install(self, name: str, contents: Mapping[str, bytes]) -> None:
        """Write a whole generation, then put it in force; take it away again if anything fails."""
        folder = self.directory / _GENERATIONS / name
        before = self._generation_name()
        try:
            (folder / "targets").mkdir(parents=True)
            for relative, data in contents.items():
                self._write(folder / relative, data)
            sync_directory(folder.parent)
            self._write(self.directory / _CURRENT, name.encode("ascii"))
        except OSError as error:
            if self._generation_name() != name:
                shutil.rmtree(folder, ignore_errors=True)
            raise StoreNotWritten(why=type(error).__name__, errno=error.errno) from error
        # The one before stays until the next refresh: somebody may be reading it.
        for old in (self.directory / _GENERATIONS).iterdir():
            if old.name not in {name, before}:
                shutil.rmtree(old, ignore_errors=True)

    def _generation_name(self) -> str | None:
        try:
            return (self.directory / _CURRENT).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None

    def _put(self, path: Path, data: bytes) -> None:
        try:
            self._write(path, data)
        except OSError as error:
            raise StoreNotWritten(why=type(error).__name__, errno=error.errno) from error


def _missing(folder: Path, error: FileNotFoundError) -> TrustStoreUnusable:
    if folder.name.startswith(_NEVER_REFRESHED):
        return TrustStoreUnusable(file="timestamp.json", why="never_refreshed")
    return TrustStoreUnusable(file=Path(str(error.filename)).name, why="missing")


def _version_of(root: bytes) -> int:
    """The version of a root that is signed by itself. Raises `BadMetadata`."""
    version: int = parse_role(root, "root", "root.json").unverified_body["version"]
    check_roots({version: root})
    return version


def _roots_in(folder: Path) -> dict[int, bytes]:
    roots = {}
    for path in folder.glob("*.root.json"):
        version = path.name.removesuffix(".root.json")
        if version.isascii() and version.isdigit():
            roots[int(version)] = path.read_bytes()
    return roots


def _files_in(folder: Path) -> TrustFiles:
    roles = {role: (folder / f"{role}.json").read_bytes() for role in _ROLES}
    targets = {unquote(path.name): path.read_bytes() for path in (folder / "targets").glob("[!.]*")}
    return TrustFiles(roots=_roots_in(folder), target_files=targets, **roles)
