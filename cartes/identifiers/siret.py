"""SIREN (an enterprise, 9 digits) and SIRET (one of its establishments, 14 digits), both with a Luhn key.

La Poste is the known exception (general knowledge of the register, read in no specification here): its
establishments ran out of Luhn numbers, and the sum of their digits is a multiple of five instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cartes.errors import InvalidValue
from cartes.identifiers.luhn import luhn_holds
from cartes.identifiers.mode import Mode

_SIREN_SHAPE = re.compile(r"[0-9]{9}")
_SIRET_SHAPE = re.compile(r"[0-9]{14}")
_LA_POSTE = "356000000"


def _siret_key_holds(digits: str) -> bool:
    if digits.startswith(_LA_POSTE) and sum(map(int, digits)) % 5 == 0:
        return True
    return luhn_holds(digits)


@dataclass(frozen=True, slots=True, repr=False)
class Siren:
    """An enterprise: nine ASCII `digits`. `warnings` may hold `key` (lenient reading only)."""

    digits: str
    mode: Mode = field(default=Mode.STRICT, compare=False)
    warnings: tuple[str, ...] = field(init=False, compare=False, default=())

    def __post_init__(self) -> None:
        if not _SIREN_SHAPE.fullmatch(self.digits):
            raise InvalidValue(what="siren", why="shape")
        if luhn_holds(self.digits):
            return
        if self.mode is not Mode.LENIENT:
            raise InvalidValue(what="siren", why="key")
        object.__setattr__(self, "warnings", ("key",))

    @classmethod
    def parse(cls, text: str, mode: Mode = Mode.STRICT) -> Siren:
        """Read nine digits; ordinary spaces are dropped. Raises `InvalidValue` (`what="siren"`)."""
        return cls(text.replace(" ", ""), mode)

    @property
    def is_strict(self) -> bool:
        """Whether nothing had to be forgiven."""
        return not self.warnings

    def __repr__(self) -> str:
        return f"Siren({self.digits})"

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True, repr=False)
class Siret:
    """An establishment: fourteen ASCII `digits`. `warnings` may hold `siren_key` and `key` (lenient only)."""

    digits: str
    mode: Mode = field(default=Mode.STRICT, compare=False)
    warnings: tuple[str, ...] = field(init=False, compare=False, default=())

    def __post_init__(self) -> None:
        if not _SIRET_SHAPE.fullmatch(self.digits):
            raise InvalidValue(what="siret", why="shape")
        warnings = []
        if not luhn_holds(self.digits[:9]):
            warnings.append("siren_key")
        if not _siret_key_holds(self.digits):
            warnings.append("key")
        if warnings and self.mode is not Mode.LENIENT:
            raise InvalidValue(what="siret", why=warnings[0])
        object.__setattr__(self, "warnings", tuple(warnings))

    @classmethod
    def parse(cls, text: str, mode: Mode = Mode.STRICT) -> Siret:
        """Read fourteen digits; ordinary spaces are dropped. Raises `InvalidValue` (`what="siret"`)."""
        return cls(text.replace(" ", ""), mode)

    @property
    def siren(self) -> Siren:
        """The enterprise this establishment belongs to, read in the same mode."""
        return Siren(self.digits[:9], self.mode)

    @property
    def is_strict(self) -> bool:
        """Whether nothing had to be forgiven."""
        return not self.warnings

    def __repr__(self) -> str:
        return f"Siret({self.digits})"

    def __str__(self) -> str:
        return self.digits
