"""Who asks: the e-CPS inside a till's request, checked by a phone with no network.

The same checks as at a till, 2 to 13 of `docs/formats/qr.md`, with two differences: the proof's context is
the till key and its hours, and its moment may be as old as the session, twelve hours. All of it is pure:
trust data and time are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cartes import presentation, seal
from cartes.cards import CardKind
from cartes.ecps import EcpsCard
from cartes.errors import CardRefused, RequesterNotProven
from cartes.presentation import HeldCard
from cartes.standing import SlotStates, check_standing
from cartes.till_request import MAX_SESSION, SignedRequest, TillOffer, check_session
from cartes.trust import TrustList

_SESSION_S: Final = int(MAX_SESSION.total_seconds())


@dataclass(frozen=True, slots=True)
class Asker:
    """A professional proven to have authorised the till that asks, and until when (UTC)."""

    card: EcpsCard
    authorised_at: datetime
    until: datetime


def check_requester(
    request: SignedRequest,
    trust: TrustList,
    revoked: Mapping[int, SlotStates],
    suspended: Mapping[int, SlotStates],
    at: datetime,
) -> Asker:
    """Prove who asks, as of `at`.

    Raises `RequesterNotProven`, whose `reason` is the code of the check that failed (`revoked`,
    `credential_expired`, `wrong_card_type`, `context_mismatch`…), or `TillHoursTooLong`.
    """
    try:
        held = check_authorisation(
            request.unverified_presentation, request.offer, trust, revoked, suspended, at
        )
    except CardRefused as refused:
        raise RequesterNotProven(reason=refused.code) from refused
    card = held.opened.card
    assert isinstance(card, EcpsCard)  # `expected` above
    return Asker(card, held.proof_time, min(request.offer.until, held.opened.expires_at))


def check_authorisation(
    unverified_presentation: bytes,
    offer: TillOffer,
    trust: TrustList,
    revoked: Mapping[int, SlotStates],
    suspended: Mapping[int, SlotStates],
    at: datetime,
) -> HeldCard:
    """Prove that the holder of an e-CPS authorised `offer`, no earlier than twelve hours before its end.

    Raises the `CardRefused` of the check that failed, or `TillHoursTooLong`.
    """
    unverified = presentation.parse(unverified_presentation)
    opened = seal.open_seal(unverified.credential, trust, at, expected=CardKind.ECPS)
    check_standing(trust, revoked, suspended, opened.card.kind, opened.card.slot, at)
    held = presentation.check_holder_proof(
        unverified,
        opened,
        trust.kinds[CardKind.ECPS],
        at,
        ctx=offer.context,
        max_age_s=_SESSION_S,
    )
    check_session(offer, held.proof_time)
    return held
