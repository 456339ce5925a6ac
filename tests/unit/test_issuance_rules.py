"""What may be issued, for how long, and what each card says: each refusal, each cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.issuance.rules import (
    BUDGETS,
    PROFILES,
    ExerciceClosed,
    ExerciceUnknown,
    HeldBy,
    NumberNotValid,
    ReplacementOutOfDates,
    RightsUnknown,
    draft_apcv,
    draft_ecps,
    ecps_expiry,
    exercices_for,
    life_of,
)
from apcv_backend.professionals.fhir import read_bundle
from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.rights.demo_source import FileRightsSource
from apcv_backend.rights.rules import ContratAmc, ReponseDroits
from cartes import seal
from cartes.apcv import ApcvCard
from cartes.cards import Binding, CardKind, Shape, Slot
from cartes.droits import DroitsAmo, PeriodeDroits
from cartes.ecps import EcpsCard
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.mode import Mode
from cartes.wire import strict_json
from tests.simulators.issuing import WordKey, policy
from tests.testdata import ROOT

PERSONAS = ROOT / "examples" / "personas"
DAY = date(2026, 11, 21)
AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
PHONE = HeldBy(WordKey("phone").public_key, Binding.HARDWARE_ATTESTED)
SLOT = Slot(1, 7)


def answer(nir: str = "158032A99904296") -> ReponseDroits:
    source = FileRightsSource(PERSONAS / "droits", acknowledged=True)
    return source.droits_of(PersonKey.parse(CardKind.APCV, nir), AT)


def fiche(idnps: str, **changes: Any) -> FicheProfessionnel:
    people = read_bundle(strict_json.loads((PERSONAS / "annuaire" / "1-depart.json").read_bytes())).people
    person = next(one for one in people if one.id_national.text == idnps)
    return FicheProfessionnel(replace(person, **changes), AT - timedelta(hours=1), AT)


def drafted(told: ReponseDroits, phone: HeldBy = PHONE) -> dict[str, ApcvCard]:
    found = {}
    for draft in draft_apcv(told, phone, SLOT, policy(CardKind.APCV), day=DAY, at=AT):
        assert isinstance(draft.card.draft.card, ApcvCard)
        found[draft.label] = draft.card.draft.card
    return found


def ecps_of(told: FicheProfessionnel) -> list[EcpsCard]:
    exercices = exercices_for(told, None, DAY)
    slots = {one.exercice_id: Slot(2, number) for number, one in enumerate(exercices)}
    drafts = draft_ecps(told, exercices, PHONE, slots, policy(CardKind.ECPS), at=AT)
    cards = [draft.card.draft.card for draft in drafts]
    return [card for card in cards if isinstance(card, EcpsCard)]


# --- lifetimes


@pytest.mark.parametrize(
    ("kind", "binding", "hours"),
    [
        (CardKind.APCV, Binding.HARDWARE_ATTESTED, 72),
        (CardKind.APCV, Binding.DEVICE_BOUND_CLAIMED, 72),
        (CardKind.APCV, Binding.SYNCED, 24),
        (CardKind.ECPS, Binding.HARDWARE_ATTESTED, 24),
        (CardKind.ECPS, Binding.DEVICE_BOUND_CLAIMED, 24),
        (CardKind.ECPS, Binding.SYNCED, 24),
    ],
)
def test_each_kind_has_its_life(kind: CardKind, binding: Binding, hours: int) -> None:
    """72 h for the apCV, 24 h for the e-CPS, 24 h for any card on a synced key."""
    assert life_of(kind, binding) == timedelta(hours=hours)


def test_every_life_is_dated_and_said_once() -> None:
    """One row for each kind and binding."""
    assert len({(one.kind, one.binding) for one in PROFILES}) == len(PROFILES) == 9


# --- the apCV


def test_no_shape_says_more_than_it_may() -> None:
    """The number and AMO begin with `soins`; ALD is in `complet` alone."""
    cards = drafted(answer())

    assert [bool(card.nir) for card in cards.values()] == [False, True, True]
    assert [bool(card.amo) for card in cards.values()] == [False, True, True]
    assert [bool(card.ald) for card in cards.values()] == [False, False, True]
    assert [card.gp_declared for card in cards.values()] == [False, True, True]


def test_the_period_in_force_is_written() -> None:
    """Of three periods, the one that holds today; before any, the next; after all, the last."""
    told = answer()
    amo = told.amo[0]

    def on(*periods: tuple[date, date | None]) -> date | None:
        rows = tuple(replace(amo, periode=PeriodeDroits(*period)) for period in periods)
        card = drafted(replace(told, amo=rows))["soins"]
        assert isinstance(card.amo, DroitsAmo)
        return card.amo.periode.debut

    past, now, later = (
        (date(2024, 1, 1), date(2024, 12, 31)),
        (date(2026, 1, 1), None),
        (date(2027, 1, 1), None),
    )
    assert on(past, now) == now[0]
    assert on(past, later) == past[0]
    assert on(later) == later[0]


def test_without_any_cover_there_is_no_card() -> None:
    """A person the source gives no AMO period to is refused by name."""
    with pytest.raises(RightsUnknown):
        drafted(replace(answer(), amo=()))


def test_an_ald_that_is_over_is_not_written() -> None:
    """The day after its end an exoneration is nobody's business."""
    told = answer()
    over = replace(told.exonerations[0], periode=PeriodeDroits(date(2020, 1, 1), date(2026, 11, 20)))

    assert drafted(replace(told, exonerations=(over,)))["complet"].ald == ()


def test_a_contract_ended_before_it_began_is_not_written() -> None:
    """A résiliation older than the period leaves no contract."""
    told = answer()
    assert told.amc is not None

    cards = drafted(replace(told, amc=ContratAmc(told.amc.droits, date(2025, 12, 31))))

    assert cards["complet"].amc is None


def test_a_source_ahead_of_us_is_told_as_read_now() -> None:
    """`as_of` is never after the card's own date."""
    assert drafted(replace(answer(), as_of=AT + timedelta(hours=1)))["soins"].as_of == AT


def test_a_child_of_sixteen_carries_the_number_that_opens_her_rights() -> None:
    """Lina's card has her own number and her mother's."""
    card = drafted(answer("210053199944455"))["soins"]

    assert card.od_nir is not None
    assert card.od_nir.digits == "278043199931240"


def test_long_names_are_shortened_until_the_symbol_holds() -> None:
    """Names give, and nothing else: each shape fits its budget."""
    told = answer()
    traits = replace(
        told.beneficiaire.traits,
        nom_naissance="ABCDEFGHIJKLMNOPQRSTUVWXYZ-" * 3 + "A",
        nom_utilise="ABCDEFGHIJKLMNOPQRSTUVWXYZ-" * 3 + "B",
        prenom_utilise="ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFGH",
    )
    person = replace(told.beneficiaire, traits=traits)

    drafts = draft_apcv(
        replace(told, beneficiaire=person), PHONE, SLOT, policy(CardKind.APCV), day=DAY, at=AT
    )

    for draft in drafts:
        assert seal.presented_size(draft.card.claims) <= BUDGETS[Shape[draft.label.upper()]]
        card = draft.card.draft.card
        assert isinstance(card, ApcvCard)
        assert card.birth_name.startswith("ABCDEFGH")
        assert (card.amc is None) is (draft.label == "identite")


# --- the e-CPS


def test_every_open_exercice_gets_a_card() -> None:
    """Karim's two, on their own slots, with his strict number."""
    cards = ecps_of(fiche("899700900147"))

    assert [card.structure.raison_sociale for card in cards] == ["CABINET CARDIO FICTIF", "HOPITAL FICTIF"]
    assert [card.slot.idx for card in cards] == [0, 1]
    assert cards[0].national_id.is_strict


def test_the_exercice_asked_is_the_only_one() -> None:
    """One asked, one given; one that is not theirs is unknown."""
    karim = fiche("899700900147")

    assert [one.exercice_id for one in exercices_for(karim, "9991000148", DAY)] == ["9991000148"]
    with pytest.raises(ExerciceUnknown):
        exercices_for(karim, "9991000154", DAY)


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), True),
        (date(2026, 10, 31), True),
        (date(2026, 11, 1), False),
    ],
)
def test_a_replacement_holds_between_its_dates(day: date, is_open: bool) -> None:
    """First and last day included; outside, refused by name."""
    noe = fiche("899700900121")

    if is_open:
        assert len(exercices_for(noe, None, day)) == 1
    else:
        with pytest.raises(ReplacementOutOfDates):
            exercices_for(noe, None, day)


def test_a_closed_exercice_gets_no_card() -> None:
    """Julie's old exercice is closed: asked for by name, it is refused."""
    with pytest.raises(ExerciceClosed):
        exercices_for(fiche("899700900162"), "9991000160", DAY)


def test_a_card_never_outlives_its_exercice() -> None:
    """On the last day of a replacement the card ends at midnight in France, one hour before midnight UTC."""
    noe = fiche("899700900121").professionnel.exercices[0]
    at = datetime(2026, 10, 31, 10, 0, tzinfo=UTC)

    assert ecps_expiry(noe, Binding.HARDWARE_ATTESTED, at) == datetime(2026, 10, 31, 23, 0, tzinfo=UTC)


def test_a_number_with_a_wrong_key_is_never_issued() -> None:
    """Read with a warning, refused on a card: the professional's own, and the workplace's."""
    laure = fiche("899700900154")
    exercice = laure.professionnel.exercices[0]
    elsewhere = replace(exercice.structure, finess=Finess.parse("999001507", Mode.LENIENT))

    with pytest.raises(NumberNotValid):
        ecps_of(fiche("899700900154", id_national=Idnps.parse("899700900155", Mode.LENIENT)))
    with pytest.raises(NumberNotValid):
        ecps_of(fiche("899700900154", exercices=(replace(exercice, structure=elsewhere),)))


def test_names_and_labels_fit_an_ecps() -> None:
    """Accents open, long names and labels are cut, and the symbol holds."""
    laure = fiche("899700900154")
    exercice = laure.professionnel.exercices[0]
    long = replace(
        exercice,
        nom_exercice="Œuvrard-Désirée de la Très-Longue-Maison",
        prenom_exercice="Marie-Éléonore-Joséphine",
        structure=replace(exercice.structure, raison_sociale="PHARMACIE DE LA PLACE DU MARCHE AUX FLEURS"),
    )

    (card,) = ecps_of(fiche("899700900154", exercices=(long,)))

    assert card.name.startswith("OEUVRARD-DESIREE")
    assert len(card.name) <= 27
    assert len(card.structure.raison_sociale) <= 27
