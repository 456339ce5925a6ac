"""The text of an SQ1 code: the decimal digits of the integer `h'01' || data`.

Digits make the smallest symbol (numeric mode) and survive any keyboard layout but one: a reader in keyboard
mode that types its digits on a French AZERTY keyboard without the shift key. `repair_azerty` gives them back.

What is not ours is `NotSq1`; what looks like ours and is damaged or out of bounds is `BadTransport`.

>>> unpack(pack(bytes(250))) == bytes(250)
True
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from cartes.errors import BadTransport, InvalidValue, NotSq1

# The longest card the issuer signs (449 bytes in all) with the longest inline client-data tail in the place
# of a profile number; and a floor well under the shortest card.
MAX_BYTES: Final = 449 + 161
MIN_BYTES: Final = 200
_MOST_DIGITS: Final = len(str(2 << (8 * MAX_BYTES)))  # 1470: far from Python's own limit of 4300
_LEAST_DIGITS: Final = len(str(1 << (8 * MIN_BYTES)))
_MOSTLY_OURS: Final = 0.9

# AZERTY's number row without shift, as Windows, Linux (capital letters with caps lock) and macOS or Belgian
# layouts (§ and !) type it.
_AZERTY: Final = str.maketrans("&é\"'(-è_çàÉÈÇÀ§!", "1234567890279068")
_AZERTY_OR_DIGITS: Final = re.compile(r"[0-9&é\"'(\-è_çàÉÈÇÀ§!\s]+", re.ASCII)


def pack(data: bytes) -> str:
    """Write SQ1 bytes as decimal text."""
    if len(data) > MAX_BYTES:
        raise InvalidValue(what="sq1", why="too_long", size=len(data), most=MAX_BYTES)
    return str(int.from_bytes(b"\x01" + data, "big"))


def unpack(text: str) -> bytes:
    """Read decimal text back to SQ1 bytes: check 1. Raises `NotSq1` or `BadTransport`.

    The text is taken as it is: no space, sign, separator or foreign digit is forgiven (Python's `int` would).
    """
    # For ASCII text `isdigit` is exactly [0-9]; for any other it is not.
    if not (text.isascii() and text.isdigit() and text[0] != "0"):
        if _looks_like_ours(text):
            raise BadTransport(why="not_plain_digits")
        raise NotSq1(why="not_digits")
    if len(text) < _LEAST_DIGITS:
        raise NotSq1(why="too_short", digits=len(text))
    if len(text) > _MOST_DIGITS:
        raise BadTransport(why="too_long", digits=len(text))
    number = int(text)
    if number.bit_length() % 8 != 1:
        raise BadTransport(why="first_byte")  # a digit was lost, added or changed at the front
    return number.to_bytes(number.bit_length() // 8 + 1, "big")[1:]


def repair_azerty(text: str) -> str:
    """Give back the digits a keyboard reader typed on an AZERTY layout; any other text comes back unchanged.

    Only a text made of nothing but digits, blanks and the characters of that number row is touched, and a
    digit is never changed.
    """
    composed = unicodedata.normalize("NFC", text)
    if _AZERTY_OR_DIGITS.fullmatch(composed):
        return composed.translate(_AZERTY)
    return text


def _looks_like_ours(text: str) -> bool:
    """Long enough, and nearly all ASCII digits: a reading error, rather than another kind of code."""
    digits = sum(1 for character in text if "0" <= character <= "9")
    return digits >= _LEAST_DIGITS and digits >= _MOSTLY_OURS * len(text)
