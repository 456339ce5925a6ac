"""Bring trust data from the publication into the phone, every signature and hash checked on the way.

The publication is a folder of signed files (`docs/formats/trust.md`, The Update Framework) that any static
server serves. The phone starts from a root its owner was given, follows newer roots signed by the one before,
and takes the trust list and the e-CPS lists of one snapshot. It goes on from the newest root it has proven,
never again from its first: whoever steals the keys of an old root rewrites nothing. An expired, older or
mixed publication is refused, and the phone keeps what it had.

What a till does and this phone does not: it keeps what it proved, not the proofs, so a pocket edited by
whoever holds the phone is not noticed; of the versions only the signed time is held, and a revocation that a
later list no longer names is not remembered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from cartes.cards import CardKind
from cartes.errors import CarteError, InvalidValue
from cartes.signed_metadata import (
    BadMetadata,
    RoleKeys,
    SignedRole,
    authority,
    check_roots,
    instant,
    members_of,
    parse_role,
    status_authority,
)
from cartes.status import StatusPurpose
from cartes.trust import TrustList
from cartes.wire import base64url
from mobile_mock.errors import PhoneError, PocketDamaged
from mobile_mock.trust_data import known_from, trust_members

Fetch = Callable[[str], bytes | None]
"""The bytes of a file of the publication by its path, or None when there is no such file."""
_MOST_ROOTS: Final = 64


class TrustRefused(PhoneError):
    """The publication offered is not genuine, not whole, expired, or older than what the phone has."""

    code = "trust_refused"


def fetch_trust(root: bytes, fetch: Fetch, at: datetime, kept: Any = None) -> dict[str, object]:
    """The members of `trust.json` from a publication, proven from `root` on.

    `kept` is what the phone has: it goes on from the newest root in it instead, and nothing older takes its
    place. Raises `TrustRefused` for what is offered, `PocketDamaged` for what is kept.
    """
    newest_kept, kept_at = _kept(kept)
    try:
        members = _fetched(newest_kept or root, fetch, at)
        offered = known_from(members)
    except (CarteError, KeyError, TypeError, ValueError) as refused:
        facts = refused.facts if isinstance(refused, CarteError) else {"why": "shape"}
        raise TrustRefused(**facts) from refused
    if int(offered.signed_at.timestamp()) < kept_at:
        raise TrustRefused(why="rolled_back")
    return members


def _kept(members: Any) -> tuple[bytes | None, int]:
    """The newest root proven before, and when what is kept was signed (Unix seconds)."""
    if members is None:
        return None, 0
    try:
        root = members.get("root")  # a pocket of before has none
        return None if root is None else base64url.decode(root), int(members["signed_at"])
    except (AttributeError, KeyError, TypeError, ValueError, CarteError) as refused:
        raise PocketDamaged(file="trust.json") from refused


def _fetched(root: bytes, fetch: Fetch, at: datetime) -> dict[str, object]:
    newest, newest_bytes = _newest_root(root, fetch)
    top = {role: authority(newest, role) for role in ("timestamp", "snapshot", "targets")}
    timestamp = _role(fetch, "metadata/timestamp.json", "timestamp", "timestamp.json", top["timestamp"])
    snapshot = _listed(fetch, timestamp, "snapshot", "snapshot.json", top["snapshot"])
    targets = _listed(fetch, snapshot, "targets", "targets.json", top["targets"])
    status = _listed(fetch, snapshot, "targets", "status.json", status_authority(targets))
    for role in (newest, timestamp, snapshot, targets, status):
        if role.expires_at <= at:
            raise BadMetadata(file=role.file, why="expired")
    trust = _target(fetch, targets, "trust.json")
    lists = [number for number, kind in TrustList.parse(trust).status_lists.items() if kind is CardKind.ECPS]
    revoked, suspended = (
        {number: _target(fetch, status, f"status/{number}-{purpose.value}") for number in lists}
        for purpose in (StatusPurpose.REVOKED, StatusPurpose.SUSPENDED)
    )
    signed_at = instant(timestamp.file, timestamp.body, "issued_at")
    return trust_members(trust, revoked, suspended, signed_at) | {"root": base64url.encode(newest_bytes)}


def _newest_root(root: bytes, fetch: Fetch) -> tuple[SignedRole, bytes]:
    """The last of the roots, each signed by the one before and by itself; and its file."""
    version = parse_role(root, "root", "root.json").unverified_body["version"]
    roots = {version: root}
    while len(roots) <= _MOST_ROOTS:
        version += 1
        data = fetch(f"metadata/{version}.root.json")
        if data is None:
            return check_roots(roots)[-1], roots[version - 1]
        roots[version] = data
    raise BadMetadata(file="root.json", why="too_many")


def _role(fetch: Fetch, path: str, kind: str, file: str, keys: RoleKeys) -> SignedRole:
    data = fetch(path)
    if data is None:
        raise BadMetadata(file=file, why="missing")
    return parse_role(data, kind, file).check(keys)


def _listed(fetch: Fetch, parent: SignedRole, kind: str, file: str, keys: RoleKeys) -> SignedRole:
    """The version of a role that `parent` lists, and no other."""
    entry = members_of(file, members_of(parent.file, parent.body.get("meta"), "meta").get(file), "not_listed")
    version = entry.get("version")
    role = _role(fetch, f"metadata/{version}.{file}", kind, file, keys)
    if role.version != version:
        raise BadMetadata(file=file, why="mix_and_match")
    return role


def _target(fetch: Fetch, role: SignedRole, name: str) -> bytes:
    """A target file, of the length and hash its role says."""
    listed: Mapping[str, Any] = members_of(role.file, role.body.get("targets"), "targets")
    entry = members_of(name, listed.get(name), "not_listed")
    digest = members_of(name, entry.get("hashes"), "hashes").get("sha256")
    folder, _, last = name.rpartition("/")
    data = fetch("/".join(part for part in ("targets", folder, f"{digest}.{last}") if part))
    if data is None or len(data) != entry.get("length") or hashlib.sha256(data).hexdigest() != digest:
        raise InvalidValue(what=name, why="missing_or_changed")
    return data
