"""The two-way scan as a screen plays it: authorise once a session, then a request always on show.

`verifier.two_way` does the work; what is added here is what a screen must know: whether the next e-CPS shown
is the one that authorises this till, and which request stands on the screen. A request is drawn again every
`REDRAWN_AFTER`, since a phone takes none older than a minute, and after each answer: no click between two
patients.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cartes.errors import CarteError
from verifier import drawing
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.two_way import TwoWayTill
from verifier.verdict import Verdict

REDRAWN_AFTER: Final = timedelta(seconds=40)
AUTHORISES: Final = "identite-pro"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A code to show: its PNG in base64, when it was made and, for an offer, the mark to compare."""

    png: str = field(repr=False)
    made_at: datetime
    mark: str = ""
    until: datetime | None = None


@dataclass(slots=True)
class TwoWayScreen:
    """One till's two-way mode. `awaited` while the professional's phone has not answered the offer."""

    till: TwoWayTill
    random: Callable[[int], bytes]
    awaited: bool = False
    _asked: Symbol | None = None

    def begin(self, at: datetime) -> Symbol:
        """Make this till's key and give the offer to show. Raises `TillSessionUnusable`."""
        offer = self.till.begin(at, self.random)
        self.awaited, self._asked = True, None
        return Symbol(_png(offer.text()), at, offer.mark, offer.until)

    def cancel(self) -> None:
        """The professional changed their mind: a card shown now is judged as any card."""
        self.awaited = False

    def authorise(self, text: str, at: datetime) -> Verdict:
        """Judge what was shown as the e-CPS that authorises this till; anything but red ends the waiting."""
        judged = self.till.authorise(text, POLICIES[AUTHORISES], at)
        if judged.light is not Light.RED:
            self.awaited = False
        return judged

    def request(self, at: datetime) -> Symbol:
        """The request on show: the one made lately, or a new one. Raises what `TwoWayTill.challenge` does."""
        asked = self._asked
        if asked is None or not timedelta() <= at - asked.made_at < REDRAWN_AFTER:
            asked = self._asked = Symbol(_png(self.till.challenge(at, self.random)), at)
        return asked

    def answered(self) -> None:
        """The request on show was used up: the next one is another."""
        self._asked = None

    def authorised_until(self, at: datetime) -> datetime | None:
        """Until when this till may ask; None when nobody authorised it or its hours are past."""
        try:
            session = self.till.session.session()
        except CarteError:
            return None
        if session is None or session.presentation is None or session.offer.until <= at:
            return None
        return session.offer.until


def _png(digits: str) -> str:
    return base64.b64encode(drawing.png(digits)).decode("ascii")
