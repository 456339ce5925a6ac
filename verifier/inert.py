"""Make a text harmless to show.

A QR code can hold anything: escape sequences that move the cursor or recolour a red light green, marks that
turn the reading direction. Whatever was read from outside passes here before it reaches a terminal. Letters,
digits, accents and ordinary spaces stay as they are; everything else is shown by its number.
"""

from __future__ import annotations

from typing import Final

MAX_SHOWN: Final = 400


def inert(text: str, limit: int = MAX_SHOWN) -> str:
    r"""`text` with every unprintable or direction-changing character written as `\uXXXX`, cut at `limit`.

    >>> inert("DURAND\x1b[2J")
    'DURAND\\u001b[2J'
    """
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text[:limit])
    return shown if len(text) <= limit else f"{shown}…"
