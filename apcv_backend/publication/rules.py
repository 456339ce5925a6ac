"""What is published of trust: the list made from the keys and the settings.

Pure: keys, settings and states in, values out. The list published is the one in force as long as nothing it
says has changed, so that a till downloads it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from apcv_backend.config import Config, Environment, RelyingParty
from cartes.cards import CardKind
from cartes.trust import RESERVED_PROFILE, IssuerKey, KindPolicy, TrustList, standard_profiles

TRUST_TARGET: Final = "trust.json"
LONGEST_LIVES: Final = {
    CardKind.APCV: timedelta(hours=72),
    CardKind.ECPS: timedelta(hours=24),
    CardKind.AMC: timedelta(hours=72),
}
"""The longest life of a card of each kind (top of `docs/formats/qr.md`)."""
_ENVIRONMENTS: Final = {
    Environment.DEVELOPMENT: "demo",
    Environment.TEST: "test",
    Environment.PRODUCTION: "production",
}
_FORGOTTEN: Final = "retired"


class _Word(Protocol):
    @property
    def value(self) -> Any: ...


class IssuerKeyRecord(Protocol):
    """A key of the vault, by its public half: what the keyring's records offer."""

    @property
    def purpose(self) -> _Word:
        """What it signs: `apcv`, `ecps`, or something that is no card."""
        ...

    @property
    def public_key(self) -> bytes:
        """The compressed point, 33 bytes."""
        ...

    @property
    def not_before(self) -> datetime:
        """From when it may sign (UTC)."""
        ...

    @property
    def not_after(self) -> datetime:
        """Until when it may sign (UTC)."""
        ...

    @property
    def state(self) -> _Word:
        """`pre_published`, `active`, `retiring`, `retired` or `revoked`."""
        ...

    @property
    def revoked_at(self) -> datetime | None:
        """When it was withdrawn (UTC), if it was."""
        ...


def build_trust_list(
    records: Iterable[IssuerKeyRecord], config: Config, version: int, at: datetime
) -> TrustList:
    """The trust list of these keys and settings: every key that signs cards and is not yet forgotten."""
    kinds = {kind.value: kind for kind in CardKind}
    issuers = tuple(
        IssuerKey(
            public_key=record.public_key,
            kinds=frozenset({kinds[record.purpose.value]}),
            valid_from=record.not_before,
            valid_until=record.not_after,
            revoked_at=record.revoked_at,
            name=f"{record.purpose.value} {record.not_before:%Y-%m-%d}",
        )
        for record in records
        if record.purpose.value in kinds and record.state.value != _FORGOTTEN
    )
    return TrustList(
        version=version,
        issued_at=at,
        env=_ENVIRONMENTS[config.environment],
        issuers=issuers,
        kinds={kind: policy_of(kind, config.relying_parties[kind.held_as]) for kind in CardKind},
        status_lists={kind.wire: kind for kind in CardKind},
    )


def policy_of(kind: CardKind, party: RelyingParty) -> KindPolicy:
    """What holds for the cards of a kind: RP ID, client-data shapes of its origins, longest life."""
    return KindPolicy(party.rp_id, profiles_of(party), int(LONGEST_LIVES[kind].total_seconds()))


def profiles_of(party: RelyingParty) -> Mapping[int, str]:
    """The client-data profiles of every origin, by number: 0 to 3 for the first, then the next free ones."""
    apps: list[tuple[str, str] | None] = [*party.android_apps]
    pairs = max(len(party.web_origins), len(apps))
    profiles: dict[int, str] = {}
    for position in range(pairs):
        origin = party.web_origins[min(position, len(party.web_origins) - 1)]
        shapes = standard_profiles(origin, apps[position] if position < len(apps) else None)
        for number, suffix in shapes.items():
            if suffix not in profiles.values():
                profiles[number if position == 0 else _next_free(profiles)] = suffix
    return profiles


def _next_free(profiles: Mapping[int, str]) -> int:
    number = max(profiles) + 1
    return number + 1 if number == RESERVED_PROFILE else number


def trust_target(
    published: bytes | None, records: Iterable[IssuerKeyRecord], config: Config, at: datetime
) -> bytes:
    """The trust list to publish: the one in force if it still says what is so, or a new version."""
    if published is None:
        return build_trust_list(records, config, 1, at).encode()
    listed = tuple(records)
    before = TrustList.parse(published)
    same = build_trust_list(listed, config, before.version, before.issued_at)
    if same.encode() == published:
        return published
    return build_trust_list(listed, config, before.version + 1, at).encode()
