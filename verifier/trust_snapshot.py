"""What a till may believe at one moment, and what may not go back: clocks, versions, signed times.

TUF's own rules stop at the edge of the network; these hold offline. The latest signed time ever seen is a
floor for the clock, because a clock set back would bring expired things to life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from cartes.errors import TrustStoreStale, VerifierClockBehind
from cartes.seal import CLOCK_SKEW_S
from cartes.standing import SlotStates
from cartes.trust import TrustList
from verifier.trust_bundle import SignedMoment, TrustBundle
from verifier.trust_errors import TrustRolledBack

GRACE: Final = timedelta(hours=48)
"""How long after the publication's own end a till may still judge, with its age shown."""
CLOCK_SKEW: Final = timedelta(seconds=CLOCK_SKEW_S)


class KnownList(SlotStates, Protocol):
    """A status list as a till knows it."""

    @property
    def indices(self) -> frozenset[int]:
        """Every slot the list sets: opens all of it, which no scan needs."""


@dataclass(frozen=True, slots=True)
class TrustSnapshot:
    """What a till may believe now, all of it proven. Instants are aware UTC.

    `signed_at` is when the publisher last spoke, `expires_at` the first end among its signatures, `floor` the
    latest signed time this till has ever seen: no believable clock is earlier. `revoked` answers for what
    this till has seen revoked before as well.
    """

    trust: TrustList
    revoked: Mapping[int, KnownList]
    suspended: Mapping[int, KnownList]
    signed_at: datetime
    expires_at: datetime
    floor: datetime

    def age(self, at: datetime) -> timedelta:
        """How long ago the publisher last spoke."""
        return at - self.signed_at

    def check(self, at: datetime) -> None:
        """Check 0: raise `VerifierClockBehind` or `TrustStoreStale` if nothing may be judged at `at`."""
        if at < self.floor - CLOCK_SKEW:
            raise VerifierClockBehind(behind_s=int((self.floor - at).total_seconds()))
        if at > self.expires_at + GRACE:
            raise TrustStoreStale(age_s=int(self.age(at).total_seconds()))


def check_no_older(offered: TrustBundle, held: TrustBundle) -> None:
    """Refuse a publication in which any role is older than the one held. Raises `TrustRolledBack`."""
    for role, version in held.versions.items():
        if offered.versions[role] < version:
            raise TrustRolledBack(role=role, seen=version, offered=offered.versions[role])


def check_moment_kept(offered: TrustBundle, seen: SignedMoment, at: datetime) -> None:
    """Refuse a publication signed before a moment already seen, or a clock that is behind that moment."""
    if is_older(offered, seen):
        raise TrustRolledBack(role="timestamp", seen=seen.version, offered=offered.versions["timestamp"])
    if at < seen.signed_at - CLOCK_SKEW:
        raise VerifierClockBehind(behind_s=int((seen.signed_at - at).total_seconds()))


def is_older(bundle: TrustBundle, moment: SignedMoment) -> bool:
    """Whether a publication was signed before a moment already seen, by version or by date."""
    return bundle.versions["timestamp"] < moment.version or bundle.signed_at < moment.signed_at
