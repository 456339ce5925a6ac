"""A code that is no card, to try a reader: ninety times the ten digits, beginning with a zero.

It is as long as a card's code, so that the seconds it takes are the seconds a card will take; no card begins
with a zero, so it can never be taken for one. What a keyboard layout does to it shows at a glance.
"""

from __future__ import annotations

from typing import Final

TEXT: Final = "0123456789" * 90
