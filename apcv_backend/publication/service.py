"""Publish what tills must know: whom to trust and what is revoked, signed, as plain files.

    1. take the publication for us alone;
    2. read what is published and what is so now;
    3. keep what did not change, write what did;
    4. sign from the bottom up, the timestamp last: tills see the whole or nothing.

Steps 1 and 4 are the repository's. Publishing when nothing changed signs a new timestamp and no more: that is
how tills know that no news is good news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial

from apcv_backend.config import Config
from apcv_backend.publication.offered import Offered
from apcv_backend.publication.ports import Published, StatusSlots, TrustRepository
from apcv_backend.publication.rules import (
    TRUST_TARGET,
    IssuerKeyRecord,
    trust_target,
)
from apcv_backend.publication.status_targets import full_lists, live_list, live_target
from cartes.cards import CardKind
from cartes.signing_draft import SigningDraft
from cartes.status import StatusHead, StatusPurpose


class PublicationService:
    """Publishes, and says until when the publication holds."""

    def __init__(
        self,
        repository: TrustRepository,
        slots: StatusSlots,
        issuer_keys: Callable[[], Iterable[IssuerKeyRecord]],
        config: Config,
    ) -> None:
        self._repository = repository
        self._slots = slots
        self._issuer_keys = issuer_keys
        self._config = config

    def publish(self, at: datetime, offered: Offered | None = None) -> Published:
        """Publish the state of now, as of `at` (UTC). Safe to call from several processes at once.

        `offered` is what the keepers of offline keys signed, if they did.

        Raises a `PublicationRefused` or `OSError`; what was published before then stands.
        """
        return self._repository.publish(self._compose, at, offered)

    def draft_targets(self, at: datetime, offered: Offered | None = None) -> SigningDraft:
        """The trust list of now, for the keepers of offline keys to sign. Publishes nothing."""
        return self._repository.draft_targets(self._compose, at, offered)

    def expires_at(self) -> datetime | None:
        """When the publication in force ends (UTC), or `None` before the first one."""
        return self._repository.expires_at()

    def is_in_force(self, at: datetime) -> bool:
        """Whether there is a publication and it has not ended at `at`."""
        ends_at = self.expires_at()
        return ends_at is not None and at < ends_at

    def _compose(self, published: Mapping[str, bytes], at: datetime) -> Mapping[str, bytes]:
        targets = {
            TRUST_TARGET: trust_target(published.get(TRUST_TARGET), self._issuer_keys(), self._config, at)
        }
        for kind in CardKind:
            for purpose in StatusPurpose:
                head = StatusHead(kind.wire, purpose, self._config.status_capacity, at)
                name = live_target(kind.wire, purpose)
                live = self._slots.live(kind.wire, purpose, at)
                targets[name] = live_list(published.get(name), head, live)
                targets |= full_lists(published, head, partial(self._slots.all, kind.wire, purpose))
        return targets
