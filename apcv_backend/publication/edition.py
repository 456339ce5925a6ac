"""From one edition of the publication to the next: what each role says, its version, its signature.

A role's metadata is signed anew when what it says changed, when its key changed, or in the second half of
its life; otherwise it stands as it was. The timestamp is always new: it is the publisher's word that this is
still so, and it carries `issued_at`, which TUF does not have and tills use as a floor for their clock.

When a key changes, the root first lists the old and the new one, and drops the old at the next edition: there
is no instant at which a till could not follow. The root's own key cannot change this way. With offline keys
(`offline.py`) none of this is the publisher's to decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from securesystemslib.exceptions import UnverifiedSignatureError

from apcv_backend.publication.edition_words import (
    ISSUED_AT,
    LIVES,
    STATUS_FOLDER,
    TIME,
    Edition,
    delegation_to,
)
from apcv_backend.publication.offered import Offered
from apcv_backend.publication.offline import (
    KeyringMixed,
    awaited,
    is_offline,
    root_to_publish,
    targets_to_publish,
)
from apcv_backend.publication.ports import Role, RootKeyChanged
from apcv_backend.publication.tuf_signing import TufSigner
from apcv_backend.publication.tuf_words import (
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
    awaiting: tuple[str, ...]


def next_edition(
    before: Edition,
    contents: Mapping[str, bytes],
    signers: Mapping[Role, TufSigner],
    at: datetime,
    offered: Offered | None = None,
) -> NextEdition:
    """Compose and sign what follows `before`, as of `at` (UTC, whole seconds).

    Without signers for root and targets, both are what their keepers signed: those in force, or those
    `offered`. Raises `RootKeyChanged` or another `PublicationRefused`.
    """
    awaiting: tuple[str, ...] = ()
    status_contents = {name: data for name, data in contents.items() if name.startswith(STATUS_FOLDER)}
    if is_offline(signers):
        told = Offered() if offered is None else offered
        root = root_to_publish(before, told, signers, at)
        targets, own_contents = targets_to_publish(before, told, root, signers, at)
        awaiting = tuple(awaited(targets, root, own_contents, contents, at))
    else:
        if offered is not None:
            raise KeyringMixed(held="offline_offered")
        own_contents = {name: data for name, data in contents.items() if name not in status_contents}
        root = _renewed(before.root, _root(before, signers), Role.ROOT, signers, at)
        delegations = delegation_to(signers[Role.STATUS].public_key)
        wanted = Targets(targets=_listed(own_contents), delegations=delegations)
        targets = _renewed(before.targets, wanted, Role.TARGETS, signers, at)
    status = _renewed(before.status, Targets(targets=_listed(status_contents)), Role.STATUS, signers, at)
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
    return NextEdition(
        root, timestamp, snapshot, targets, status, {**own_contents, **status_contents}, renewed, awaiting
    )


def _listed(contents: Mapping[str, bytes]) -> dict[str, TargetFile]:
    return {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in contents.items()}


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
