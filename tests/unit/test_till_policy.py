"""What each screen needs, on cards already proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cartes.apcv import ApcvCard, Delegate, DelegationType
from cartes.cards import Binding, CardKind
from cartes.droits import DroitsAmc, DroitsAmo, PeriodeDroits
from cartes.ecps import EcpsCard
from cartes.identifiers.organisme import Organisme
from cartes.professionnel import CategorieProfessionnelle, Profession
from tests.simulators.cards import NOON, a_complete_apcv, a_doctor, an_apcv, an_ecps, an_identity_apcv
from verifier.cli_options import POLICY_NAMES
from verifier.facts import CardFacts
from verifier.policy import POLICIES
from verifier.verdict import Freshness

TODAY = date(2026, 11, 21)
FRESH = Freshness(checked_at=NOON, trust_signed_at=NOON - timedelta(hours=1))
CLOSED = PeriodeDroits(date(2026, 1, 1), date(2026, 9, 30))


def codes(
    policy: str, card: ApcvCard | EcpsCard, freshness: Freshness = FRESH, day: date = TODAY
) -> list[str]:
    """The reasons a screen has about a proven card."""
    facts = CardFacts(card, day, synced=card.binding is Binding.SYNCED, holder_key=b"")
    return [reason.code for reason in POLICIES[policy].judge(facts, freshness)]


def amo(periode: PeriodeDroits) -> DroitsAmo:
    """Compulsory cover over that period."""
    return DroitsAmo(Organisme("01", "999", "9999"), "10", periode)


def amc(periode: PeriodeDroits) -> DroitsAmc:
    """A complementary contract over that period."""
    return DroitsAmc("99999001", "F0000001", "ZZ", "TEST01", "R", periode)


def test_the_command_line_offers_every_policy() -> None:
    """The names written in the command line are the registry's."""
    assert list(POLICIES) == list(POLICY_NAMES)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("officine", CardKind.APCV),
        ("cabinet", CardKind.APCV),
        ("identite", CardKind.APCV),
        ("identite-pro", CardKind.ECPS),
        ("prescription", CardKind.ECPS),
    ],
)
def test_each_screen_asks_for_its_kind_of_card(name: str, kind: CardKind) -> None:
    """A patient's card never passes for a professional's."""
    assert POLICIES[name].expects is kind


@pytest.mark.parametrize("policy", ["officine", "cabinet", "identite"])
@pytest.mark.parametrize("card", [an_apcv(), a_complete_apcv()])
def test_a_patient_with_rights_has_nothing_against_them(policy: str, card: ApcvCard) -> None:
    """Neither the shape `soins` without complementary cover nor `complet` raises a reason."""
    assert codes(policy, card) == []


@pytest.mark.parametrize("policy", ["identite-pro", "prescription"])
def test_a_doctor_has_nothing_against_them(policy: str) -> None:
    """A cardiologist on attested hardware may be recognised, and prescribe."""
    assert codes(policy, a_doctor()) == []


@pytest.mark.parametrize(
    ("policy", "expected"), [("officine", ["amo_unknown"]), ("cabinet", ["amo_unknown"]), ("identite", [])]
)
def test_the_shape_identite_says_no_rights(policy: str, expected: list[str]) -> None:
    """Rights not shown are unknown where they are needed, and no matter where only the person is."""
    assert codes(policy, an_identity_apcv()) == expected


def test_closed_rights_are_told_apart() -> None:
    """Both covers closed: the pharmacy says both, the practice says the compulsory one, identity neither."""
    card = an_apcv(amo=amo(CLOSED), amc=amc(CLOSED))

    assert codes("officine", card) == ["amo_not_open", "amc_not_open"]
    assert codes("cabinet", card) == ["amo_not_open"]
    assert codes("identite", card) == []


@pytest.mark.parametrize(
    ("periode", "expected"),
    [
        (PeriodeDroits(date(2026, 11, 21), date(2026, 11, 21)), []),
        (PeriodeDroits(date(2026, 1, 1), date(2026, 11, 20)), ["amo_not_open"]),
        (PeriodeDroits(date(2026, 11, 22)), ["amo_not_open"]),
        (PeriodeDroits(date(2026, 1, 1)), []),
    ],
)
def test_both_ends_of_a_period_count(periode: PeriodeDroits, expected: list[str]) -> None:
    """Open on its first and last day, closed the day after and the day before, open when it has no end."""
    assert codes("officine", an_apcv(amo=amo(periode))) == expected


def test_a_delegate_whose_time_is_over_is_told() -> None:
    """The last day counts; the day after, every patient's screen says so."""
    delegate = Delegate("CAMILLE LEROY-TEST", DelegationType.PARENT, TODAY)
    card = an_apcv(delegate=delegate)

    assert codes("officine", card) == []
    for policy in ("officine", "cabinet", "identite"):
        assert codes(policy, card, day=TODAY + timedelta(days=1)) == ["delegate_expired"]


@pytest.mark.parametrize(
    ("policy", "card", "binding", "expected"),
    [
        ("officine", an_apcv(), Binding.SYNCED, []),
        ("officine", an_apcv(), Binding.DEVICE_BOUND_CLAIMED, []),
        ("cabinet", an_apcv(), Binding.SYNCED, []),
        ("identite", an_apcv(), Binding.SYNCED, []),
        ("identite-pro", a_doctor(), Binding.SYNCED, ["binding_below_policy"]),
        ("identite-pro", a_doctor(), Binding.DEVICE_BOUND_CLAIMED, []),
        ("prescription", a_doctor(), Binding.DEVICE_BOUND_CLAIMED, ["binding_below_policy"]),
        ("prescription", a_doctor(), Binding.HARDWARE_ATTESTED, []),
    ],
)
def test_a_key_below_the_wish_is_told(
    policy: str, card: ApcvCard | EcpsCard, binding: Binding, expected: list[str]
) -> None:
    """Each screen wishes for its own strength of key."""
    assert codes(policy, replace(card, binding=binding)) == expected


@pytest.mark.parametrize(
    ("age", "told"), [(timedelta(hours=24), False), (timedelta(hours=24, seconds=1), True)]
)
@pytest.mark.parametrize("policy", list(POLICIES))
def test_trust_data_older_than_a_day_are_told(policy: str, age: timedelta, told: bool) -> None:
    """A day is fine, a second more is a reason; for prescribing it is the grave one."""
    card = an_apcv() if POLICIES[policy].expects is CardKind.APCV else a_doctor()
    code = "trust_data_too_old_to_prescribe" if policy == "prescription" else "trust_data_old"

    found = codes(policy, card, Freshness(checked_at=NOON, trust_signed_at=NOON - age))

    assert found == ([code] if told else [])


@pytest.mark.parametrize("policy", ["identite-pro", "prescription"])
def test_somebody_in_training_is_told(policy: str) -> None:
    """Category E: an intern is not taken for the doctor they will be."""
    assert codes(policy, a_doctor(category=CategorieProfessionnelle.ETUDIANT)) == ["in_training"]


@pytest.mark.parametrize(
    ("profession", "expected"),
    [
        (Profession.MEDECIN, []),
        (Profession.SAGE_FEMME, []),
        (Profession.CHIRURGIEN_DENTISTE, []),
        (Profession.INFIRMIER, ["prescribes_within_limits"]),
        (Profession.PHARMACIEN, ["prescribes_within_limits"]),
        (Profession.AIDE_SOIGNANT, ["profession_does_not_prescribe"]),
        (Profession.OPTICIEN_LUNETIER, ["profession_does_not_prescribe"]),
    ],
)
def test_who_may_prescribe(profession: Profession, expected: list[str]) -> None:
    """Some prescribe, some within a list of their own, some not at all."""
    assert codes("prescription", an_ecps(profession=profession)) == expected
    assert codes("identite-pro", an_ecps(profession=profession)) == []
