"""What the owner shows: one card, one gesture, one QR that is worth a minute."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from cartes.cards import CardKind
from cartes.presentation import PROOF_MAX_AGE_S
from mobile_mock.draw import DEFAULT_SCALE, Symbol, draw
from mobile_mock.pocket_records import KeptCard

_TITLES: Final = {
    CardKind.APCV: "QR apCV",
    CardKind.ECPS: "QR e-CPS",
    CardKind.AMC: "QR complémentaire",
}


@dataclass(frozen=True)
class Presentation:
    """A card with the proof just made.

    Attributes:
        card: what is shown.
        data: the SQ1 bytes, or in the two-way mode the same sealed to the till that asked.
        text: the digits of the QR.
        shown_at: the moment that was signed, in whole seconds UTC.
    """

    card: KeptCard
    data: bytes = field(repr=False)
    text: str = field(repr=False)
    shown_at: datetime

    @property
    def fresh_until(self) -> datetime:
        """After this moment a till says `proof_stale`."""
        return self.shown_at + timedelta(seconds=PROOF_MAX_AGE_S)

    @cached_property
    def symbol(self) -> Symbol:
        """The QR symbol."""
        return draw(self.text)

    def png(self, scale: int = DEFAULT_SCALE) -> bytes:
        """The QR as a PNG, `scale` pixels a module."""
        return self.symbol.png(scale)

    def svg(self) -> str:
        """The QR as an SVG."""
        return self.symbol.svg(_TITLES[self.card.kind])

    def terminal(self, *, dark_background: bool = True) -> str:
        """The QR as lines of text."""
        return self.symbol.terminal(dark_background=dark_background)
