"""Names of people, as the strict traits of the national health identity write them.

A strict trait is capitals, spaces, apostrophes and hyphens; its first character is neither a space nor a
hyphen, and a double hyphen belongs to birth names alone (INS guide 3.0; RNIV). `strict_trait` brings a name
as people write it to that form; the ligatures open into two letters (Œ to OE, Æ to AE). A character it
cannot bring over is refused, never dropped: a name with a letter missing is somebody else's.

>>> strict_trait("Zoé d’Œuvre")
"ZOE D'OEUVRE"
"""

from __future__ import annotations

import re
import unicodedata

from cartes.errors import InvalidValue

VITALE_LENGTH = 27
"""Characters of a name on a Vitale card, from general knowledge of the field."""

_MAX_LENGTH = 100
_TRAIT = re.compile(r"[A-Z'][A-Z' -]*")
# Letters that are not a base letter and an accent, and the typographic signs of French.
_OPENED = str.maketrans(
    {
        "Œ": "OE",
        "Æ": "AE",
        "Ø": "O",
        "Ł": "L",
        "Đ": "D",
        "Ð": "D",
        "Þ": "TH",
        "ẞ": "SS",
        "\u2019": "'",
        "\u2018": "'",
        "\u02bc": "'",
        "\u00b4": "'",
        "\u0060": "'",
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
    }
)


def strict_trait(text: str) -> str:
    """The strict trait of a name as people write it.

    Raises `InvalidValue` (`what="trait"`) for what no rule brings over: another alphabet, a digit, a dot.
    """
    plain = "".join(map(_plain, text.upper().translate(_OPENED)))
    trait = re.sub(" +", " ", plain).strip(" ")
    check_strict_trait(trait, double_hyphen=True)
    return trait


def _plain(character: str) -> str:
    """One character without its accents; a lone accent, which Unicode opens into a space, stays itself."""
    opened = unicodedata.normalize("NFKD", character)
    if " " in opened and unicodedata.category(character) != "Zs":
        return character
    return "".join(c for c in opened if not unicodedata.combining(c))


def check_strict_trait(text: str, what: str = "trait", *, double_hyphen: bool = False) -> None:
    """Raise `InvalidValue` unless `text` is a strict trait of 1 to 100 characters.

    `double_hyphen` is for birth names and names used, which may hold `--`; given names may not.
    """
    if not 1 <= len(text) <= _MAX_LENGTH:
        raise InvalidValue(what=what, why="length")
    if text[0] in " -":
        raise InvalidValue(what=what, why="first_character")
    if not _TRAIT.fullmatch(text):
        raise InvalidValue(what=what, why="character")
    if "--" in text and not double_hyphen:
        raise InvalidValue(what=what, why="double_hyphen")


def shorten(text: str, limit: int = VITALE_LENGTH) -> str:
    """`text` cut to `limit` characters, without a space, hyphen or apostrophe left hanging at the end.

    Shortening twice is shortening once. Raises `InvalidValue` when `limit` is below 1.
    """
    if limit < 1:
        raise InvalidValue(what="limit", why="below_one")
    if len(text) <= limit:
        return text
    return text[:limit].rstrip(" -'") or text[:limit]
