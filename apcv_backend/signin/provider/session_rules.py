"""A session: one person, at one client, from one phone, under one exercice; and what it dies of.

A session is judged again whenever something is asked under it (a token, a refresh, an introspection): a
professional struck off, deceased or retired, a card opposed or suspended, a phone withdrawn, an exercice
closed, and it is dead at that instant, whatever its dates say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apcv_backend.enrolment.rules import Dossier, EnrolmentRefused, PersonKey, check_may_hold, day_in_france
from apcv_backend.professionals.rules import FicheProfessionnel
from cartes.cards import CardKind
from cartes.professionnel import Exercice

ACCESS_TOKEN_LIFE = timedelta(minutes=5)
"""Pro Santé Connect's are four to five minutes."""
CODE_LIFE = timedelta(seconds=60)
PUSHED_REQUEST_LIFE = timedelta(seconds=60)
SESSION_LIFE = timedelta(hours=10)
"""A working day, after which the phone is asked again."""
REFRESH_GRACE = timedelta(seconds=10)
"""A client that did not hear the answer may ask again with the same refresh token, this long."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it was opened. `subject_id` is whose phone approved; `acts_for` whom they represent."""

    session_id: str
    kind: CardKind
    subject_id: str
    client_id: str
    device_id: str
    exercice_id: str
    structure: str
    acts_for: str
    scopes: tuple[str, ...]
    acr: str
    amr: tuple[str, ...]
    auth_time: datetime
    place: str
    purpose: str
    nonce: str = field(repr=False)
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """A session with everything it may die of, read at once. `acted_for`: the person represented, if any."""

    session: Session
    person: PersonKey
    acted_for: PersonKey | None
    closed_why: str
    device_withdrawn: bool
    card_state: str
    last_used_at: datetime
    fiche: FicheProfessionnel | None

    @property
    def exercice(self) -> Exercice | None:
        """The exercice chosen at sign-in, as the directory knows it now."""
        if self.fiche is None:
            return None
        return self.fiche.professionnel.get_exercice(self.session.exercice_id)


def why_dead(sight: Sight, dossier: Dossier | None, at: datetime) -> str:
    """Why nothing may be given under this session at `at`, in one word; empty when it lives.

    `dossier` is what the registers say of the person now, None when they know nobody.
    """
    if sight.closed_why:
        return sight.closed_why
    if at >= sight.session.expires_at:
        return "expired"
    if sight.device_withdrawn:
        return "device_withdrawn"
    if sight.card_state in {"revoked", "suspended"}:
        return f"card_{sight.card_state}"
    if dossier is None:
        return "person_unknown"
    day = day_in_france(at)
    try:
        check_may_hold(dossier, day)
    except EnrolmentRefused as refused:
        return refused.code
    if sight.session.kind is CardKind.ECPS and sight.session.exercice_id:
        exercice = sight.exercice
        if exercice is None or not exercice.open_on(day):
            return "exercice_closed"
    return ""
