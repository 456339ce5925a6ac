"""Who may present somebody else's card, on what ground, for what, and until when: decisions on plain values.

A child, a protected person, somebody who cannot go: their card is shown by another person, on that person's
own phone. The ground is one of four, proven at a desk by a named paper; it has a scope, an end, and it cannot
be passed on. Nothing here reads a clock, a register or a request.

Law: a parent represents a child until majority (C. civ. 371-1, 388-1-1); a child has their own apCV at
sixteen (CSS R161-33-1), and may keep a consultation from their parents (CSP L1111-5, L1111-5-1, R1111-6):
from sixteen on the parents' access narrows. A protection measure is a judgment's, of ten years at most
(C. civ. 441, 442). Either parent may hold the child's card, and one does not need the other (CSS R161-33-2).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from apcv_backend.enrolment.rules import (
    APCV_AGE,
    AmeNotEligible,
    Deceased,
    DossierAssure,
    IdentityNotQualified,
    PersonKey,
    day_in_france,
)
from cartes.apcv import DelegationType
from cartes.assure import AttributIdentite, StatutIdentite
from cartes.errors import CarteError

__all__ = ["DelegationType", "EndedBy", "OpeningOrder", "Portee", "Preuve", "Representation"]

MAJORITY = 18
"""The age at which nobody is represented by their parents any more (C. civ. 388)."""
SLOT_PREFIX = "for:"
SLOT_BAR = "|"


class Portee(enum.StrEnum):
    """What a representative may do. Reading the record (DMP) is never included unless it is asked for."""

    PRESENTER_DROITS = "presenter_droits"
    RETIRER_ORDONNANCE = "retirer_ordonnance"
    LIRE_DMP = "lire_dmp"


class Preuve(enum.StrEnum):
    """The paper the desk saw. A copy is not kept: who saw it, and where, is."""

    LIVRET_FAMILLE = "livret_famille"
    JUGEMENT = "jugement"
    MANDAT = "mandat"
    GUICHET_MFS = "guichet_mfs"  # given in person, at a Maison France services (CSS R161-33-13)


class EndedBy(enum.StrEnum):
    """Who withdrew it: the person represented, the representative, a judge, or another authority."""

    MANDANT = "mandant"
    MANDATAIRE = "mandataire"
    JUGE = "juge"
    AUTORITE = "autorite"


USUAL_SCOPE = frozenset({Portee.PRESENTER_DROITS, Portee.RETIRER_ORDONNANCE})

_PROOFS: Mapping[DelegationType, frozenset[Preuve]] = {
    DelegationType.PARENT: frozenset({Preuve.LIVRET_FAMILLE, Preuve.JUGEMENT}),
    DelegationType.MESURE_PROTECTION: frozenset({Preuve.JUGEMENT}),
    DelegationType.AIDANT_DEMARCHE: frozenset({Preuve.MANDAT, Preuve.GUICHET_MFS}),
    DelegationType.TIERS_PONCTUEL: frozenset({Preuve.MANDAT, Preuve.GUICHET_MFS}),
}
_LONGEST: Mapping[DelegationType, timedelta] = {
    DelegationType.PARENT: timedelta(days=MAJORITY * 366),
    DelegationType.MESURE_PROTECTION: timedelta(days=10 * 366),
    DelegationType.AIDANT_DEMARCHE: timedelta(days=366),
    DelegationType.TIERS_PONCTUEL: timedelta(days=7),
}
_BY_MANDATE = frozenset({DelegationType.AIDANT_DEMARCHE, DelegationType.TIERS_PONCTUEL})


def proofs_of(ground: DelegationType) -> frozenset[Preuve]:
    """The papers that prove this ground."""
    return _PROOFS[ground]


def longest_of(ground: DelegationType) -> timedelta:
    """How long this ground lasts at most."""
    return _LONGEST[ground]


# --- Refusals -------------------------------------------------------------------------------------------


class RepresentationRefused(CarteError):
    """This person may not represent that one, or not so."""

    code = "representation_refused"


class RepresentsOneself(RepresentationRefused):
    """One does not represent oneself."""

    code = "representation_of_oneself"


class ProofNotForType(RepresentationRefused):
    """This paper does not prove that ground. Facts: `type`, `proof`."""

    code = "representation_proof_refused"


class NotAMinor(RepresentationRefused):
    """A parent represents a child who is certainly under eighteen."""

    code = "representation_not_a_minor"


class NotTransmissible(RepresentationRefused):
    """A mandate is given by the person alone: who holds somebody else's card cannot pass it on."""

    code = "representation_not_transmissible"


class EndsWrongly(RepresentationRefused):
    """The end is missing, past, or further away than this ground allows. Fact: `most_days`."""

    code = "representation_end_refused"


class ScopeRefused(RepresentationRefused):
    """The scope is empty, or more than this ground can give."""

    code = "representation_scope_refused"


class AlreadyOpen(RepresentationRefused):
    """This person already represents that one: end it first."""

    code = "representation_already_open"


class RepresentationUnknown(RepresentationRefused):
    """This phone's owner holds no representation of this reference."""

    code = "representation_unknown"


class RepresentationOver(RepresentationRefused):
    """The representation was withdrawn, has come to its end, has not begun, or does not go so far."""

    code = "representation_over"


# --- Values ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpeningOrder:
    """What an agent asks to open, the paper in hand.

    `until` is the last day, and may be left to the law for a parent; `scope` is the usual one unless told.
    """

    beneficiary: PersonKey = field(repr=False)
    delegate: PersonKey = field(repr=False)
    type: DelegationType
    proof: Preuve
    until: date | None = None
    scope: frozenset[Portee] = USUAL_SCOPE


@dataclass(frozen=True, slots=True)
class Representation:
    """One person's right to present another's card. Days are French days, both ends included.

    `narrows_on` is the day a child turns sixteen, for a parent; `ended_at` (UTC) is when it was withdrawn.
    """

    reference: str
    beneficiary: PersonKey = field(repr=False)
    beneficiary_subject: str
    delegate: PersonKey = field(repr=False)
    delegate_subject: str
    type: DelegationType
    proof: Preuve
    scope: frozenset[Portee]
    starts_on: date
    ends_on: date
    narrows_on: date | None
    ended_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Whether it holds at `at` (aware)."""
        return self.ended_at is None and self.starts_on <= day_in_france(at) <= self.ends_on

    def excludes_confidential(self, day: date) -> bool:
        """`exclut_confidentiel`: whether what the person may keep to themselves is kept from the delegate.

        Always, but for the parents of a child under sixteen and for a tutor, who answer for all care.
        """
        if self.type is DelegationType.MESURE_PROTECTION:
            return False
        return self.narrows_on is None or day >= self.narrows_on

    def allows(self, what: Portee, at: datetime) -> bool:
        """Whether the delegate may do `what` at `at`: in force, in scope; no record once it is narrowed."""
        if not self.in_force(at) or what not in self.scope:
            return False
        return what is not Portee.LIRE_DMP or not self.excludes_confidential(day_in_france(at))


@dataclass(frozen=True, slots=True)
class Sided:
    """A representation as one of its two people sees it: whether they are the one who represents."""

    representation: Representation
    represents: bool


def slot_name(reference: str, contract_id: str = "") -> str:
    """What a status slot of a delegated card stands for, in place of an exercice: one a phone and reference.

    With `contract_id`, the slot of an insurer's card of the same person. A withdrawal revokes these cards
    and no other: the second name begins with the first and a bar (`StatusSlots.revoke_named`).
    """
    name = f"{SLOT_PREFIX}{reference}"
    return f"{name}{SLOT_BAR}{contract_id}" if contract_id else name


# --- Decisions ------------------------------------------------------------------------------------------


def check_may_be_represented(dossier: DossierAssure, day: date) -> None:
    """Return when somebody else may hold this person's card on `day`, in France.

    Not asked: their age, and whether they are under tutelle (that is why they are represented). A newborn
    without a NIR is fine: the number that opens the rights is another's, and none of their own is written.

    Raises:
        Deceased, AmeNotEligible, IdentityNotQualified: in that order.
    """
    person = dossier.beneficiaire
    if dossier.deceased_on is not None and dossier.deceased_on <= day:
        raise Deceased
    if dossier.ame:
        raise AmeNotEligible
    cautions = {AttributIdentite.DOUTEUX, AttributIdentite.FICTIF} & person.attributs
    nobody_answers = person.od_nir is None and person.statut_identite is not StatutIdentite.QUAL
    if cautions or nobody_answers:
        raise IdentityNotQualified


def accept_opening(order: OpeningOrder, represented: DossierAssure, day: date) -> tuple[date, date | None]:
    """The last day of what `order` opens on `day`, and the day it narrows (a child's sixteenth birthday).

    Both people are known, and may be represented and hold a card: that was checked before.

    Raises:
        RepresentsOneself, ProofNotForType, NotAMinor, NotTransmissible, ScopeRefused, EndsWrongly.
    """
    if order.beneficiary == order.delegate:
        raise RepresentsOneself
    if order.proof not in _PROOFS[order.type]:
        raise ProofNotForType(type=order.type.word, proof=order.proof.value)
    born = represented.beneficiaire.traits.naissance
    age, narrows_on, latest = born.age_on(day), None, day + _LONGEST[order.type]
    if order.type is DelegationType.PARENT:
        narrows_on = _birthday(born.text, APCV_AGE)
        latest = _birthday(born.text, MAJORITY) - timedelta(days=1)
        # `age` is the smallest it can be, `latest` the last day they are surely a minor: both must agree.
        if age is None or day > latest:
            raise NotAMinor
    elif order.type in _BY_MANDATE and (represented.tutelle or age is None or age < APCV_AGE):
        raise NotTransmissible
    _check_scope(order)
    ends_on = order.until if order.until is not None or narrows_on is None else latest
    if ends_on is None or not day <= ends_on <= latest:
        raise EndsWrongly(most_days=(latest - day).days)
    return ends_on, narrows_on


def _check_scope(order: OpeningOrder) -> None:
    if Portee.PRESENTER_DROITS not in order.scope:
        raise ScopeRefused
    if order.type is DelegationType.TIERS_PONCTUEL and Portee.LIRE_DMP in order.scope:
        raise ScopeRefused


def _birthday(born: str, age: int) -> date:
    """The day somebody born on `born` (AAAAMMJJ) reaches `age`; without a true day, the first it can be.

    A child's end is never later than the law's: an impossible month or day counts as the year's or the
    month's first, and the 29th of February as the 1st of March.
    """
    year, month, day = int(born[:4]) + age, int(born[4:6]), int(born[6:])
    try:
        return date(year, month, day)
    except ValueError:
        leap = (month, day) == (2, 29)
        return date(year, 3, 1) if leap else date(year, month if 1 <= month <= 12 else 1, 1)  # noqa: PLR2004 - months
