"""The whole of what a till trusts, from files to values: five roles, one trust list, the status lists.

`check_bundle` follows the order of the TUF client workflow (specification 5.3 to 5.7): the chain of roots,
the timestamp, the snapshot, the targets, the delegated `status`, and then each file by length and SHA-256. No
clock is read: expiry and age are facts of the result, and whoever uses them judges them.

The timestamp carries `issued_at`, signed: TUF itself signs only when things end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cartes.errors import CarteError
from cartes.signed_metadata import (
    BadMetadata,
    SignedRole,
    authority,
    check_roots,
    instant,
    members_of,
    parse_role,
    status_authority,
)
from cartes.status import LIVE_WINDOW, StatusPurpose, StatusShards
from cartes.trust import TrustList

TRUST_TARGET: Final = "trust.json"


def status_target(list_id: int, purpose: StatusPurpose) -> str:
    """The name of the target that carries a status list, such as `status/1-revoked`."""
    return f"status/{list_id}-{purpose.value}"


@dataclass(frozen=True, slots=True)
class TrustFiles:
    """The bytes of a publication, nothing proven: every root by version, four roles, targets by name."""

    roots: Mapping[int, bytes]
    timestamp: bytes
    snapshot: bytes
    targets: bytes
    status: bytes
    target_files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class TrustBundle:
    """A publication whose signatures, versions, lengths and hashes were all proven.

    `signed_at` is the timestamp's; `expires_at` is the first end among the five roles; `versions` is by role.
    """

    trust: TrustList
    revoked: Mapping[int, StatusShards]
    suspended: Mapping[int, StatusShards]
    signed_at: datetime
    expires_at: datetime
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SignedMoment:
    """A timestamp's own facts: its version and when it was signed."""

    version: int
    signed_at: datetime


def check_moment(timestamp: bytes, file: str, roots: tuple[SignedRole, ...]) -> SignedMoment:
    """Prove a timestamp by any root of the chain: an old one may have been signed by a key since replaced."""
    unverified = parse_role(timestamp, "timestamp", file)
    for root in reversed(roots):
        try:
            signed = unverified.check(authority(root, "timestamp"))
        except BadMetadata:
            continue
        return SignedMoment(signed.version, instant(file, signed.body, "issued_at"))
    raise BadMetadata(file=file, why="signature")


def check_bundle(files: TrustFiles) -> TrustBundle:
    """Prove a publication. Raises `BadMetadata` naming the first file that does not hold."""
    root = check_roots(files.roots)[-1]
    timestamp = parse_role(files.timestamp, "timestamp", "timestamp.json").check(authority(root, "timestamp"))
    snapshot = parse_role(files.snapshot, "snapshot", "snapshot.json").check(authority(root, "snapshot"))
    _check_listed(timestamp, snapshot, files.snapshot)
    targets = parse_role(files.targets, "targets", "targets.json").check(authority(root, "targets"))
    _check_listed(snapshot, targets, files.targets)
    status = parse_role(files.status, "targets", "status.json").check(status_authority(targets))
    _check_listed(snapshot, status, files.status)
    trust = _trust_list(files, targets)
    revoked: dict[int, StatusShards] = {}
    suspended: dict[int, StatusShards] = {}
    for list_id in trust.status_lists:
        for purpose, lists in ((StatusPurpose.REVOKED, revoked), (StatusPurpose.SUSPENDED, suspended)):
            lists[list_id] = _status_list(files, status, list_id, purpose)
    chain = (root, timestamp, snapshot, targets, status)
    return TrustBundle(
        trust=trust,
        revoked=revoked,
        suspended=suspended,
        signed_at=instant("timestamp.json", timestamp.body, "issued_at"),
        expires_at=min(role.expires_at for role in chain),
        versions={
            "root": root.version,
            "timestamp": timestamp.version,
            "snapshot": snapshot.version,
            "targets": targets.version,
            "status": status.version,
            "trust": trust.version,
        },
    )


def check_shards(bundle: TrustBundle) -> None:
    """Prove every shard of every list, as a till does once, when it is offered them. Raises `BadMetadata`.

    A scan opens the one shard it needs, of lists this was once true of.
    """
    for purpose, lists in (
        (StatusPurpose.REVOKED, bundle.revoked),
        (StatusPurpose.SUSPENDED, bundle.suspended),
    ):
        for list_id, listed in lists.items():
            try:
                listed.check_whole()
            except CarteError as refused:
                raise BadMetadata(file=status_target(list_id, purpose), why=str(refused)) from refused


def _check_listed(parent: SignedRole, child: SignedRole, data: bytes) -> None:
    """Prove that `parent` lists this very version of `child`, and its hash if it gives one."""
    listed = members_of(parent.file, parent.body.get("meta"), "meta").get(child.file)
    entry = members_of(child.file, listed, "not_listed")
    if entry.get("version") != child.version:
        raise BadMetadata(
            file=child.file, why="mix_and_match", listed=entry.get("version"), found=child.version
        )
    if "length" in entry and entry["length"] != len(data):
        raise BadMetadata(file=child.file, why="length")
    if "hashes" in entry:
        _check_hash(child.file, entry, data)


def _trust_list(files: TrustFiles, targets: SignedRole) -> TrustList:
    data = _target(files, targets, TRUST_TARGET)
    try:
        return TrustList.parse(data)
    except CarteError as refused:
        raise BadMetadata(file=TRUST_TARGET, why=str(refused)) from refused


def _status_list(files: TrustFiles, status: SignedRole, list_id: int, purpose: StatusPurpose) -> StatusShards:
    name = status_target(list_id, purpose)
    data = _target(files, status, name)
    try:
        found = StatusShards.parse(data)
    except CarteError as refused:
        raise BadMetadata(file=name, why=str(refused)) from refused
    head = found.head
    if (head.list_id, head.purpose, head.number) != (list_id, purpose, LIVE_WINDOW):
        raise BadMetadata(file=name, why="another_list")
    return found


def _target(files: TrustFiles, role: SignedRole, name: str) -> bytes:
    entry = members_of(
        name, members_of(role.file, role.body.get("targets"), "targets").get(name), "not_listed"
    )
    data = files.target_files.get(name)
    if data is None:
        raise BadMetadata(file=name, why="missing")
    if entry.get("length") != len(data):
        raise BadMetadata(file=name, why="length")
    _check_hash(name, entry, data)
    return data


def _check_hash(file: str, entry: Mapping[str, Any], data: bytes) -> None:
    listed = members_of(file, entry.get("hashes"), "hashes").get("sha256")
    if listed != hashlib.sha256(data).hexdigest():
        raise BadMetadata(file=file, why="hash")
