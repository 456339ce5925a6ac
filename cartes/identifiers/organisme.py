"""The organisme that manages an insured person's file: régime, caisse, centre.

The three codes are kept as text because their zeros count. They travel as integers (`docs/formats/qr.md`):
`as_ints` and `from_ints` are that crossing.

>>> Organisme("01", "349", "9881").text
'013499881'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cartes.errors import InvalidValue

_WIDTHS = (("regime", 2), ("caisse", 3), ("centre", 4))


@dataclass(frozen=True, slots=True)
class Organisme:
    """Régime (2 digits), caisse (3), centre (4): the address of a file in the assurance maladie."""

    regime: str
    caisse: str
    centre: str

    def __post_init__(self) -> None:
        for name, width in _WIDTHS:
            if not re.fullmatch(rf"[0-9]{{{width}}}", getattr(self, name)):
                raise InvalidValue(what="organisme", why=name)

    @classmethod
    def parse(cls, text: str) -> Organisme:
        """Read the nine digits in a row; ordinary spaces are dropped. Raises `InvalidValue`."""
        digits = text.replace(" ", "")
        if not re.fullmatch(r"[0-9]{9}", digits):
            raise InvalidValue(what="organisme", why="shape")
        return cls(digits[:2], digits[2:5], digits[5:])

    @classmethod
    def from_ints(cls, regime: int, caisse: int, centre: int) -> Organisme:
        """The organisme written as three integers on the wire. Raises `InvalidValue` when one is too big."""
        if min(regime, caisse, centre) < 0:
            raise InvalidValue(what="organisme", why="negative")
        return cls(f"{regime:02d}", f"{caisse:03d}", f"{centre:04d}")

    @property
    def as_ints(self) -> tuple[int, int, int]:
        """Régime, caisse and centre as the integers of the wire format."""
        return int(self.regime), int(self.caisse), int(self.centre)

    @property
    def text(self) -> str:
        """The nine digits in a row."""
        return self.regime + self.caisse + self.centre
