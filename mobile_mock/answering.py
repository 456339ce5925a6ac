"""The two-way mode on the phone: know who asks before saying anything (walk C of `docs/walks/`).

What is here decides; the gesture and the card are the holder's (`holder.py`). Until the owner has seen who
asks and said yes, nothing is signed and nothing leaves the phone. The order of the refusals is the order of
`docs/formats/two-way.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cartes.errors import RequestAlreadyAnswered, RequestDeclined
from cartes.requester import Asker, check_requester
from cartes.till_request import (
    REQUEST_MAX_AGE_S,
    REQUEST_MAX_AHEAD_S,
    SignedRequest,
    TillOffer,
    check_hours,
    check_session,
    open_request,
    read_offer,
)
from mobile_mock.pocket import Pocket
from mobile_mock.trust_data import TrustData

Consent = Callable[[Asker], bool]
"""Asks the owner, who sees name, profession and structure; true is yes."""
# A request can come back as long as it is fresh by this phone's own clock.
_REMEMBERED: Final = timedelta(seconds=REQUEST_MAX_AGE_S + REQUEST_MAX_AHEAD_S + 1)


def agree_to_answer(
    request_text: str, at: datetime, trust: TrustData, pocket: Pocket, consent: Consent
) -> SignedRequest:
    """Check a request whole, ask the owner, and remember that it is being answered.

    Raises:
        RequestRefused: its leaf says which check failed, or that the owner said no.
        TrustStoreUnusable, TrustStoreStale, VerifierClockBehind: this phone cannot know who asks.
    """
    # 5. The request itself: digits, shapes, the till's signature, its moment, its hours.
    request = open_request(request_text, at)
    # 6. The professional behind it: issuer, dates, revocation, and the proof over this very till key.
    known = trust.load(at)
    asker = check_requester(request, known.trust, known.revoked, known.suspended, at)
    answered = {ctx: until for ctx, until in pocket.answered.items() if until >= at}
    if request.ctx in answered:
        raise RequestAlreadyAnswered
    # 7. The owner sees who asks.
    if not consent(asker):
        raise RequestDeclined
    pocket.keep_answered({**answered, request.ctx: at + _REMEMBERED})
    return request


def agree_to_authorise(offer_text: str, at: datetime, consent: Callable[[TillOffer], bool]) -> TillOffer:
    """Check the key and the hours a till asks for, and ask the professional.

    Raises:
        RequestRefused: not a till's offer, hours past or too long, or the owner said no.
    """
    # 2. The key and the hours, before any gesture.
    offer = read_offer(offer_text)
    check_hours(offer, at)
    check_session(offer, at)
    if not consent(offer):
        raise RequestDeclined
    return offer
