"""What may be issued, for how long, and what each card says: decisions on plain values.

Whether the person may hold a card at all is `enrolment.rules.check_may_hold`, asked again at every issuance.
Here: how long a card lives, which exercices get one, and the drafts. A card's dates are the source's own, cut
where the source says they end; "open today" is never written, the till judges that from the dates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.rights.rules import ReponseDroits
from cartes import seal
from cartes.apcv import ApcvCard, Delegate, DelegationType
from cartes.cards import LONGEST_ISSUED_NAME, Binding, CardKind, DraftCard, Shape, Slot
from cartes.ecps import EcpsCard
from cartes.errors import CarteError, LintRefused
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from cartes.noms import shorten, strict_trait
from cartes.professionnel import Exercice, GenreActivite, Structure
from cartes.trust import KindPolicy

_FRANCE = ZoneInfo("Europe/Paris")

# --- Lifetimes ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Profile:
    """How long a card of one kind lives on a key of one binding class; `since` dates the decision."""

    kind: CardKind
    binding: Binding
    life: timedelta
    since: date


_DECIDED = date(2026, 11, 21)
# Top of `docs/formats/qr.md`: 72 h for the apCV, 24 h for the e-CPS, 24 h for any card on a synced key.
PROFILES: tuple[Profile, ...] = (
    Profile(CardKind.APCV, Binding.HARDWARE_ATTESTED, timedelta(hours=72), _DECIDED),
    Profile(CardKind.APCV, Binding.DEVICE_BOUND_CLAIMED, timedelta(hours=72), _DECIDED),
    Profile(CardKind.APCV, Binding.SYNCED, timedelta(hours=24), _DECIDED),
    Profile(CardKind.ECPS, Binding.HARDWARE_ATTESTED, timedelta(hours=24), _DECIDED),
    Profile(CardKind.ECPS, Binding.DEVICE_BOUND_CLAIMED, timedelta(hours=24), _DECIDED),
    Profile(CardKind.ECPS, Binding.SYNCED, timedelta(hours=24), _DECIDED),
    Profile(CardKind.AMC, Binding.HARDWARE_ATTESTED, timedelta(hours=72), _DECIDED),
    Profile(CardKind.AMC, Binding.DEVICE_BOUND_CLAIMED, timedelta(hours=72), _DECIDED),
    Profile(CardKind.AMC, Binding.SYNCED, timedelta(hours=24), _DECIDED),
)
_LIVES: Mapping[tuple[CardKind, Binding], timedelta] = {(p.kind, p.binding): p.life for p in PROFILES}

# The longest presentation of each card, in bytes (top of `docs/formats/qr.md`); above it names are shortened.
BUDGETS: Mapping[Shape | None, int] = {
    Shape.IDENTITE: 361,
    Shape.SOINS: 385,
    Shape.COMPLET: 449,
    None: 361,  # the e-CPS
}
_SHORTEST_NAME = 8


def life_of(kind: CardKind, binding: Binding) -> timedelta:
    """How long a card of `kind` lives on a key of class `binding`."""
    return _LIVES[kind, binding]


# --- Refusals -------------------------------------------------------------------------------------------


class IssuanceRefused(CarteError):
    """This card may not be issued now."""

    code = "issuance_refused"


class RightsUnknown(IssuanceRefused):
    """The source knows the person and no compulsory cover of theirs, past or present."""

    code = "rights_unknown"


class ExerciceUnknown(IssuanceRefused):
    """The professional has no exercice of this identifier."""

    code = "exercice_unknown"


class ExerciceClosed(IssuanceRefused):
    """The exercice is over, or has not begun."""

    code = "exercice_closed"


class ReplacementOutOfDates(IssuanceRefused):
    """A remplaçant asks outside the dates of the replacement."""

    code = "replacement_out_of_dates"


class NumberNotValid(IssuanceRefused):
    """The directory holds a number with a wrong key: it is read with a warning, and never issued."""

    code = "number_not_valid"


# --- What a card is made for ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeldBy:
    """The phone a card is for: its compressed P-256 point and how firmly the key is tied to it."""

    holder_key: bytes
    binding: Binding


@dataclass(frozen=True, slots=True)
class Draft:
    """A card ready to be sealed, and its word in the batch: a shape, or an exercice's identifier."""

    label: str
    card: seal.LintedCard


@dataclass(frozen=True, slots=True)
class Delegated:
    """What a card says of whoever holds it for somebody else; `until` is the last day in France.

    `confidential` False keeps the shape that tells everything (ALD, C2S) from them.
    """

    name: str
    type: DelegationType
    until: date
    confidential: bool


# --- apCV -----------------------------------------------------------------------------------------------

# The last instant in UTC at which a card may expire and still be within a day of France, whatever the season
# (`seal.lint`, "outlives_its_delegation").
_LAST_HOUR = time(21, 59, 59)


def delegated_expiry(until: date, binding: Binding, at: datetime, kind: CardKind = CardKind.APCV) -> datetime:
    """When a delegated card issued at `at` expires: never after its last day. Perhaps before `at`."""
    last = datetime.combine(until, _LAST_HOUR, at.tzinfo)
    return min(at + life_of(kind, binding), last)


def draft_apcv(
    answer: ReponseDroits,
    phone: HeldBy,
    slot: Slot,
    policy: KindPolicy,
    *,
    day: date,
    at: datetime,
    delegated: Delegated | None = None,
) -> tuple[Draft, ...]:
    """The shapes of one apCV, on one slot. `day` is the day in France at `at` (aware UTC).

    All three; for somebody else's phone (`delegated`), those that may be seen there, with their name.

    That the person may hold a card was checked before. The periods are the source's: an AMC contract ends
    with its résiliation, an ended AMO is written with its end.

    Raises:
        RightsUnknown: there is no compulsory cover to write.
    """
    amo = answer.amo_for(day)
    if amo is None:
        raise RightsUnknown
    expires_at = at + life_of(CardKind.APCV, phone.binding)
    shapes = tuple(Shape)
    if delegated is not None:
        expires_at = delegated_expiry(delegated.until, phone.binding, at)
        shapes = shapes if delegated.confidential else (Shape.IDENTITE, Shape.SOINS)
    person = answer.beneficiaire

    def one(shape: Shape, longest: int) -> DraftCard:
        rights, everything = shape is not Shape.IDENTITE, shape is Shape.COMPLET
        card = ApcvCard(
            slot=slot,
            shape=shape,
            binding=phone.binding,
            as_of=min(answer.as_of, at),
            nir=person.nir if rights and person.may_exchange_matricule else None,
            od_nir=person.od_nir if rights else None,
            birth_name=shorten(person.traits.nom_naissance, longest),
            use_name=shorten(person.traits.nom_utilise, longest),
            given=shorten(person.traits.prenom_utilise, longest),
            born=person.traits.naissance,
            rang_gemellaire=person.rang_gemellaire,
            qualite=person.qualite,
            amo=amo if rights else None,
            ald=answer.ald_for(day) if everything else (),
            c2s=answer.c2s if everything else None,
            amc=answer.amc.effective() if rights and answer.amc is not None else None,
            gp_declared=rights and answer.gp_declared,
            delegate=None
            if delegated is None
            else Delegate(shorten(delegated.name, longest), delegated.type, delegated.until),
        )
        return DraftCard(card, phone.holder_key, at, expires_at)

    # Another name travels in a delegated card: it may take the room of the largest.
    budgets = BUDGETS if delegated is None else dict.fromkeys(Shape, seal.MAX_PRESENTED)
    return tuple(Draft(shape.word, _linted(partial(one, shape), budgets[shape], policy)) for shape in shapes)


def _linted(draft: Callable[[int], DraftCard], budget: int, policy: KindPolicy) -> seal.LintedCard:
    """The draft with the longest names that keep the presentation within `budget`; only names give."""
    longest = LONGEST_ISSUED_NAME
    while longest > _SHORTEST_NAME:
        try:
            linted = seal.lint(draft(longest), policy)
            if linted.size <= budget:
                return linted
        except LintRefused as refused:
            if refused.facts.get("rule") != "too_long":
                raise
        longest -= 1
    return seal.lint(draft(_SHORTEST_NAME), policy)


# --- e-CPS ----------------------------------------------------------------------------------------------


def exercices_for(fiche: FicheProfessionnel, asked: str | None, day: date) -> tuple[Exercice, ...]:
    """The exercices to issue cards for on `day` (in France): the one asked, or every open one.

    Raises:
        ExerciceUnknown: no such exercice. ReplacementOutOfDates: it is a replacement, outside its dates.
        ExerciceClosed: it is not open.
    """
    known = fiche.professionnel.exercices
    if asked is not None:
        one = fiche.professionnel.get_exercice(asked)
        if one is None:
            raise ExerciceUnknown
        known = (one,)
    still_open = tuple(exercice for exercice in known if exercice.open_on(day))
    if still_open:
        return still_open
    if any(_is_replacement(exercice) for exercice in known):
        raise ReplacementOutOfDates
    raise ExerciceClosed


def ecps_expiry(exercice: Exercice, binding: Binding, at: datetime) -> datetime:
    """When a card of this exercice issued at `at` expires: never after the exercice's last day in France."""
    expires_at = at + life_of(CardKind.ECPS, binding)
    if exercice.periode.fin is None:
        return expires_at
    day_after = exercice.periode.fin + timedelta(days=1)
    return min(expires_at, datetime.combine(day_after, time(), _FRANCE).astimezone(at.tzinfo))


def draft_ecps(
    fiche: FicheProfessionnel,
    exercices: Sequence[Exercice],
    phone: HeldBy,
    slots: Mapping[str, Slot],
    policy: KindPolicy,
    *,
    at: datetime,
) -> tuple[Draft, ...]:
    """One e-CPS for each of `exercices`, on its own slot. That the person may hold a card was checked before.

    Raises:
        NumberNotValid: a number of the directory has a wrong key.
    """
    number = fiche.professionnel.id_national
    if not number.is_strict:
        raise NumberNotValid(what="idnps")

    def one(exercice: Exercice, longest: int) -> DraftCard:
        card = EcpsCard(
            slot=slots[exercice.exercice_id],
            binding=phone.binding,
            as_of=min(fiche.as_of, at),
            national_id=Idnps.parse(number.text, Mode.STRICT),
            name=shorten(strict_trait(exercice.nom_exercice), longest),
            given=shorten(strict_trait(exercice.prenom_exercice), longest),
            title=exercice.civilite,
            profession=exercice.profession,
            category=exercice.categorie,
            skills=tuple(skill.code for skill in exercice.savoir_faire),
            mode=exercice.mode,
            structure=_structure(exercice.structure, longest),
            am=exercice.numero_am,
        )
        return DraftCard(card, phone.holder_key, at, ecps_expiry(exercice, phone.binding, at))

    return tuple(
        Draft(exercice.exercice_id, _linted(partial(one, exercice), BUDGETS[None], policy))
        for exercice in exercices
    )


def _structure(structure: Structure, longest: int) -> Structure:
    """The workplace as a card names it: its label shortened like a name, a wrong key refused."""
    for what, number in (("finess", structure.finess), ("siret", structure.siret)):
        if number is not None and "key" in " ".join(number.warnings):
            raise NumberNotValid(what=what)
    return Structure(structure.finess, structure.siret, shorten(structure.raison_sociale, longest))


def _is_replacement(exercice: Exercice) -> bool:
    return exercice.remplace is not None or exercice.genre in {
        GenreActivite.REMPLACANT,
        GenreActivite.REMPLACEMENT,
    }
