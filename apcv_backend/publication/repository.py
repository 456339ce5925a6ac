"""The publication as a TUF repository in a folder: plain files that any static server can give.

    metadata/1.root.json  metadata/timestamp.json  metadata/N.snapshot.json  N.targets.json  N.status.json
    targets/<sha256>.trust.json   targets/status/<sha256>.1-revoked   …

Consistent snapshots: every file but `timestamp.json` has its version or its hash in its name and is written
before anything names it, so the folder is whole at every instant, and the rename of the timestamp is the
publication. A stop at any write leaves the publication before; the next one writes over what was left.

One publication at a time, whatever the number of processes: a lock on a file, which the system gives back
when its holder dies.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tuf.api.serialization import DeserializationError

from apcv_backend.publication.edition import NextEdition, next_edition
from apcv_backend.publication.edition_words import ISSUED_AT, TIME, Edition
from apcv_backend.publication.offered import Offered
from apcv_backend.publication.offline import KeyringMixed, draft_targets, is_offline, root_to_publish
from apcv_backend.publication.ports import (
    Compose,
    PublicationClockBehind,
    PublicationDamaged,
    Published,
    Role,
    RoleSigners,
)
from apcv_backend.publication.pruning import prune
from apcv_backend.publication.tuf_signing import TufSigner
from apcv_backend.publication.tuf_words import (
    Metadata,
    Root,
    Said,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from cartes.signing_draft import SigningDraft

CLOCK_SKEW: Final = timedelta(seconds=300)


class FolderRepository:
    """Implements `ports.TrustRepository` in `directory`, which is made if it does not exist."""

    def __init__(
        self,
        directory: Path,
        signers: RoleSigners,
        *,
        write: Callable[[Path, bytes], None] | None = None,
    ) -> None:
        self._directory = directory
        self._signers = signers
        self._write = write_in_one_step if write is None else write

    def publish(self, compose: Compose, at: datetime, offered: Offered | None = None) -> Published:
        """Publish what `compose` gives, as of `at`, with what the keepers of offline keys `offered`.

        Raises a `PublicationRefused` (`PublicationDamaged`, `PublicationClockBehind`, `RootKeyChanged`, those
        of `offline`), what the vault raises, or `OSError`.
        """
        with self._alone():
            before = self._read()
            at = _not_before(before, at.astimezone(UTC).replace(microsecond=0))
            contents = compose(before.contents, at)
            after = next_edition(before, contents, self._tuf_signers(at), at, offered)
            self._put(after)
            prune(self._directory)
        return Published(
            version=after.timestamp.signed.version,
            issued_at=at,
            expires_at=after.timestamp.signed.expires,
            renewed=after.renewed,
            awaiting=after.awaiting,
        )

    def draft_targets(self, compose: Compose, at: datetime, offered: Offered | None = None) -> SigningDraft:
        """What the keepers should sign for the trust list of now, under the root in force or offered.

        Publishes nothing. Raises a `PublicationRefused`, what the vault raises, or `OSError`.
        """
        with self._alone():
            before = self._read()
            at = _not_before(before, at.astimezone(UTC).replace(microsecond=0))
            contents = compose(before.contents, at)
            signers = self._tuf_signers(at)
            if not is_offline(signers):
                raise KeyringMixed(held="targets")
            root = root_to_publish(before, offered or Offered(), signers, at)
            roots = [self._bytes(f"metadata/{n}.root.json") for n in range(1, root.signed.version)]
            chain = (*(data for data in roots if data is not None), root.to_bytes())
            return draft_targets(before, contents, chain, signers, at)

    def _tuf_signers(self, at: datetime) -> dict[Role, TufSigner]:
        """The keys this publisher holds: those of root and targets may be elsewhere."""
        held = {role: self._signers(role, at) for role in Role}
        return {role: TufSigner(signer) for role, signer in held.items() if signer is not None}

    def expires_at(self) -> datetime | None:
        """When the publication in force ends (UTC), or `None` before the first one."""
        data = self._bytes("metadata/timestamp.json")
        return None if data is None else _parse(data, Timestamp, "timestamp.json").signed.expires

    # --- Reading what is published --------------------------------------------------------------------

    def _read(self) -> Edition:
        root = self._last_root()
        word = self._bytes("metadata/timestamp.json")
        if word is None:
            # A first publication stopped half-way leaves versions 1; anything more had a timestamp once.
            if self._bytes("metadata/2.snapshot.json") is not None:
                raise PublicationDamaged(file="timestamp.json", why="missing")
            return Edition(root=root)
        timestamp = _parse(word, Timestamp, "timestamp.json")
        if root is None:
            raise PublicationDamaged(file="1.root.json", why="missing")
        snapshot = self._role(Snapshot, "snapshot", timestamp.signed.snapshot_meta.version)
        targets = self._role(Targets, "targets", snapshot.signed.meta["targets.json"].version)
        status = self._role(Targets, "status", snapshot.signed.meta["status.json"].version)
        listed = {**targets.signed.targets, **status.signed.targets}
        contents = {name: self._target(file) for name, file in listed.items()}
        return Edition(root, timestamp, snapshot, targets, status, contents)

    def _last_root(self) -> Metadata[Root] | None:
        last, version = None, 1
        while (data := self._bytes(f"metadata/{version}.root.json")) is not None:
            last = _parse(data, Root, f"{version}.root.json")
            version += 1
        return last

    def _role(self, kind: type[Said], name: str, version: int) -> Metadata[Said]:
        file = f"{version}.{name}.json"
        data = self._bytes(f"metadata/{file}")
        if data is None:
            raise PublicationDamaged(file=file, why="missing")
        return _parse(data, kind, file)

    def _target(self, file: TargetFile) -> bytes:
        data = self._bytes(f"targets/{_hashed_name(file.path, file.hashes['sha256'])}")
        if data is None or hashlib.sha256(data).hexdigest() != file.hashes["sha256"]:
            raise PublicationDamaged(file=file.path, why="missing" if data is None else "hash")
        return data

    def _bytes(self, relative: str) -> bytes | None:
        try:
            return (self._directory / relative).read_bytes()
        except FileNotFoundError:
            return None

    # --- Writing the next edition ---------------------------------------------------------------------

    def _put(self, after: NextEdition) -> None:
        """Write from the bottom up: nothing is named before it exists; the timestamp is last."""
        for name, data in after.contents.items():
            relative = f"targets/{_hashed_name(name, hashlib.sha256(data).hexdigest())}"
            if self._bytes(relative) != data:
                self._write(self._directory / relative, data)
        for role, metadata in (
            (Role.TARGETS, after.targets),
            (Role.STATUS, after.status),
            (Role.SNAPSHOT, after.snapshot),
            # A root may take away the right of whoever signed the timestamp in force: they change together.
            (Role.ROOT, after.root),
        ):
            if role in after.renewed:
                file = f"{metadata.signed.version}.{role.value}.json"
                self._write(self._directory / "metadata" / file, metadata.to_bytes())
        self._write(self._directory / "metadata" / "timestamp.json", after.timestamp.to_bytes())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        for folder in ("metadata", "targets/status"):
            (self._directory / folder).mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def write_in_one_step(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that a reader, or a cut of power, finds the old file or the new one."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_before(before: Edition, at: datetime) -> datetime:
    """The instant to sign: never earlier than the one before, since tills keep the latest as a floor."""
    if before.timestamp is None:
        return at
    signed = before.timestamp.signed.unrecognized_fields.get(ISSUED_AT)
    try:
        last = datetime.strptime(str(signed), TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise PublicationDamaged(file="timestamp.json", why=ISSUED_AT) from error
    if at < last - CLOCK_SKEW:
        raise PublicationClockBehind(behind_s=int((last - at).total_seconds()))
    return max(at, last)


def _hashed_name(name: str, digest: str) -> str:
    folder, slash, base = name.rpartition("/")
    return f"{folder}{slash}{digest}.{base}"


def _parse(data: bytes, kind: type[Said], file: str) -> Metadata[Said]:
    try:
        metadata = Metadata[Said].from_bytes(data)
    except DeserializationError as error:
        raise PublicationDamaged(file=file, why="not_metadata") from error
    if not isinstance(metadata.signed, kind):
        raise PublicationDamaged(file=file, why="type")
    return metadata
