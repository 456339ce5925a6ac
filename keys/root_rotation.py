"""The next root, to be signed by the keepers of the one in force and by its own.

Made from public facts alone: the roots in force, public halves to add, fingerprints to drop, and the
backend's keyring for the online keys. An online key that is no longer in the keyring is dropped at once: that
is what takes a stolen one out of every till, whatever it signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cartes.errors import BadJson
from cartes.signed_metadata import BadMetadata, SignedRole, check_roots
from cartes.signing_draft import SigningDraft
from cartes.wire import strict_json
from keys.custody import Keeper
from keys.errors import SigningRefused
from keys.manifest import KeyRecord
from keys.offline_roles import OFFLINE, ROOT_ROLES, RoleHolders, points_in, root_body
from keys.signer import Purpose, fingerprint_of

_SHORTEST: Final = 8
_LARGEST: Final = 1 << 20


def read_roots(directory: Path) -> Mapping[int, bytes]:
    """The roots `N.root.json` of a folder, such as the publication's `metadata`. Raises `SigningRefused`."""
    roots = {}
    for path in directory.glob("[1-9]*.root.json"):
        number = path.name.removesuffix(".root.json")
        if number.isascii() and number.isdigit():
            roots[int(number)] = path.read_bytes()
    if not roots:
        raise SigningRefused(why="no_roots", path=str(directory))
    return roots


def draft_next_root(
    roots: Mapping[int, bytes],
    at: datetime,
    *,
    add: Iterable[Keeper] = (),
    drop: Iterable[str] = (),
    online: Iterable[KeyRecord] = (),
    thresholds: Mapping[Purpose, int] | None = None,
) -> SigningDraft:
    """The root after the last of `roots`, as of `at`, good for a year; with no change it is only renewed.

    `drop` names keys by the beginning of their fingerprint (8 digits at least, spaces ignored); `online` are
    the records of the backend's keyring, and replace the online keys in force when there are any.
    Raises `SigningRefused`.
    """
    try:
        chain = check_roots(roots)
    except BadMetadata as refused:
        raise SigningRefused(why="roots", file=refused.facts["file"]) from refused
    last = chain[-1]
    added, dropped = tuple(add), tuple("".join(word.split()).lower() for word in drop)
    _check_dropped(last, dropped)
    records = tuple(online)
    holders = {}
    for purpose, role in ROOT_ROLES.items():
        points = [point for point in points_in(last.body, role) if not _is_dropped(point, dropped)]
        points += [
            keeper.public_key
            for keeper in added
            if keeper.purpose is purpose and keeper.public_key not in points
        ]
        if purpose not in OFFLINE and any(record.purpose is purpose for record in records):
            points = [
                record.public_key for record in records if record.purpose is purpose and record.signs_at(at)
            ]
        threshold = (thresholds or {}).get(purpose, last.body["roles"][role]["threshold"])
        holders[purpose] = RoleHolders(tuple(points), threshold)
    files = tuple(_whole(roots[version]) for version in sorted(roots))
    return SigningDraft("root", root_body(last.version + 1, holders, at), roots=files)


def _check_dropped(last: SignedRole, dropped: tuple[str, ...]) -> None:
    listed = [point for role in ROOT_ROLES.values() for point in points_in(last.body, role)]
    for word in dropped:
        if len(word) < _SHORTEST or sum(_is_dropped(point, (word,)) for point in listed) != 1:
            raise SigningRefused(why="unknown_key", fingerprint=word)


def _is_dropped(point: bytes, dropped: tuple[str, ...]) -> bool:
    whole = fingerprint_of(point).replace(" ", "")
    return any(whole.startswith(word) for word in dropped)


def _whole(data: bytes) -> Mapping[str, Any]:
    try:
        whole: Mapping[str, Any] = strict_json.loads(data, _LARGEST)
    except BadJson as refused:
        raise SigningRefused(why="roots") from refused
    return whole
