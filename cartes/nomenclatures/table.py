"""What every code table of this folder is: an enum whose values are the official codes.

A member is named by a word, valued by its code, and labelled in French (and English, where a person may read
it on the English screen). `get` answers None for a code this project does not know: tables grow upstream,
and a reader must be able to show an unknown code rather than fail on it.
"""

from __future__ import annotations

import enum
from typing import Self

from cartes.errors import InvalidValue


class CodeTable(enum.StrEnum):
    """A table of official codes. `label` is French; `label_en` is English, or the French when it has none."""

    label: str
    label_en: str

    def __new__(cls, code: str, label: str = "", label_en: str = "") -> Self:
        """Make a member from its code and its labels."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        member.label_en = label_en or label
        return member

    @classmethod
    def get(cls, code: str) -> Self | None:
        """The member of this `code`, or None when the table has none."""
        for member in cls:
            if member.value == code:
                return member
        return None

    @classmethod
    def parse(cls, code: str) -> Self:
        """The member of this `code`, for whoever may not go on without one.

        Raises `InvalidValue` (`what="code"`, and the table's name).
        """
        member = cls.get(code)
        if member is None:
            raise InvalidValue(what="code", table=cls.__name__, why="unknown")
        return member


class NumericCodeTable(CodeTable):
    """A table whose codes are all digits, and so may travel as small integers."""

    @property
    def wire(self) -> int:
        """The code as an integer."""
        return int(self.value)

    @classmethod
    def from_wire(cls, number: int) -> Self | None:
        """The member whose code is this `number`, or None."""
        for member in cls:
            if member.wire == number:
                return member
        return None
