"""The text of a code: the decimal digits of the integer `h'01' || data`, its first byte saying what it is.

Four things travel this way, and one is never taken for another: a card (01), and in the two-way mode
(`docs/formats/two-way.md`) a till's request (02), a phone's sealed answer (03) and the key a till asks a
professional to authorise (04). A reader says which one it expects.

Digits make the smallest symbol (numeric mode) and survive any keyboard layout but one: a reader in keyboard
mode that types its digits on a French AZERTY keyboard without the shift key. `repair_azerty` gives them back.

What is not ours is `NotSq1`; what looks like ours and is damaged or out of bounds is `BadTransport`.

>>> unpack(pack(bytes(250))) == bytes(250)
True
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from cartes.errors import BadTransport, InvalidValue, NotSq1

# The longest card the issuer signs (449 bytes in all) with the longest inline client-data tail in the place
# of a profile number; and a floor well under the shortest card.
MAX_BYTES: Final = 449 + 161
MIN_BYTES: Final = 200
_MOSTLY_OURS: Final = 0.9


@dataclass(frozen=True, slots=True)
class Form:
    """One thing that travels as digits: its first byte, and how many bytes may follow it."""

    first_byte: int
    least: int
    most: int
    least_digits: int = field(init=False, repr=False)
    most_digits: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "least_digits", len(str(self.first_byte << (8 * self.least))))
        object.__setattr__(self, "most_digits", len(str((self.first_byte + 1) << (8 * self.most))))


CARD: Final = Form(1, MIN_BYTES, MAX_BYTES)
"""SQ1: a card and its phone's proof. 482 to 1470 digits, far from Python's own limit of 4300."""

# AZERTY's number row without shift, as Windows, Linux (capital letters with caps lock) and macOS or Belgian
# layouts (§ and !) type it.
_AZERTY: Final = str.maketrans("&é\"'(-è_çàÉÈÇÀ§!", "1234567890279068")
_AZERTY_OR_DIGITS: Final = re.compile(r"[0-9&é\"'(\-è_çàÉÈÇÀ§!\s]+", re.ASCII)


def pack(data: bytes, form: Form = CARD) -> str:
    """Write bytes as decimal text, in one of the four forms."""
    if len(data) > form.most:
        raise InvalidValue(what="sq1", why="too_long", size=len(data), most=form.most)
    return str(int.from_bytes(bytes((form.first_byte,)) + data, "big"))


def unpack(text: str, form: Form = CARD) -> bytes:
    """Read decimal text of one form back to its bytes: check 1. Raises `NotSq1` or `BadTransport`.

    The text is taken as it is: no space, sign, separator or foreign digit is forgiven (Python's `int` would).
    """
    # For ASCII text `isdigit` is exactly [0-9]; for any other it is not.
    if not (text.isascii() and text.isdigit() and text[0] != "0"):
        if _looks_like_ours(text, form):
            raise BadTransport(why="not_plain_digits")
        raise NotSq1(why="not_digits")
    if len(text) < form.least_digits:
        raise NotSq1(why="too_short", digits=len(text))
    if len(text) > form.most_digits:
        raise BadTransport(why="too_long", digits=len(text))
    number = int(text)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    # Another first byte is another form, or a digit lost, added or changed at the front.
    if data[0] != form.first_byte or not form.least <= len(data) - 1 <= form.most:
        raise BadTransport(why="first_byte")
    return data[1:]


def is_form(text: str, form: Form) -> bool:
    """Whether the digits begin as this form does and have its length; nothing more is said of them."""
    try:
        unpack(text, form)
    except (NotSq1, BadTransport):
        return False
    return True


def repair_azerty(text: str) -> str:
    """Give back the digits a keyboard reader typed on an AZERTY layout; any other text comes back unchanged.

    Only a text made of nothing but digits, blanks and the characters of that number row is touched, and a
    digit is never changed.
    """
    composed = unicodedata.normalize("NFC", text)
    if _AZERTY_OR_DIGITS.fullmatch(composed):
        return composed.translate(_AZERTY)
    return text


def _looks_like_ours(text: str, form: Form) -> bool:
    """Long enough, and nearly all ASCII digits: a reading error, rather than another kind of code."""
    digits = sum(1 for character in text if "0" <= character <= "9")
    return digits >= form.least_digits and digits >= _MOSTLY_OURS * len(text)
