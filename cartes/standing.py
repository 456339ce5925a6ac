"""Does the issuer still stand behind a card? Check 7, the same at a till and on a phone.

Whoever judges a card offline holds a revoked list and a suspended list for each number the trust list knows,
from the same publication. A card is in good standing when both lists are there, speak of its kind, are fresh
enough, and have its slot clear in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from cartes.cards import CardKind, Slot
from cartes.errors import Revoked, StatusListUnknown, StatusStale, Suspended
from cartes.trust import TrustList

STATUS_MAX_AGE: Final = timedelta(hours=96)
"""A publisher writes each list again at least once a day, changed or not: 72 h and one day between two."""


class SlotStates(Protocol):
    """A status list as one who judges needs it: when it was made, and whether a slot is set."""

    @property
    def issued_at(self) -> datetime:
        """When it was made, aware UTC."""

    def is_set(self, idx: int) -> bool:
        """Whether slot `idx` is set; raises `StatusIndexOutOfRange` for a slot it does not have."""


def check_standing(
    trust: TrustList,
    revoked: Mapping[int, SlotStates],
    suspended: Mapping[int, SlotStates],
    kind: CardKind,
    slot: Slot,
    at: datetime,
) -> datetime:
    """Check 7, and when the list that answered was made. A list may only speak of its own kind of card.

    Raises `StatusListUnknown`, `StatusStale`, `StatusIndexOutOfRange`, `Revoked` or `Suspended`.
    """
    withdrawn, paused = revoked.get(slot.list), suspended.get(slot.list)
    if withdrawn is None or paused is None or trust.status_lists.get(slot.list) is not kind:
        raise StatusListUnknown(list=slot.list)
    made_at = min(withdrawn.issued_at, paused.issued_at)
    if at - made_at > STATUS_MAX_AGE:
        raise StatusStale(age_s=int((at - made_at).total_seconds()))
    if withdrawn.is_set(slot.idx):
        raise Revoked
    if paused.is_set(slot.idx):
        raise Suspended
    return made_at
