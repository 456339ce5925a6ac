"""Who may ask about somebody's rights, on what ground, and the least that ground lets them be told.

Three grounds: a presence (the patient's phone was here, a moment ago), the patient's consent, or membership
of the insurer's own contract. What is told is what the question of the day needs (domain "IDB", not "CLC"):
are rights open on the care date, under which identifiers, read when. Never an ALD nor the médecin traitant,
never the C2S, never an amount; never another insurer's contract.

Field matrix (`reduce`):

| | number | AMO | AMC |
|---|---|---|---|
| professional, presence | if the presence opens it | if it opens it | if it opens it |
| professional, consent | no: they asked with it | yes | yes |
| insurer, any ground | no: they asked with it, or need none | yes (members: insured that day) | their own |

GDPR article 5(1)(c); CSS R.115-7 and L.161-31.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.presences.rules import OpenPresence, Shown
from apcv_backend.rights.rules import ContratAmc, ReponseDroits
from cartes.droits import DroitsAmc, DroitsAmo
from cartes.errors import CarteError
from cartes.nomenclatures.qualite import QualiteBeneficiaire

PAST: Final = timedelta(days=366)
AHEAD: Final = timedelta(days=30)
"""ADRi answers about a window of one year; a planned stay is known a month ahead."""
SCOPE: Final = "rights"


class Ground(enum.Enum):
    """On what a question stands."""

    PRESENCE = "presence"
    CONSENT = "consent"
    MEMBERSHIP = "membership"


class Purpose(enum.Enum):
    """What for."""

    CARE = "care"
    THIRD_PARTY_PAYMENT = "third_party_payment"
    CONTRACT = "contract"


_GROUNDS: Final[Mapping[CallerKind, frozenset[Ground]]] = {
    CallerKind.PROFESSIONAL: frozenset({Ground.PRESENCE, Ground.CONSENT}),
    CallerKind.CLIENT: frozenset(Ground),
}
_PURPOSES: Final[Mapping[CallerKind, frozenset[Purpose]]] = {
    CallerKind.PROFESSIONAL: frozenset({Purpose.CARE, Purpose.THIRD_PARTY_PAYMENT}),
    CallerKind.CLIENT: frozenset({Purpose.THIRD_PARTY_PAYMENT, Purpose.CONTRACT}),
}
_RELATIONSHIPS: Final = {
    QualiteBeneficiaire.ASSURE: "self",
    QualiteBeneficiaire.CONJOINT: "spouse",
    QualiteBeneficiaire.ENFANT: "child",
}


class RightsNotAnswered(CarteError):
    """Unknown, without a ground, or another insurer's member: one answer for all of them, without a fact."""

    code = "rights_not_answered"


class QueryNotAllowed(CarteError):
    """This kind of caller may never ask this way. `why`: ground, purpose or organisation."""

    code = "query_not_allowed"


class CareDateOutOfRange(CarteError):
    """The care date is not in the window that is answered about."""

    code = "care_date_out_of_range"


class AccountFrozen(CarteError):
    """A limit was reached: the account waits for a person, and asks nothing without a presence meanwhile."""

    code = "account_frozen"


class BatchRefused(CarteError):
    """A file of queries cannot be worked on. `why`: key, body, lines, line_length, from_line or empty."""

    code = "batch_refused"


@dataclass(frozen=True, slots=True)
class Query:
    """One question: either `person` or `presence_token`, as the ground needs."""

    ground: Ground
    purpose: Purpose
    care_date: date
    person: PersonKey | None = None
    presence_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Basis:
    """A ground that was found to hold, with what it opens. `contract` is a membership's own."""

    ground: Ground
    opens: frozenset[Shown]
    contract: ContratAmc | None = None


@dataclass(frozen=True, slots=True)
class RightsAnswer:
    """What is told. A block that is not told is None; an empty tuple says "nothing open on that day".

    `amo` and `amc` hold only covers open on `care_date`; `amc` is None too when its insurer does not know.
    `number` is the matricule with the OID it is of, when the identity is qualified. `as_of` is when the
    rights were read at their source (UTC).
    """

    query_id: str
    ground: Ground
    care_date: date
    as_of: datetime
    amo: tuple[DroitsAmo, ...] | None
    amc: tuple[DroitsAmc, ...] | None
    number: str | None = field(default=None, repr=False)
    subscriber: str | None = field(default=None, repr=False)
    relationship: str | None = None


def may_ask(caller: Caller, query: Query) -> None:
    """Refuse, whoever the patient is, what this kind of caller may never ask.

    Raises:
        QueryNotAllowed: by its ground, its purpose, or an insurer without a number of its own.
    """
    if query.ground not in _GROUNDS.get(caller.kind, frozenset()):
        raise QueryNotAllowed(why="ground")
    if query.purpose not in _PURPOSES[caller.kind]:
        raise QueryNotAllowed(why="purpose")
    if caller.kind is CallerKind.CLIENT:
        if query.purpose.value not in caller.purposes:
            raise QueryNotAllowed(why="purpose")
        if not caller.organisation:
            raise QueryNotAllowed(why="organisation")


def check_care_date(day: date, today: date) -> None:
    """Refuse a day too far off. `today` is the day in France. Raises `CareDateOutOfRange`."""
    if not today - PAST <= day <= today + AHEAD:
        raise CareDateOutOfRange


def check_theirs(presence: OpenPresence, caller: Caller) -> bool:
    """Whether this caller may stand on this presence: the professional it was given to, or an insurer.

    An insurer gets the token from that professional's software, with the question it is to answer.
    """
    if caller.kind is CallerKind.CLIENT:
        return True
    return (presence.professional_subject, presence.structure) == (caller.subject_id, caller.structure)


def basis_of_presence(presence: OpenPresence) -> Basis:
    """What a presence opens: what was shown."""
    return Basis(Ground.PRESENCE, presence.opens)


def basis_of_consent() -> Basis:
    """What a consent opens: the covers; the number was in the question."""
    return Basis(Ground.CONSENT, frozenset({Shown.AMO, Shown.AMC}))


def basis_of_membership(contract: ContratAmc, care_date: date) -> Basis:
    """What a membership opens: that very contract; and the compulsory cover, of a day it was in force.

    Whoever left an insurer years ago is its member no more: it is told that its contract is closed, and
    nothing of what it does not insure. So it is while nobody knows whether they still are.
    """
    ended = contract.resilie_le is not None and contract.resilie_le < care_date
    covers = contract.is_known and contract.droits.periode.open_on(care_date) and not ended
    opens = {Shown.AMO, Shown.AMC} if covers else {Shown.AMC}
    return Basis(Ground.MEMBERSHIP, frozenset(opens), contract)


def reduce(
    reponse: ReponseDroits, basis: Basis, caller: Caller, care_date: date, query_id: str
) -> RightsAnswer:
    """The least that `basis` lets `caller` be told, open on `care_date`."""
    is_insurer = caller.kind is CallerKind.CLIENT
    tells_number = Shown.NUMBER in basis.opens and not is_insurer
    return RightsAnswer(
        query_id=query_id,
        ground=basis.ground,
        care_date=care_date,
        as_of=reponse.as_of,
        amo=_amo(reponse, care_date) if Shown.AMO in basis.opens else None,
        amc=_amc(reponse, basis, caller, care_date) if Shown.AMC in basis.opens else None,
        number=_number(reponse) if tells_number else None,
        subscriber=reponse.beneficiaire.opening_nir.digits if tells_number else None,
        relationship=_RELATIONSHIPS.get(reponse.beneficiaire.qualite, "other")
        if Shown.AMO in basis.opens
        else None,
    )


def _amo(reponse: ReponseDroits, day: date) -> tuple[DroitsAmo, ...]:
    if reponse.deceased_on is not None and reponse.deceased_on < day:
        return ()
    return tuple(droits for droits in reponse.amo if droits.periode.open_on(day))


def _amc(reponse: ReponseDroits, basis: Basis, caller: Caller, day: date) -> tuple[DroitsAmc, ...] | None:
    contract = basis.contract or reponse.amc
    if contract is not None and not contract.is_known:
        return None  # neither open nor closed: nothing is told that nobody knows
    effective = None if contract is None else contract.effective()
    if effective is None or not effective.periode.open_on(day):
        return ()
    if caller.kind is CallerKind.CLIENT and effective.numero_amc != caller.organisation:
        return ()
    return (effective,)


def _number(reponse: ReponseDroits) -> str | None:
    person = reponse.beneficiaire
    return person.nir.digits if person.nir is not None and person.may_exchange_matricule else None
