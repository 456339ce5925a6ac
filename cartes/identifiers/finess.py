"""The FINESS number: a health establishment or its legal entity, nine characters, Luhn key.

Test FINESS of the sector hold letters anywhere (`0B0172805`): `TEST` accepts nine capital letters or digits
with the warning `letters`, and asks nothing of a key nobody defined for them. In Corsica real numbers begin
with 2A or 2B; their key holds with A read as 1 and B as 2, as in an ADELI number. That rule is ours, seen to
hold on numbers known from memory, not read in a specification.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cartes.errors import InvalidValue
from cartes.identifiers.luhn import luhn_holds
from cartes.identifiers.mode import Mode

_SHAPE = re.compile(r"[0-9A-Z]{9}")
_STRICT_SHAPE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}")
_CORSICA = str.maketrans("AB", "12")


@dataclass(frozen=True, slots=True, repr=False)
class Finess:
    """A FINESS number: nine characters `digits`. `warnings` may hold `letters` or `key`."""

    digits: str
    mode: Mode = field(default=Mode.STRICT, compare=False)
    warnings: tuple[str, ...] = field(init=False, compare=False, default=())

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.digits):
            raise InvalidValue(what="finess", why="shape")
        if not _STRICT_SHAPE.fullmatch(self.digits):
            if self.mode is Mode.STRICT:
                raise InvalidValue(what="finess", why="letters")
            object.__setattr__(self, "warnings", ("letters",))
        elif not luhn_holds(self.digits.translate(_CORSICA)):
            if self.mode is not Mode.LENIENT:
                raise InvalidValue(what="finess", why="key")
            object.__setattr__(self, "warnings", ("key",))

    @classmethod
    def parse(cls, text: str, mode: Mode = Mode.STRICT) -> Finess:
        """Read nine characters; ordinary spaces are dropped. Raises `InvalidValue` (`what="finess"`)."""
        return cls(text.replace(" ", ""), mode)

    @property
    def is_strict(self) -> bool:
        """Whether nothing had to be forgiven."""
        return not self.warnings

    def __repr__(self) -> str:
        return f"Finess({self.digits})"

    def __str__(self) -> str:
        return self.digits
