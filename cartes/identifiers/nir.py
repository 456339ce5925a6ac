"""The NIR (and the NIA, which has its shape): the number of a person in the national register.

Thirteen characters (sex, year, month, département and commune, order number) and a key of two digits,
`97 - (number mod 97)`. Corsica's `2A` and `2B` are letters in the number and digits only inside the key:
two writings of that rule are published (decree 82-103 of 22 January 1982, article 4, for the number), both
are here and a test keeps them equal.

A NIR says no age: the century is not coded, `24` is 1924 and 2024. Twins are not coded either. It never
prints itself: `repr` and `str` show the key alone, the characters are asked for by name.

>>> nir = Nir.parse("1 58 03 2A 999 042 96")
>>> nir, nir.digits, nir.is_strict
(Nir(…96), '158032A99904296', True)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cartes.errors import InvalidValue
from cartes.identifiers.mode import Mode

# [0-9] and never \d: \d also matches full-width and Arabic digits.
_SHAPE = re.compile(r"[0-9]{6}[0-9AB][0-9]{8}")
# Sex or kind of registration (3, 4: being registered; 7, 8: NIA); month, with the conventional months of an
# incomplete or foreign civil status; département (or 99 for abroad) and commune; order number from 001.
_STRUCTURE = (
    ("sex", re.compile(r"[1-478]"), slice(0, 1)),
    ("month", re.compile(r"0[1-9]|1[0-3]|[23][0-9]|4[0-2]|[5-9][0-9]"), slice(3, 5)),
    ("departement", re.compile(r"[0-9]{2}|2[AB]"), slice(5, 7)),
    ("order", re.compile(r"(?!000)[0-9]{3}"), slice(10, 13)),
)
_LENGTH = 15
_NUMBER_LENGTH = 13


def nir_number(number: str) -> int:
    """The integer the key is computed on, first published writing: A is 0 less a million, B two.

    `number` is the 13 characters, letters in upper case.
    """
    if number[6] == "A":
        return int(number.replace("A", "0")) - 1_000_000
    if number[6] == "B":
        return int(number.replace("B", "0")) - 2_000_000
    return int(number)


def nir_number_other_writing(number: str) -> int:
    """The same integer by the other published writing: 2A is read 19, 2B is read 18."""
    departement = {"2A": "19", "2B": "18"}.get(number[5:7], number[5:7])
    return int(number[:5] + departement + number[7:])


def nir_key(number: str) -> str:
    """The two-digit key, 01 to 97, of the 13 characters of a NIR."""
    return f"{97 - nir_number(number) % 97:02d}"


@dataclass(frozen=True, slots=True, repr=False)
class Nir:
    """A person's NIR or NIA: 15 characters `digits`, the key included; letters only for Corsica.

    Building one checks it in its `mode`; `warnings` are the words of what that mode let through
    (`sex`, `month`, `departement`, `order`, `key`). Equality and hash look at the characters alone.
    """

    digits: str
    mode: Mode = field(default=Mode.STRICT, compare=False)
    warnings: tuple[str, ...] = field(init=False, compare=False, default=())

    def __post_init__(self) -> None:
        if len(self.digits) != _LENGTH:
            raise InvalidValue(what="nir", why="length")
        if not _SHAPE.fullmatch(self.digits):
            raise InvalidValue(what="nir", why="characters")
        warnings = [why for why, pattern, part in _STRUCTURE if not pattern.fullmatch(self.digits[part])]
        if warnings and self.mode is Mode.STRICT:
            raise InvalidValue(what="nir", why=warnings[0])
        if not self._key_holds():
            if self.mode is not Mode.LENIENT:
                raise InvalidValue(what="nir", why="key")
            warnings.append("key")
        object.__setattr__(self, "warnings", tuple(warnings))

    @classmethod
    def parse(cls, text: str, mode: Mode = Mode.STRICT) -> Nir:
        """Read a NIR with its key; ordinary spaces are dropped, nothing else is forgiven.

        Lower case is refused: the letters are signed as they are, and there is one way to write them.
        Raises `InvalidValue` (`what="nir"`), which never holds the number.
        """
        return cls(text.replace(" ", ""), mode)

    @classmethod
    def from_number(cls, number: str, mode: Mode = Mode.STRICT) -> Nir:
        """The NIR of a 13-character `number`, its key computed. Raises `InvalidValue`."""
        if len(number) != _NUMBER_LENGTH or not _SHAPE.fullmatch(number + "00"):
            raise InvalidValue(what="nir", why="number")
        if number[6] in "AB" and number[5] != "2":
            raise InvalidValue(what="nir", why="departement")
        return cls(number + nir_key(number), mode)

    def _key_holds(self) -> bool:
        return self.digits[13:] == nir_key(self.digits[:13])

    @property
    def number(self) -> str:
        """The 13 characters without the key."""
        return self.digits[:13]

    @property
    def key(self) -> str:
        """The two digits of the key."""
        return self.digits[13:]

    @property
    def is_nia(self) -> bool:
        """Whether this is a waiting number (NIA): it starts with 7 or 8 and will be replaced by a NIR."""
        return self.digits[0] in "78"

    @property
    def is_strict(self) -> bool:
        """Whether nothing had to be forgiven: structure and key both hold."""
        return not self.warnings

    def __repr__(self) -> str:
        return f"Nir(…{self.key})"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, format_spec: str) -> str:
        return format(repr(self), format_spec)
