"""What this phone trusts, to know offline who asks for its owner's card in the two-way mode.

The phone judges a till's request with the same data as a till judges a card: the trust list, and the revoked
and suspended lists of the e-CPS. `TrustData` is the port; `PocketTrust` reads what the phone keeps in its
pocket (`trust_publication.py` brings it there from the publication, its signatures checked).

It fails closed: no data, data edited into nonsense, or data older than a till's limit of 72 hours, and the
phone answers nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from cartes.errors import CarteError, TrustStoreStale, TrustStoreUnusable, VerifierClockBehind
from cartes.seal import CLOCK_SKEW_S
from cartes.standing import SlotStates
from cartes.status import StatusList
from cartes.trust import TrustList
from cartes.wire import base64url
from mobile_mock.pocket import Pocket

MAX_AGE: Final = timedelta(hours=72)
"""As for a till: 24 h of a signed timestamp and 48 h of grace."""
_SKEW: Final = timedelta(seconds=CLOCK_SKEW_S)


@dataclass(frozen=True, slots=True)
class KnownTrust:
    """Trust data of one publication: `revoked` and `suspended` by list number, `signed_at` in UTC."""

    trust: TrustList
    revoked: Mapping[int, SlotStates]
    suspended: Mapping[int, SlotStates]
    signed_at: datetime

    def check(self, at: datetime) -> None:
        """Refuse to judge at `at` with data too old, or with a clock behind the time they were signed.

        Raises `TrustStoreStale` or `VerifierClockBehind`.
        """
        if at < self.signed_at - _SKEW:
            raise VerifierClockBehind(behind_s=int((self.signed_at - at).total_seconds()))
        if at - self.signed_at > MAX_AGE:
            raise TrustStoreStale(age_s=int((at - self.signed_at).total_seconds()))


class TrustData(Protocol):
    """Where a phone finds what it trusts, with no network."""

    def load(self, at: datetime) -> KnownTrust:
        """What may be believed at `at`.

        Raises:
            TrustStoreUnusable, TrustStoreStale, VerifierClockBehind: nothing may be.
        """


class PocketTrust:
    """The trust data this phone keeps in its pocket."""

    def __init__(self, pocket: Pocket) -> None:
        self._pocket = pocket

    def load(self, at: datetime) -> KnownTrust:
        """See `TrustData`."""
        members = self._pocket.trust
        if members is None:
            raise TrustStoreUnusable(why="never_refreshed")
        try:
            known = known_from(members)
        except (KeyError, TypeError, ValueError, AttributeError, CarteError) as error:
            raise TrustStoreUnusable(file="trust.json") from error
        known.check(at)
        return known


def known_from(members: Any) -> KnownTrust:
    """The trust data of `trust.json`. Raises what `dict`, `datetime` and the parsers of `cartes` raise."""
    return KnownTrust(
        TrustList.parse(base64url.decode(members["trust"])),
        _lists(members["revoked"]),
        _lists(members["suspended"]),
        datetime.fromtimestamp(members["signed_at"], UTC),
    )


def trust_members(
    trust: bytes, revoked: Mapping[int, bytes], suspended: Mapping[int, bytes], signed_at: datetime
) -> dict[str, object]:
    """What `trust.json` says of a publication: its targets, byte for byte, and when it was signed.

    What `trust_publication.py` keeps has one more member, `root`: the newest root proven.
    """
    return {
        "trust": base64url.encode(trust),
        "revoked": {str(number): base64url.encode(data) for number, data in revoked.items()},
        "suspended": {str(number): base64url.encode(data) for number, data in suspended.items()},
        "signed_at": int(signed_at.timestamp()),
    }


def _lists(members: Any) -> dict[int, SlotStates]:
    return {int(number): StatusList.decode(base64url.decode(data)) for number, data in members.items()}
