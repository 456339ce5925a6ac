"""The IDNPS, national identifier of a professional: a type digit, then the number it announces.

The type digits are those of TRE_G08 for *persons* (8 RPPS, 0 ADELI, 3 an employee known by a FINESS and a
local number after a slash). The same digits mean other things in front of a structure, so this class never
reads a structure. An IDNPS is not a Luhn number as a whole: the type digit goes first, then the number is
checked by its own rule. Pro Santé Connect also knows test subjects that are none of these
(`ANS20210107161422`): a lenient reading keeps them, with the warning `type`.

>>> Idnps.parse("899700366240").rpps
Rpps(…240)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cartes.errors import InvalidValue
from cartes.identifiers.adeli import Adeli
from cartes.identifiers.finess import Finess
from cartes.identifiers.mode import Mode
from cartes.identifiers.rpps import Rpps
from cartes.nomenclatures.type_identifiant import TypeIdentifiant

_SHAPE = re.compile(r"[0-9A-Z/]{2,32}")
_RPPS = re.compile(r"8[0-9]{11}")
_ADELI = re.compile(r"0[0-9A-Z]{9}")
_EMPLOYEE = re.compile(r"3[0-9A-Z]{9}/[0-9A-Z]{1,20}")


@dataclass(frozen=True, slots=True, repr=False)
class Idnps:
    """A professional's national identifier, `text`: the type digit and the number.

    `rpps` or `adeli` is the number inside when it is one. `warnings` are those of the number inside, or
    `type` when no rule knows it (lenient reading only).
    """

    text: str
    mode: Mode = field(default=Mode.STRICT, compare=False)
    warnings: tuple[str, ...] = field(init=False, compare=False, default=())
    rpps: Rpps | None = field(init=False, compare=False, default=None)
    adeli: Adeli | None = field(init=False, compare=False, default=None)
    employer: Finess | None = field(init=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.text):
            raise InvalidValue(what="idnps", why="shape")
        if _RPPS.fullmatch(self.text):
            self._hold("rpps", Rpps(self.text[1:], self.mode))
        elif _ADELI.fullmatch(self.text):
            self._hold("adeli", Adeli(self.text[1:], self.mode))
        elif _EMPLOYEE.fullmatch(self.text):
            self._hold("employer", Finess(self.text[1:10], self.mode))
        elif self.mode is Mode.LENIENT:
            object.__setattr__(self, "warnings", ("type",))
        else:
            raise InvalidValue(what="idnps", why="type")

    def _hold(self, name: str, inner: Rpps | Adeli | Finess) -> None:
        object.__setattr__(self, name, inner)
        object.__setattr__(self, "warnings", inner.warnings)

    @classmethod
    def parse(cls, text: str, mode: Mode = Mode.STRICT) -> Idnps:
        """Read an IDNPS; ordinary spaces are dropped.

        Raises `InvalidValue`: `what` is `idnps`, or the inner number's own word when that is wrong.
        """
        return cls(text.replace(" ", ""), mode)

    @classmethod
    def from_rpps(cls, rpps: Rpps) -> Idnps:
        """The IDNPS of an RPPS number, read in the same mode."""
        return cls(TypeIdentifiant.RPPS.value + rpps.digits, rpps.mode)

    @classmethod
    def from_adeli(cls, adeli: Adeli) -> Idnps:
        """The IDNPS of an ADELI number, read in the same mode."""
        return cls(TypeIdentifiant.ADELI.value + adeli.digits, adeli.mode)

    @property
    def type_identifiant(self) -> TypeIdentifiant | None:
        """Which register the number comes from, or None when no rule knows it."""
        if self.rpps is None and self.adeli is None and self.employer is None:
            return None
        return TypeIdentifiant(self.text[0])

    @property
    def is_strict(self) -> bool:
        """Whether nothing had to be forgiven."""
        return not self.warnings

    def __repr__(self) -> str:
        return f"Idnps(…{self.text[-3:]})"

    def __str__(self) -> str:
        return repr(self)
