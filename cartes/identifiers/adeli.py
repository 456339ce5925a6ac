"""The ADELI number: the older professional number, nine characters, kept for those without an RPPS.

The first two characters are the département, whose second may be a letter (2A and 2B in Corsica, 9A to 9F
overseas). The key is Luhn's, with the letters A to F read as 1 to 6.

>>> Adeli.parse("9A6900160").digits
'9A6900160'
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cartes.errors import InvalidValue
from cartes.identifiers.luhn import luhn_holds
from cartes.identifiers.mode import Mode

_SHAPE = re.compile(r"[0-9][0-9A-F][0-9]{7}")
_LETTERS = str.maketrans("ABCDEF", "123456")


@dataclass(frozen=True, slots=True, repr=False)
class Adeli:
    """An ADELI number: nine characters `digits`. `warnings` may hold `key` (lenient reading only)."""

    digits: str
    mode: Mode = field(default=Mode.STRICT, compare=False)
    warnings: tuple[str, ...] = field(init=False, compare=False, default=())

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.digits):
            raise InvalidValue(what="adeli", why="shape")
        if luhn_holds(self.digits.translate(_LETTERS)):
            return
        if self.mode is not Mode.LENIENT:
            raise InvalidValue(what="adeli", why="key")
        object.__setattr__(self, "warnings", ("key",))

    @classmethod
    def parse(cls, text: str, mode: Mode = Mode.STRICT) -> Adeli:
        """Read nine characters; ordinary spaces are dropped. Raises `InvalidValue` (`what="adeli"`)."""
        return cls(text.replace(" ", ""), mode)

    @property
    def is_strict(self) -> bool:
        """Whether nothing had to be forgiven."""
        return not self.warnings

    def __repr__(self) -> str:
        return f"Adeli(…{self.digits[-3:]})"

    def __str__(self) -> str:
        return repr(self)
