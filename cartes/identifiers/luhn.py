"""The Luhn key (ISO/IEC 7812-1 annex B): what RPPS, ADELI, FINESS, SIREN and SIRET end with.

Only ASCII digits come in; the callers' patterns have seen to that.

>>> luhn_holds("99700218896")
True
>>> luhn_key("9970021889")
'6'
"""

from __future__ import annotations


def luhn_sum(digits: str) -> int:
    """The weighted sum of ASCII `digits`, the last one being the key (weight 1)."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2  # noqa: PLR2004 -- doubling passes 9 from 5 on
        total += value
    return total


def luhn_holds(digits: str) -> bool:
    """Whether the last of `digits` is the right key of the others."""
    return luhn_sum(digits) % 10 == 0


def luhn_key(digits: str) -> str:
    """The digit that completes `digits`."""
    return str(-luhn_sum(digits + "0") % 10)
