"""What an edition of the publication is: five roles, how long each holds, and the targets by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from apcv_backend.publication.ports import Role
from apcv_backend.publication.tuf_words import (
    DelegatedRole,
    Delegations,
    Key,
    Metadata,
    Root,
    Snapshot,
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
STATUS_FOLDER: Final = "status/"
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


def delegation_to(status_key: Key) -> Delegations:
    """The one delegation there is: the status lists, to the online key of `status`."""
    role = DelegatedRole(
        Role.STATUS.value, [status_key.keyid], threshold=1, terminating=True, paths=[STATUS_PATHS]
    )
    return Delegations({status_key.keyid: status_key}, {Role.STATUS.value: role})
