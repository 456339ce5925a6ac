"""Keepers of offline keys, and a publisher that holds none: the publication with thresholds, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from apcv_backend.publication.offered import Offered
from apcv_backend.publication.ports import Published, Role
from apcv_backend.publication.repository import FolderRepository, write_in_one_step
from apcv_backend.publication.service import PublicationService
from cartes.signing_draft import SigningDraft
from cartes.wire import strict_json
from keys.offline_roles import RoleHolders, describe_key, root_body
from keys.signer import Purpose
from tests.simulators.clock import MORNING
from tests.simulators.issuing import WordKey
from tests.simulators.publisher import Publisher, settings

PURPOSES = {
    Role.ROOT: Purpose.TUF_ROOT,
    Role.TARGETS: Purpose.TUF_TARGETS,
    Role.SNAPSHOT: Purpose.TUF_SNAPSHOT,
    Role.TIMESTAMP: Purpose.TUF_TIMESTAMP,
}


def sign(draft: SigningDraft, *keys: WordKey) -> SigningDraft:
    """A draft with one more signature of each of these keys, whoever they are."""
    for key in keys:
        draft = draft.with_signature(describe_key(key.public_key)[0], key.sign_der(draft.message))
    return draft


class ThresholdPublisher(Publisher):
    """Root 2 of 3 and targets 2 of 2 by people; status, snapshot and timestamp online."""

    def __init__(self, directory: Path, *, write: Callable[[Path, bytes], None] = write_in_one_step) -> None:
        super().__init__(directory, write=write)
        self.keepers = {
            Role.ROOT: [WordKey(f"keeper root {number}") for number in (1, 2, 3)],
            Role.TARGETS: [WordKey(f"keeper targets {number}") for number in (1, 2)],
        }
        self.thresholds = {Role.ROOT: 2, Role.TARGETS: 2}
        del self.keys[Role.ROOT], self.keys[Role.TARGETS]
        self.service = PublicationService(
            FolderRepository(directory, lambda role, _: self.keys.get(role), write=write),
            self.slots,
            lambda: self.issuers,
            settings(directory),
        )

    def root_draft(self, version: int = 1, at: datetime = MORNING) -> SigningDraft:
        """The root that says what this publisher's keys and thresholds are now, unsigned."""
        holders = {
            purpose: RoleHolders(
                tuple(key.public_key for key in self.keepers.get(role) or [self.keys[role]]),
                self.thresholds.get(role, 1),
            )
            for role, purpose in PURPOSES.items()
        }
        return SigningDraft("root", root_body(version, holders, at))

    def start(self, at: datetime = MORNING) -> Published:
        """The first publication: a root by two of three, a trust list by two of two."""
        root = sign(self.root_draft(1, at), *self.keepers[Role.ROOT][:2])
        return self.publish_targets(at, root=root)

    def draft(self, at: datetime, root: SigningDraft | None = None) -> SigningDraft:
        """The trust list to sign."""
        return self.service.draft_targets(at, Offered(root))

    def publish_targets(
        self, at: datetime, *, root: SigningDraft | None = None, by: Sequence[WordKey] | None = None
    ) -> Published:
        """Have the trust list of now signed by both keepers, or by others, and publish it."""
        signed = sign(self.draft(at, root), *(self.keepers[Role.TARGETS] if by is None else by))
        return self.service.publish(at, Offered(root, signed))

    def rotate(self, at: datetime, *by: WordKey) -> Published:
        """The next root, signed by these keys, published."""
        version = 1 + max(
            int(path.name.split(".")[0]) for path in self.directory.glob("metadata/*.root.json")
        )
        return self.service.publish(at, Offered(sign(self.root_draft(version, at), *by)))

    def whole(self, file: str) -> object:
        """A piece of metadata as published."""
        return strict_json.loads((self.directory / "metadata" / file).read_bytes())
