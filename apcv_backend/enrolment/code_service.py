"""Opening the codes by which people prove who they are: what the caisse, the ordre or a desk agent asks for.

A code is opened for one person and one kind of card, printed once, and forgotten as a text at once. Whether
that person may hold the card is not asked here: the answer belongs to the person, at enrolment, with its
reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apcv_backend.enrolment import activation_codes
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.ports import ActivationCodes, People
from apcv_backend.enrolment.rules import PersonKey
from cartes.cards import CardKind
from cartes.errors import InvalidValue

LONGEST_LIFE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class OpenedCode:
    """A code to hand over, grouped as printed. For the e-CPS, the secret by phone, then the one by e-mail."""

    card: CardKind
    reference: str
    secrets: tuple[str, ...] = field(repr=False)
    expires_at: datetime


class CodeDesk:
    """Opens activation codes."""

    def __init__(self, *, codes: ActivationCodes, people: People, random: Callable[[int], bytes]) -> None:
        self._codes = codes
        self._people = people
        self._random = random

    def open(
        self,
        person: PersonKey,
        at: datetime,
        *,
        agent: DeskAgent | None = None,
        valid_for: timedelta | None = None,
    ) -> OpenedCode:
        """Draw and keep a code for `person`; its secrets are in the answer and nowhere else.

        `agent` is who saw the person, for a code opened at a desk. `valid_for` is at most sixty days.

        Raises:
            PersonUnknown: nobody is known under that key; a typing error is caught here, not by the person.
            InvalidValue: a life of no length, or too long.
        """
        life = valid_for or activation_codes.validity(person.card, agent)
        if not timedelta(0) < life <= LONGEST_LIFE:
            raise InvalidValue(what="valid_for", why="out_of_bounds")
        person = self._people.find(person, at).key_of(person)
        drawn = activation_codes.draw_code(person.card, self._random)
        self._codes.keep(drawn, person, agent, at, at + life)
        return OpenedCode(
            person.card,
            activation_codes.grouped(drawn.reference),
            tuple(activation_codes.grouped(secret) for secret in drawn.secrets),
            at + life,
        )
