"""The till's side of the two-way mode: authorised once a session; one patient, one request, one answer.

    till = TwoWayTill(Verifier(store, seen), TillSession(directory))
    offer = till.begin(at, secrets.token_bytes)              # shown to the professional's phone
    till.authorise(text, POLICIES["identite-pro"], at)       # its e-CPS, over that very key
    request = till.challenge(at, secrets.token_bytes)        # for each patient, without the professional
    till.check(answer, POLICIES["officine"], at)             # a verdict, as for any scan

A card shown without a request is still judged, in the one-way mode, unless `two_way_only`: then it is
`context_mismatch`. The steps are numbered as in `docs/walks/c-two-way-scan.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cartes.cards import CardKind
from cartes.errors import AnswerUnreadable, CardRefused, ContextUnexpected, InvalidValue
from cartes.fields import whole_second
from cartes.requester import check_authorisation
from cartes.seal import CLOCK_SKEW_S
from cartes.sealed_answer import ANSWER, open_answer, read_answer
from cartes.till_request import (
    MAX_SESSION,
    NONCE_SIZE,
    TillOffer,
    check_hours,
    context_of,
    request_text,
    write_request,
)
from cartes.wire import qr
from verifier.lights import Light
from verifier.own_key import OwnKey
from verifier.policy import Policy
from verifier.till_session import TillNotAuthorised, TillSession, TillSessionUnusable, Waiting
from verifier.verdict import Freshness, Reason, Verdict, verdict
from verifier.verify import Verifier, check_clock

SESSION: Final = MAX_SESSION - timedelta(seconds=CLOCK_SKEW_S)
"""The hours a till asks for: twelve, less what two clocks may differ by."""
# A context that answers no request: at a till that takes sealed answers only, no card in clear fits it.
_NO_REQUEST: Final = hashlib.sha256(b"FR-SQ1-NO-REQUEST\x00").digest()


@dataclass(frozen=True, slots=True)
class TwoWayTill:
    """A till that asks first. `verifier` judges; `session` is what is kept between commands."""

    verifier: Verifier
    session: TillSession

    def begin(self, at: datetime, random: Callable[[int], bytes], *, hours: timedelta = SESSION) -> TillOffer:
        """1. Make this session's key and say for how long it wants to serve (at most `SESSION`).

        The session before, if any, is over. Raises `TillSessionUnusable`.
        """
        return self.session.begin(whole_second(at, "at") + min(hours, SESSION), random)

    def authorise(self, text: str, policy: Policy, at: datetime) -> Verdict:
        """3. Judge the e-CPS presentation made for this key; green or amber authorises the till.

        Raises `TillNotAuthorised` when no session was begun, `TillKeyPastHours`, `TillHoursTooLong`,
        `TillSessionUnusable`.
        """
        session = self.session.session()
        if session is None:
            raise TillNotAuthorised(why="not_begun")
        check_hours(session.offer, at)
        if policy.expects is not CardKind.ECPS:
            raise InvalidValue(what="policy", why="not_for_an_ecps")
        judged = self.verifier.check(text, policy, at, ctx=session.offer.context)
        if judged.light is not Light.RED:
            shown = qr.unpack(text)
            # The hours are counted from the gesture, by the phone's clock: asked here as phones will ask.
            self._check_still_authorised(shown, session.offer, at)
            self.session.authorised(shown, session.offer.till_key)
        return judged

    def challenge(self, at: datetime, random: Callable[[int], bytes]) -> str:
        """4. Sign a request for one patient and remember it for two minutes; gives the digits of its code.

        Raises:
            TillNotAuthorised, TillKeyPastHours, TillHoursTooLong, TillSessionUnusable: this till cannot ask.
            CardRefused: the professional's e-CPS was revoked or has expired since, or trust data are too old.
        """
        session = self.session.session()
        if session is None or session.presentation is None:
            raise TillNotAuthorised
        check_hours(session.offer, at)
        self._check_still_authorised(session.presentation, session.offer, at)
        ephemeral = OwnKey.make(random)
        request = write_request(
            session.presentation, session.offer, at, random(NONCE_SIZE), ephemeral.public_key, session.key
        )
        self.session.wait_for(Waiting(context_of(request), ephemeral, whole_second(at, "at")))
        return request_text(request)

    def check(
        self,
        text: str,
        policy: Policy,
        at: datetime,
        *,
        two_way_only: bool = False,
        beside: Policy | None = None,
    ) -> Verdict:
        """10. Judge what a phone shows: a sealed answer to a waiting request, or a card in clear.

        `beside` as for `Verifier.check`. Always a verdict; `TillSessionUnusable` when a sealed answer finds
        the session's files unusable.
        """
        if not qr.is_form(text, ANSWER):
            ctx = _NO_REQUEST if two_way_only else b""
            return self.verifier.check(text, policy, at, ctx=ctx, also_asked=self._asked(at), beside=beside)
        waiting = self.session.waiting(at)
        try:
            request, shown = _opened(read_answer(text), waiting)
            # One request, one answer: whoever takes it out of the waiting ones may judge.
            if not self.session.take(request.ctx):
                raise ContextUnexpected(why="already_answered")
        except CardRefused as refusal:
            return verdict((Reason(refusal.code, refusal.facts),), Freshness(checked_at=at))
        # 11. The card inside, with this request as its context.
        others = tuple(one.ctx for one in waiting if one is not request)
        return self.verifier.check(
            qr.pack(shown), policy, at, ctx=request.ctx, also_asked=others, beside=beside
        )

    def _asked(self, at: datetime) -> tuple[bytes, ...]:
        """The waiting requests, only to name a failure: a damaged session stops no one-way scan."""
        try:
            return tuple(one.ctx for one in self.session.waiting(at))
        except TillSessionUnusable:
            return ()

    def _check_still_authorised(self, shown: bytes, offer: TillOffer, at: datetime) -> None:
        trusted = self.verifier.store.load(at)
        check_clock(trusted, at)
        check_authorisation(shown, offer, trusted.trust, trusted.revoked, trusted.suspended, at)


def _opened(answer: bytes, waiting: tuple[Waiting, ...]) -> tuple[Waiting, bytes]:
    """The request an answer opens with, and what was sealed. Newest first: it is usually the one."""
    if not waiting:
        raise ContextUnexpected(why="no_request_waiting")
    for request in reversed(waiting):
        try:
            return request, open_answer(answer, request.key.private_key, request.ctx)
        except AnswerUnreadable:
            continue
    raise AnswerUnreadable(waiting=len(waiting))
