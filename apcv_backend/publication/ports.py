"""What the publication room asks of others: the states of slots, keys that sign, a place to publish.

`bootstrap` connects these words to the database, the vault and a folder.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from apcv_backend.publication.offered import Offered
from cartes.errors import CarteError
from cartes.seal import Signer
from cartes.signing_draft import SigningDraft
from cartes.status import StatusPurpose


class PublicationRefused(CarteError):
    """Nothing was published; what was published before stands."""

    code: ClassVar[str] = "publication_refused"


class PublicationDamaged(PublicationRefused):
    """What is in the publication folder is not what was published there. `file` names it, `why` says."""

    code = "publication_damaged"


class PublicationClockBehind(PublicationRefused):
    """This machine's clock is behind the last time it signed: tills would refuse what it signs now."""

    code = "publication_clock_behind"


class RootKeyChanged(PublicationRefused):
    """The vault's root key is not one the published root trusts: tills could not follow."""

    code = "root_key_changed"


class Role(enum.Enum):
    """Who signs what in the publication (The Update Framework, specification 1.0 section 2.1)."""

    ROOT = "root"
    TARGETS = "targets"
    STATUS = "status"
    SNAPSHOT = "snapshot"
    TIMESTAMP = "timestamp"


class StatusSlots(Protocol):
    """The states of slots, as the register knows them now. Indices come sorted, each once."""

    def live(self, list_id: int, purpose: StatusPurpose, at: datetime) -> Sequence[int]:
        """The revoked, or suspended, slots of a list on which a card may still be alive at `at`."""
        ...

    def all(self, list_id: int, purpose: StatusPurpose) -> Sequence[int]:
        """All the revoked, or suspended, slots of a list, however old, that were not given again."""
        ...


class RoleSigners(Protocol):
    """The keys of the publication's roles."""

    def __call__(self, role: Role, at: datetime) -> Signer | None:
        """The key that signs for a role at an instant, or `None` when it is kept offline, elsewhere.

        Raises what the vault raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """What was published: the version tills see, when it was signed and ends (UTC), what was signed anew.

    `renewed` names the roles whose metadata changed; it always ends with `timestamp`. `awaiting` says what
    the keepers of offline keys should be asked to sign.
    """

    version: int
    issued_at: datetime
    expires_at: datetime
    renewed: tuple[Role, ...]
    awaiting: tuple[str, ...] = ()


Compose = Callable[[Mapping[str, bytes], datetime], Mapping[str, bytes]]
"""From the targets published so far, by name, and the instant of signing, to the targets to publish."""


class TrustRepository(Protocol):
    """A place where signed files are published, one publication after another, never two at a time."""

    def publish(self, compose: Compose, at: datetime, offered: Offered | None = None) -> Published:
        """Publish what `compose` gives. Raises a `PublicationRefused`, or `OSError` when the disk refuses."""
        ...

    def draft_targets(self, compose: Compose, at: datetime, offered: Offered | None = None) -> SigningDraft:
        """What the keepers of offline keys should sign for the trust list `compose` gives."""
        ...

    def expires_at(self) -> datetime | None:
        """When the publication in force ends (UTC), or `None` when nothing was ever published."""
        ...
