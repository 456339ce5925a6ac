"""The RPPS number: a health professional's number for life, eleven digits, the last a Luhn key.

It says nothing of a right to practise: a retired doctor keeps hers. The ANS's own fixtures hold numbers
with a wrong key, so it is an error for an issuer (`STRICT`, `TEST`) and a warning for a reader (`LENIENT`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cartes.errors import InvalidValue
from cartes.identifiers.luhn import luhn_holds
from cartes.identifiers.mode import Mode

_SHAPE = re.compile(r"[0-9]{11}")


@dataclass(frozen=True, slots=True, repr=False)
class Rpps:
    """An RPPS number: eleven ASCII `digits`. `warnings` may hold `key` (lenient reading only)."""

    digits: str
    mode: Mode = field(default=Mode.STRICT, compare=False)
    warnings: tuple[str, ...] = field(init=False, compare=False, default=())

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.digits):
            raise InvalidValue(what="rpps", why="shape")
        if luhn_holds(self.digits):
            return
        if self.mode is not Mode.LENIENT:
            raise InvalidValue(what="rpps", why="key")
        object.__setattr__(self, "warnings", ("key",))

    @classmethod
    def parse(cls, text: str, mode: Mode = Mode.STRICT) -> Rpps:
        """Read eleven digits; ordinary spaces are dropped. Raises `InvalidValue` (`what="rpps"`)."""
        return cls(text.replace(" ", ""), mode)

    @property
    def is_strict(self) -> bool:
        """Whether nothing had to be forgiven."""
        return not self.warnings

    def __repr__(self) -> str:
        return f"Rpps(…{self.digits[-3:]})"

    def __str__(self) -> str:
        return repr(self)
