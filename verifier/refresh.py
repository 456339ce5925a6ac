"""Bring a till up to date: the TUF client walks the publication, and what it proved goes to the store.

python-tuf does the walk (specification 5.2 to 5.7); the store proves everything again with its own code and
decides, so that two independent readings must agree before anything is believed. With nothing new it takes
two requests: the next root, which does not exist, and the timestamp. One cut short is taken up again where it
stopped (`incoming.py`).

The only module of the till that reaches for a network, and it is never imported by a scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.updater import Updater

from cartes.errors import CarteError
from cartes.signed_metadata import BadMetadata, check_roots
from cartes.status import StatusPurpose
from cartes.trust import TrustList
from verifier.fetchers import CountingFetcher, Deadlines, FolderFetcher, HttpFetcher, Progress
from verifier.incoming import ROLES, Incoming, incoming
from verifier.trust_bundle import TRUST_TARGET, TrustFiles, status_target
from verifier.trust_errors import (
    SourceInvalid,
    SourceUnreachable,
    StoreNotWritten,
    TrustForged,
    TrustFrozen,
    TrustRolledBack,
)
from verifier.trust_store import TrustStore

_LIMITS: Final = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=4,
    root_max_length=1 << 16,
    timestamp_max_length=1 << 14,
    snapshot_max_length=1 << 18,
    targets_max_length=1 << 20,
)
_DEADLINES: Final = Deadlines()
MAX_TARGET_SIZE: Final = 8 << 20
_MOST_WALKS: Final = 16


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did. `signed_at` is when the publisher last spoke, in UTC."""

    requests: int
    received: int
    changed: bool
    signed_at: datetime


def refresh(
    store: TrustStore,
    source: str,
    at: datetime,
    progress: Progress = lambda *_: None,
    deadlines: Deadlines = _DEADLINES,
) -> Refreshed:
    """Bring `store` up to date from `source`, an http(s) address or a folder, as of `at`.

    The address is that of the publication, above `metadata/` and `targets/`. Raises the `RefreshRefused` that
    says why, `TrustStoreUnusable` (run `init` first) or `VerifierClockBehind`; the store is then as it was.
    """
    base = _base_url(source)
    fetcher: CountingFetcher = (
        HttpFetcher(progress, deadlines) if base.startswith("http") else FolderFetcher(progress)
    )
    closed = closing(fetcher) if isinstance(fetcher, HttpFetcher) else nullcontext()
    store.roots()  # a folder that is no store says so before anything is written in it
    try:
        with closed, incoming(store.directory) as gathered:
            return _refreshed(store, base, fetcher, gathered, at)
    except DownloadLengthMismatchError as error:
        raise TrustForged(why="longer_than_announced") from error
    except DownloadHTTPError as error:
        raise SourceUnreachable(source=_shown(source), status=error.status_code) from error
    except DownloadError as error:
        raise SourceUnreachable(source=_shown(source), why=str(error)) from error
    except ExpiredMetadataError as error:
        raise TrustFrozen(why=str(error)) from error
    except BadVersionNumberError as error:
        raise TrustRolledBack(why=str(error)) from error
    except RepositoryError as error:
        raise TrustForged(why=type(error).__name__) from error
    except OSError as error:
        raise StoreNotWritten(why=type(error).__name__, errno=error.errno) from error


def _refreshed(
    store: TrustStore, base: str, fetcher: CountingFetcher, gathered: Incoming, at: datetime
) -> Refreshed:
    """Walk, and put what was found in force. What was fetched stays if this attempt is cut."""
    kept, roots = store.files(), store.roots()
    gathered.prepare(kept, roots)
    files = _gather(kept, roots, base, fetcher, gathered, at)
    try:
        changed = store.accept(files, at)
    except StoreNotWritten:
        raise  # proven, and no place for it yet
    except CarteError:
        gathered.discard()
        raise
    gathered.discard()
    return Refreshed(fetcher.requests, fetcher.received, changed, store.load(at).signed_at)


def _gather(
    kept: TrustFiles | None,
    roots: Mapping[int, bytes],
    base: str,
    fetcher: CountingFetcher,
    gathered: Incoming,
    at: datetime,
) -> TrustFiles:
    """Walk as often as it takes: a till far behind learns some roots each time; leftovers may be wrong."""
    for _ in range(_MOST_WALKS):
        known = gathered.count_roots()
        left = gathered.was_taken_up
        try:
            return _walk(kept, roots, base, fetcher, gathered, at)
        except (DownloadError, OSError):
            raise
        except (RepositoryError, CarteError):
            gathered.keep_roots_only()
            if not left and gathered.count_roots() == known:
                gathered.discard()
                raise
    raise TrustForged(why="too_many_roots")


def _walk(
    kept: TrustFiles | None,
    roots: Mapping[int, bytes],
    base: str,
    fetcher: CountingFetcher,
    gathered: Incoming,
    at: datetime,
) -> TrustFiles:
    """Let python-tuf walk from what the store holds to what the source offers, in a folder of its own."""
    folder = gathered.directory
    updater = Updater(
        str(folder),
        f"{base}/metadata/",
        target_dir=str(folder),
        target_base_url=f"{base}/targets/",
        fetcher=fetcher,
        config=_LIMITS,
        bootstrap=_newest_proven(gathered, roots),
    )
    # python-tuf asks the system's clock; here time is what the caller says.
    updater._trusted_set.reference_time = at  # noqa: SLF001 - 7.0 has no public way to say it
    updater.refresh()
    known = {} if kept is None else kept.target_files
    found = {TRUST_TARGET: _target(updater, TRUST_TARGET, known, gathered)}
    try:
        status_lists = TrustList.parse(found[TRUST_TARGET]).status_lists
    except CarteError as refused:
        raise TrustForged(file=TRUST_TARGET, why=str(refused)) from refused
    for list_id in status_lists:
        for purpose in StatusPurpose:
            name = status_target(list_id, purpose)
            found[name] = _target(updater, name, known, gathered)
    read = {role: (folder / f"{role}.json").read_bytes() for role in ROLES}
    history = gathered.roots(updater._trusted_set.root.version)  # noqa: SLF001 - same
    return TrustFiles(roots=history, target_files=found, **read)


def _newest_proven(gathered: Incoming, roots: Mapping[int, bytes]) -> bytes:
    """The root to go on from: python-tuf counts its limit of new roots from there."""
    found = gathered.roots()
    try:
        check_roots(found)
    except BadMetadata:  # a power cut left one half-written: begin from the store's own
        return roots[min(roots)]
    return found[max(found)]


def _target(updater: Updater, name: str, known: Mapping[str, bytes], gathered: Incoming) -> bytes:
    """One file of the publication: the one the store already holds if it still is that one."""
    described = updater.get_targetinfo(name)
    if described is None:
        raise TrustForged(file=name, why="not_listed")
    if described.length > MAX_TARGET_SIZE:
        raise TrustForged(file=name, why="too_long")
    kept = known.get(name)
    if kept is not None:
        try:
            described.verify_length_and_hashes(kept)
        except RepositoryError:
            pass  # another content: fetch it
        else:
            return kept
    place = str(gathered.place_of(name))
    return Path(
        updater.find_cached_target(described, place) or updater.download_target(described, place)
    ).read_bytes()


def _base_url(source: str) -> str:
    """The address without a slash at its end, or `SourceInvalid`."""
    try:
        parts = urlsplit(source)
    except ValueError as refused:
        raise SourceInvalid(source=_shown(source)) from refused
    if (
        parts.scheme in {"http", "https"}
        and parts.hostname
        and not (parts.query or parts.fragment or parts.username)
    ):
        return source.rstrip("/")
    folder = Path(parts.path) if parts.scheme == "file" and not parts.netloc else Path(source)
    if source and folder.is_dir():
        return folder.resolve().as_uri()
    raise SourceInvalid(source=_shown(source))


def _shown(source: str) -> str:
    """A source as it may be logged: never with a name or a password inside."""
    return source.rsplit("@", 1)[-1]
