"""Root and trust list signed elsewhere: what the publisher drafts for the keepers, and what it takes back.

A publisher whose keyring has no key for `root` and `targets` cannot say whom to trust: it publishes what the
keepers signed, and signs only what moves every day. What comes back is accepted with enough good signatures
of the right keys, the version that follows, and nothing in it that tills would refuse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.serialization import DeserializationError

from apcv_backend.publication.edition_words import (
    LIVES,
    STATUS_PATHS,
    Edition,
    delegation_to,
)
from apcv_backend.publication.offered import Offered
from apcv_backend.publication.ports import PublicationRefused, Role
from apcv_backend.publication.tuf_signing import TufSigner
from apcv_backend.publication.tuf_words import Metadata, Root, TargetFile, Targets
from cartes.errors import CarteError
from cartes.signing_draft import SigningDraft
from cartes.trust import TrustList
from cartes.wire import strict_json

TRUST_TARGET: Final = "trust.json"
_SOON: Final = {Role.ROOT: timedelta(days=30), Role.TARGETS: timedelta(days=21)}
_MAX_METADATA: Final = 1 << 20


class OfflineRootMissing(PublicationRefused):
    """The keyring has no root key, and no root signed by its keepers was ever published here."""

    code: ClassVar[str] = "offline_root_missing"


class OfflineTargetsMissing(PublicationRefused):
    """The keyring has no key for the trust list, and none signed by its keepers was ever published here."""

    code: ClassVar[str] = "offline_targets_missing"


class OfflineSignaturesMissing(PublicationRefused):
    """Fewer keepers signed than the root demands. `role` says for what, `told` how many."""

    code: ClassVar[str] = "offline_signatures_missing"


class OfflineVersionNotNext(PublicationRefused):
    """What is offered does not follow the version in force."""

    code: ClassVar[str] = "offline_version_not_next"


class OfflineContentRefused(PublicationRefused):
    """What is offered is signed, and says something tills would refuse. `why` says what."""

    code: ClassVar[str] = "offline_content_refused"


class OnlineKeyNotTrusted(PublicationRefused):
    """The keyring's key for `role` is not one the keepers listed: they must sign that first."""

    code: ClassVar[str] = "online_key_not_trusted"


class KeyringMixed(PublicationRefused):
    """A keyring holds the keys of both offline roles, or of neither."""

    code: ClassVar[str] = "keyring_mixed"


def is_offline(signers: Mapping[Role, TufSigner]) -> bool:
    """Whether root and trust list are signed elsewhere. Raises `KeyringMixed`."""
    held = [role for role in (Role.ROOT, Role.TARGETS) if role in signers]
    if len(held) == 1:
        raise KeyringMixed(held=held[0].value)
    return not held


def root_to_publish(
    before: Edition, offered: Offered, signers: Mapping[Role, TufSigner], at: datetime
) -> Metadata[Root]:
    """The root in force, or the one the keepers offer after it. Raises a `PublicationRefused`."""
    root = before.root
    if offered.unverified_root is not None:
        new: Metadata[Root] = _metadata(offered.unverified_root, Root)
        if root is None or new.signed_bytes != root.signed_bytes:
            _check_follows(new, root, Role.ROOT, at)
            if root is not None:
                _check_signed(root, new, Role.ROOT)
            _check_signed(new, new, Role.ROOT)
            if not new.signed.consistent_snapshot:
                raise OfflineContentRefused(why="consistent_snapshot")
            root = new
    if root is None:
        raise OfflineRootMissing
    for role in (Role.SNAPSHOT, Role.TIMESTAMP):
        if signers[role].public_key.keyid not in root.signed.roles[role.value].keyids:
            raise OnlineKeyNotTrusted(role=role.value)
    return root


def targets_to_publish(
    before: Edition, offered: Offered, root: Metadata[Root], signers: Mapping[Role, TufSigner], at: datetime
) -> tuple[Metadata[Targets], Mapping[str, bytes]]:
    """The trust list in force, or the one the keepers offer after it, with its files.

    Raises a `PublicationRefused`.
    """
    targets = before.targets
    contents = {name: data for name, data in before.contents.items() if name == TRUST_TARGET}
    if offered.unverified_targets is not None:
        new: Metadata[Targets] = _metadata(offered.unverified_targets, Targets)
        if targets is None or new.signed_bytes != targets.signed_bytes:
            _check_follows(new, targets, Role.TARGETS, at)
            _check_content(new, offered.unverified_targets.files, contents.get(TRUST_TARGET))
            targets, contents = new, dict(offered.unverified_targets.files)
    if targets is None:
        raise OfflineTargetsMissing
    # Checked for what stands too: a new root may have taken the right of those who signed it.
    _check_signed(root, targets, Role.TARGETS)
    delegations = targets.signed.delegations
    roles = {} if delegations is None or delegations.roles is None else delegations.roles
    if set(roles) != {Role.STATUS.value} or roles[Role.STATUS.value].paths != [STATUS_PATHS]:
        raise OfflineContentRefused(why="delegation")
    if signers[Role.STATUS].public_key.keyid not in roles[Role.STATUS.value].keyids:
        raise OnlineKeyNotTrusted(role=Role.STATUS.value)
    return targets, contents


def draft_targets(
    before: Edition,
    contents: Mapping[str, bytes],
    roots: tuple[bytes, ...],
    signers: Mapping[Role, TufSigner],
    at: datetime,
) -> SigningDraft:
    """What the keepers should sign for the trust list of now, after the one in force."""
    files = {TRUST_TARGET: contents[TRUST_TARGET]}
    listed = {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in files.items()}
    wanted = Targets(
        version=1 if before.targets is None else before.targets.signed.version + 1,
        expires=at + LIVES[Role.TARGETS],
        targets=listed,
        delegations=delegation_to(signers[Role.STATUS].public_key),
    )
    standing = None if before.targets is None else before.targets.to_dict()
    return SigningDraft(
        "targets",
        wanted.to_dict(),
        roots=tuple(strict_json.loads(root, _MAX_METADATA) for root in roots),
        standing=standing,
        files=files,
        standing_files={name: data for name, data in before.contents.items() if name == TRUST_TARGET}
        if standing
        else {},
    )


def awaited(
    targets: Metadata[Targets],
    root: Metadata[Root],
    contents: Mapping[str, bytes],
    wanted: Mapping[str, bytes],
    at: datetime,
) -> Iterator[str]:
    """What the keepers should be asked to sign soon, each as a word."""
    if contents.get(TRUST_TARGET) != wanted.get(TRUST_TARGET):
        yield "trust_list_changed"
    if targets.signed.expires - at < _SOON[Role.TARGETS]:
        yield "trust_list_ends_soon"
    if root.signed.expires - at < _SOON[Role.ROOT]:
        yield "root_ends_soon"


def _metadata(draft: SigningDraft, kind: type[Any]) -> Metadata[Any]:
    try:
        metadata = Metadata[Any].from_bytes(draft.metadata())
    except (DeserializationError, CarteError) as refused:
        raise OfflineContentRefused(why="not_metadata", role=draft.role) from refused
    if not isinstance(metadata.signed, kind):
        raise OfflineContentRefused(why="another_role", role=draft.role)
    return metadata


def _check_follows(new: Metadata[Any], standing: Metadata[Any] | None, role: Role, at: datetime) -> None:
    in_force = 0 if standing is None else standing.signed.version
    # Roots are fetched one by one; of the trust list a later version is enough.
    follows = new.signed.version == in_force + 1 if role is Role.ROOT else new.signed.version > in_force
    if not follows:
        raise OfflineVersionNotNext(role=role.value, in_force=in_force, offered=new.signed.version)
    if new.signed.expires <= at:
        raise OfflineContentRefused(why="expired", role=role.value)


def _check_signed(root: Metadata[Root], metadata: Metadata[Any], role: Role) -> None:
    try:
        root.signed.verify_delegate(role.value, metadata.signed_bytes, metadata.signatures)
    except (UnsignedMetadataError, ValueError) as refused:
        raise OfflineSignaturesMissing(role=role.value, told=str(refused)) from refused


def _check_content(new: Metadata[Targets], files: Mapping[str, bytes], in_force: bytes | None) -> None:
    if set(new.signed.targets) != {TRUST_TARGET} or set(files) != {TRUST_TARGET}:
        raise OfflineContentRefused(why="files")
    described, data = new.signed.targets[TRUST_TARGET], files[TRUST_TARGET]
    if (described.length, described.hashes) != (len(data), {"sha256": hashlib.sha256(data).hexdigest()}):
        raise OfflineContentRefused(why="files")
    try:
        offered = TrustList.parse(data)
        older = in_force is not None and TrustList.parse(in_force).version > offered.version
    except CarteError as refused:
        raise OfflineContentRefused(why=str(refused)) from refused
    if older:
        raise OfflineContentRefused(why="trust_version")
