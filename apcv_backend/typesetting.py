"""A sentence as it is printed for people: what is typed plainly in the words of pages is set here, once.

An apostrophe is a curly one, in both languages. In French no line ends between a word and the sign that
belongs to it, nor within a number. What programs read is never passed through here.
"""

from __future__ import annotations

import re
from typing import Final

_NO_BREAK: Final = chr(0xA0)
_APOSTROPHE: Final = re.compile(r"(?<=\w)'(?=\w)")
_CURLY: Final = chr(0x2019)
_THOUSANDS: Final = re.compile(r"(?<=[0-9]) (?=[0-9]{3})")
_SIGNS: Final = ("»", ":", "?", ";", "!")


def typeset(text: str, language: str) -> str:
    """`text`, of a page in `language` (`fr` or `en`), as it is printed."""
    text = _APOSTROPHE.sub(_CURLY, text)
    if language == "en":
        return text
    text = _THOUSANDS.sub(_NO_BREAK, text)
    for sign in _SIGNS:
        text = text.replace(f" {sign}", f"{_NO_BREAK}{sign}")
    return text.replace("« ", f"«{_NO_BREAK}")
