"""From one edition of the publication to the next: what each role says, its version, its signature.

A role's metadata is signed anew when what it says changed, when its key changed, or in the second half of
its life; otherwise it stands as it was. The timestamp is always new: it is the publisher's word that this is
still so, and it carries `issued_at`, which TUF does not have and tills use as a floor for their clock.

When a key changes, the root first lists the old and the new one, and drops the old at the next edition: there
is no instant at which a till could not follow. The root's own key cannot change this way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from securesystemslib.exceptions import UnverifiedSignatureError

from apcv_backend.publication.ports import Role, RootKeyChanged
from apcv_backend.publication.tuf_signing import TufSigner
from apcv_backend.publication.tuf_words import (
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    MetaFile,
    Root,
    Said,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

LIVES: Final = {
    Role.ROOT: timedelta(days=365),
    Role.TARGETS: timedelta(days=90),
    Role.STATUS: timedelta(days=7),
    Role.SNAPSHOT: timedelta(days=7),
    Role.TIMESTAMP: timedelta(hours=24),
}
STATUS_PATHS: Final = "status/*"
ISSUED_AT: Final = "issued_at"
TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Edition:
    """What is published: the last root, the four other roles, the targets by name. Empty before the first."""

    root: Metadata[Root] | None = None
    timestamp: Metadata[Timestamp] | None = None
    snapshot: Metadata[Snapshot] | None = None
    targets: Metadata[Targets] | None = None
    status: Metadata[Targets] | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict)

    def of(
        self, role: Role
    ) -> Metadata[Root] | Metadata[Timestamp] | Metadata[Snapshot] | Metadata[Targets] | None:
        """The metadata of a role."""
        roles = {
            Role.ROOT: self.root,
            Role.TIMESTAMP: self.timestamp,
            Role.SNAPSHOT: self.snapshot,
            Role.TARGETS: self.targets,
            Role.STATUS: self.status,
        }
        return roles[role]


@dataclass(frozen=True, slots=True)
class NextEdition:
    """The edition to publish, every role signed."""

    root: Metadata[Root]
    timestamp: Metadata[Timestamp]
    snapshot: Metadata[Snapshot]
    targets: Metadata[Targets]
    status: Metadata[Targets]
    contents: Mapping[str, bytes]
    renewed: tuple[Role, ...]


def next_edition(
    before: Edition, contents: Mapping[str, bytes], signers: Mapping[Role, TufSigner], at: datetime
) -> NextEdition:
    """Compose and sign what follows `before`, as of `at` (UTC, whole seconds). Raises `RootKeyChanged`."""
    root = _renewed(before.root, _root(before, signers), Role.ROOT, signers, at)
    listed = {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in contents.items()}
    status_listed = {name: file for name, file in listed.items() if name.startswith("status/")}
    status = _renewed(before.status, Targets(targets=status_listed), Role.STATUS, signers, at)
    own_listed = {name: file for name, file in listed.items() if name not in status_listed}
    delegation = _delegation(signers[Role.STATUS].public_key)
    targets = _renewed(
        before.targets, Targets(targets=own_listed, delegations=delegation), Role.TARGETS, signers, at
    )
    meta = {
        "targets.json": MetaFile(targets.signed.version),
        "status.json": MetaFile(status.signed.version),
    }
    snapshot = _renewed(before.snapshot, Snapshot(meta=meta), Role.SNAPSHOT, signers, at)
    word = Timestamp(
        snapshot_meta=MetaFile(snapshot.signed.version),
        unrecognized_fields={ISSUED_AT: at.strftime(TIME)},
    )
    timestamp = _signed_anew(before.timestamp, word, Role.TIMESTAMP, signers, at)
    made = {
        Role.ROOT: root,
        Role.TARGETS: targets,
        Role.STATUS: status,
        Role.SNAPSHOT: snapshot,
        Role.TIMESTAMP: timestamp,
    }
    renewed = tuple(role for role, metadata in made.items() if metadata is not before.of(role))
    return NextEdition(root, timestamp, snapshot, targets, status, contents, renewed)


def _root(before: Edition, signers: Mapping[Role, TufSigner]) -> Root:
    root = Root(consistent_snapshot=True)
    own_key = signers[Role.ROOT].public_key
    if before.root is not None and own_key.keyid not in before.root.signed.roles[Role.ROOT.value].keyids:
        raise RootKeyChanged(keyid=own_key.keyid)
    root.add_key(own_key, Role.ROOT.value)
    for role in (Role.TARGETS, Role.SNAPSHOT, Role.TIMESTAMP):
        key = signers[role].public_key
        root.add_key(key, role.value)
        standing = before.of(role)
        if before.root is None or standing is None or _is_signed_by(standing, key):
            continue
        # What stands was signed by the key before: both are listed until it no longer stands.
        for keyid in before.root.signed.roles[role.value].keyids:
            if keyid not in root.roles[role.value].keyids:
                root.add_key(before.root.signed.keys[keyid], role.value)
    return root


def _delegation(status_key: Key) -> Delegations:
    role = DelegatedRole(
        Role.STATUS.value, [status_key.keyid], threshold=1, terminating=True, paths=[STATUS_PATHS]
    )
    return Delegations({status_key.keyid: status_key}, {Role.STATUS.value: role})


def _renewed(
    standing: Metadata[Said] | None,
    wanted: Said,
    role: Role,
    signers: Mapping[Role, TufSigner],
    at: datetime,
) -> Metadata[Said]:
    """What stands, if it says what is wanted, by the right key, for long enough; else the next version."""
    if standing is not None:
        wanted.version, wanted.expires = standing.signed.version, standing.signed.expires
        if (
            wanted == standing.signed
            and _is_signed_by(standing, signers[role].public_key)
            and standing.signed.expires - at > LIVES[role] / 2
        ):
            return standing
    return _signed_anew(standing, wanted, role, signers, at)


def _signed_anew(
    standing: Metadata[Said] | None,
    wanted: Said,
    role: Role,
    signers: Mapping[Role, TufSigner],
    at: datetime,
) -> Metadata[Said]:
    wanted.version = 1 if standing is None else standing.signed.version + 1
    wanted.expires = at + LIVES[role]
    metadata = Metadata(wanted)
    metadata.sign(signers[role])
    return metadata


def _is_signed_by(metadata: Metadata[Any], key: Key) -> bool:
    signature = metadata.signatures.get(key.keyid)
    if signature is None:
        return False
    try:
        key.verify_signature(signature, metadata.signed_bytes)
    except UnverifiedSignatureError:
        return False
    return True
