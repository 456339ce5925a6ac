"""What the directory says of a professional, how an update joins what was known, and what an update closes.

A card is revoked, never a person (domain rule): somebody who died, was struck off, became inactive or whose
card was opposed loses every card; one exercice that ends loses its own. Plain values: no file, no clock, no
database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from apcv_backend.enrolment.rules import DossierProfessionnel
from cartes.professionnel import Exercice, Professionnel


@dataclass(frozen=True, slots=True)
class FicheProfessionnel:
    """A professional as the directory knows them.

    `as_of` is when the directory was last told of them, never later than the question; `version` is that of
    their record, so that who acts on it can ask, in the same transaction, whether it is still the one (aware
    UTC both).
    """

    professionnel: Professionnel
    as_of: datetime
    version: datetime

    def dossier(self) -> DossierProfessionnel:
        """What the right to hold a card depends on, for `enrolment.rules.check_may_hold`."""
        return DossierProfessionnel(self.professionnel)


@dataclass(frozen=True, slots=True)
class Closure:
    """What an update closes: every card of the person, or those of some exercices; `why` is a word."""

    everything: bool
    exercices: tuple[str, ...]
    why: str


def merge(known: Professionnel | None, told: Professionnel) -> Professionnel:
    """`told` wins; exercices it does not name stay as they were known (an update is a delta)."""
    if known is None:
        return told
    named = {exercice.exercice_id for exercice in told.exercices}
    kept = tuple(exercice for exercice in known.exercices if exercice.exercice_id not in named)
    former = {number.text: number for number in (*known.former_ids, *told.former_ids)}
    former.pop(told.id_national.text, None)
    return replace(told, exercices=kept + told.exercices, former_ids=tuple(former.values()))


def closed_by(known: Professionnel | None, now: Professionnel, day: date) -> Closure | None:
    """What `now` closes on `day` (a day in France); None when it closes nothing.

    Someone already closed stays closed: saying so again is harmless, and repairs a revocation that was
    missed.
    """
    for since, why in (
        (now.deceased_on, "deceased"),
        (now.struck_off_on, "struck_off"),
        (now.card_opposed_on, "card_opposed"),
    ):
        if since is not None and since <= day:
            return Closure(everything=True, exercices=(), why=why)
    if not now.active:
        return Closure(everything=True, exercices=(), why="inactive")
    ended = tuple(e.exercice_id for e in now.exercices if _has_ended(e, day))
    gone = () if known is None else _identifiers(known) - _identifiers(now)
    closed = tuple(sorted({*ended, *gone}))
    return Closure(everything=False, exercices=closed, why="exercice_closed") if closed else None


def _has_ended(exercice: Exercice, day: date) -> bool:
    return not exercice.active or (exercice.periode.fin is not None and exercice.periode.fin < day)


def _identifiers(person: Professionnel) -> set[str]:
    return {exercice.exercice_id for exercice in person.exercices}
