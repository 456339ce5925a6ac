"""Codes a person copies by hand: how they are drawn, printed, read again and compared.

Three kinds of text are meant to be copied from paper or a screen: the *reference* (which says which code it
is, and protects nothing), the *secret* of an activation code, and the *loss code* given once with every new
phone. All are Crockford base32 in groups: no I, L, O or U, so that nobody has to guess, and reading forgives
what people do: small letters, spaces, hyphens, O for 0, I or L for 1.

A secret never rests as itself: what is kept is a MAC under a key that lives outside the database, over the
secret *and* what it opens. An e-CPS takes two, one sent by phone and one by e-mail (arrêté of 4 April 2022,
SSAD2208266A); they are judged together, by one statement, and no answer tells which one was wrong.

This module draws, writes and reads. It counts no errors and knows no clock: the register does (`store.py`).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from cartes.cards import CardKind
from cartes.errors import InvalidValue

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32, https://www.crockford.com/base32.html."""

REFERENCE_LENGTH = 8
"""Characters: 40 bits, enough never to meet twice; a reference is not a secret."""

SECRET_LENGTH = 15
"""Characters: 75 bits, above the 60 the requirements ask for, and three groups of five to copy."""

LOSS_CODE_LENGTH = 16
"""Characters: 80 bits. It lies in a drawer for years, so it is longer than a code that lives a fortnight."""

MAX_ERRORS = 5
"""Wrong tries after which a reference is locked for good."""

KEPT_AFTER_EXPIRY = timedelta(days=75)
"""With the fifteen days a letter's code lives, the three months after which data of enrolment are destroyed
(CSS R161-33-18). What must last (method, agent, place) is with the phone by then."""

LOSS_PURPOSE = "loss-code-v1"
"""What a loss code opens, inside its MAC."""

_LONGEST_TYPED = 64
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = str.maketrans("", "", " -\t\u00a0\u202f\u2010\u2011\u2013")


class BadCode(InvalidValue):
    """A typed code has not the shape of one; which character was wrong is not said."""

    code = "code_malformed"


class IdentityMethod(enum.Enum):
    """How a person proved who they are; kept with the device for as long as it lives."""

    ACTIVATION_CODE = "activation_code"
    """A code sent by the caisse or the ordre."""
    DESK_AGENT = "desk_agent"
    """A code opened by an agent in front of the person (CSS R161-33-13: accompaniment)."""


@dataclass(frozen=True, slots=True)
class DeskAgent:
    """Who saw the person's papers, and where: kept with the device, for whoever must answer for it."""

    name: str
    place: str

    def __post_init__(self) -> None:
        """Refuse empty or endless names, and line breaks that would forge a line of a journal."""
        for value in (self.name, self.place):
            if not 1 <= len(value) <= 120 or not value.isprintable() or value != value.strip():  # noqa: PLR2004 - a line
                raise InvalidValue(field="agent")


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code just drawn: the only moment at which its secrets can be read.

    `secrets` holds one secret for the apCV and two for the e-CPS (by phone, then by e-mail).
    """

    reference: str
    secrets: tuple[str, ...] = field(repr=False)


def secrets_expected(card: CardKind) -> int:
    """How many secrets open an enrolment: one for the apCV, two for the e-CPS (phone and e-mail)."""
    return 2 if card is CardKind.ECPS else 1


def validity(card: CardKind, agent: DeskAgent | None) -> timedelta:
    """How long a code lives unless the operator says otherwise.

    A letter takes days; a person at a desk, or with phone and mailbox at hand, needs minutes, and a short
    life is what limits a stolen SIM or mailbox.
    """
    if agent is not None or card is CardKind.ECPS:
        return timedelta(minutes=30)
    return timedelta(days=15)


def draw(length: int, random: Callable[[int], bytes]) -> str:
    """`length` characters of five random bits each, ungrouped. `random(n)` gives `n` unpredictable bytes."""
    size = (length * 5 + 7) // 8
    bits = int.from_bytes(random(size), "big") >> (size * 8 - length * 5)
    return "".join(ALPHABET[(bits >> (5 * place)) & 31] for place in reversed(range(length)))


def draw_code(card: CardKind, random: Callable[[int], bytes]) -> NewCode:
    """A fresh activation code for `card`, its secrets ungrouped."""
    secrets = tuple(draw(SECRET_LENGTH, random) for _ in range(secrets_expected(card)))
    return NewCode(draw(REFERENCE_LENGTH, random), secrets)


def grouped(text: str) -> str:
    """The code as printed: groups of five, or of four when the length is a multiple of four."""
    size = 4 if len(text) % 4 == 0 else 5
    return "-".join(text[start : start + size] for start in range(0, len(text), size))


def parse_typed(text: str, length: int) -> str:
    """What the person meant to copy: exactly `length` characters of the alphabet.

    Forgives case, spaces, hyphens, O for 0, I and L for 1. Raises `BadCode` for anything else.
    """
    if len(text) > _LONGEST_TYPED:
        raise BadCode
    letters = text.translate(_SEPARATORS).upper().translate(_READ_AS)
    if len(letters) != length or any(letter not in ALPHABET for letter in letters):
        raise BadCode
    return letters


def code_purpose(card: CardKind, way: int) -> str:
    """What a secret of an activation code opens, inside its MAC: this card, and the first or the second way.

    The purpose (and the reference, which the MAC holds too) makes a MAC copied to another row or column open
    nothing.
    """
    return f"activation-code-v1/{card.value}/{way}"
