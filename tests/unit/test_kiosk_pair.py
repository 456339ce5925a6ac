"""A card, then the contract beside it: one patient on the screen, and nobody else's contract."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from cartes.amc import AmcCard, EtatContrat
from cartes.apcv import Delegate, DelegationType
from cartes.cards import Shape, Slot
from cartes.droits import PeriodeDroits
from cartes.naissance import DateNaissance
from cartes.sealed_answer import answer_text, seal_answer
from cartes.till_request import open_request
from tests.simulators.cards import (
    APCV_LIST,
    NOON,
    Phone,
    a_complete_apcv,
    a_contract,
    an_apcv,
    an_identity_apcv,
)
from tests.simulators.kiosk import TestKiosk, a_kiosk
from tests.simulators.two_way import a_street
from verifier import scanner

NEIGHBOUR = {"slot": Slot(APCV_LIST, 8), "given": "SARAH", "use_name": "BENALI-TEST"}
"""Another patient: another slot, another phone."""


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[TestKiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


def card(kiosk: TestKiosk, **changes: Any) -> Any:
    """Ange's card is shown now; what the screen draws."""
    (told,) = kiosk.type(kiosk.world.show(an_apcv(**changes), kiosk.now))
    return told


def contract(kiosk: TestKiosk, phone: Phone | None = None, **changes: Any) -> Any:
    """A contract is shown a second later."""
    kiosk.wait(1)
    (told,) = kiosk.type(kiosk.world.show(a_contract(**changes), kiosk.now, phone=phone))
    return told


def codes(told: Any) -> list[str]:
    return [one["code"] for one in told["reasons"]]


def tile(told: Any) -> Any:
    """What stands about the contract among the rights."""
    (one,) = (right for right in told["rights"] if right["of"] == "contract")
    return one


def test_a_contract_after_its_card_is_one_patient_on_the_screen(kiosk: TestKiosk) -> None:
    """No button between the two: name and birth date stay large, the insurer's word beside the fund's."""
    card(kiosk)

    told = contract(kiosk)

    assert (told["light"], told["headline"]) == ("green", "Carte et complémentaire vérifiées")
    assert (told["person"], told["born"]) == ("ANGE ORSINI-TEST", "14/03/1958")
    assert [right["of"] for right in told["rights"]] == ["amo", "contract"]
    assert tile(told) == {
        "of": "contract",
        "label": "Droits AMC — MUTUELLE FICTIVE",
        "open": True,
        "text": "ouverts jusqu’au 31/12/2026",
    }
    rows = {row["label"]: row["value"] for row in (*told["rows"], *told["ages"])}
    assert rows["Convention / CSR"] == "ZZ / TEST01"
    assert rows["Tiers payant"] == "PHAR, MEDE"
    assert rows["Contrat lu chez l’assureur le"] == "21/11/2026 à 07:00:00 (il y a 5 h)"
    assert kiosk.state()["today"][0]["who"] == "A. O.-T."


def test_the_contract_may_be_shown_first(kiosk: TestKiosk) -> None:
    """It names nobody and says so; the card that follows takes it up."""
    alone = contract(kiosk)
    kiosk.wait(5)
    told = card(kiosk)

    assert alone["person"] == "MUTUELLE FICTIVE"
    assert "lisez aussi la carte du patient" in alone["check_face"]
    assert (told["light"], told["headline"]) == ("green", "Carte et complémentaire vérifiées")
    assert (told["person"], tile(told)["open"]) == ("ANGE ORSINI-TEST", True)


@pytest.mark.parametrize(
    ("changes", "opened", "text", "code"),
    [
        ({"etat": EtatContrat.INCONNU}, None, "inconnu de l’assureur", "amc_state_unknown"),
        ({"etat": EtatContrat.SUSPENDU}, False, "SUSPENDU", "amc_suspended"),
        (
            {"etat": EtatContrat.RESILIE, "resilie_le": date(2026, 10, 31)},
            False,
            "FERMÉS depuis le 31/10/2026",
            "amc_not_open",
        ),
        (
            {"periode": PeriodeDroits(date(2027, 1, 1), date(2027, 12, 31))},
            False,
            "FERMÉS avant le 01/01/2027",
            "amc_not_open",
        ),
        ({"domaines": ("MEDE",)}, True, "ouverts jusqu’au 31/12/2026", "amc_domain_not_covered"),
    ],
)
def test_what_the_insurer_says_is_said_in_words(
    kiosk: TestKiosk, changes: dict[str, Any], opened: bool | None, text: str, code: str
) -> None:
    """Open until when, closed since when, suspended, unknown: the person stays, the light is amber."""
    card(kiosk)

    told = contract(kiosk, **changes)

    assert (tile(told)["open"], tile(told)["text"]) == (opened, text)
    assert (told["light"], codes(told), told["person"]) == ("amber", [code], "ANGE ORSINI-TEST")


def test_a_contract_ended_later_is_open_until_then(kiosk: TestKiosk) -> None:
    """The last day is the earlier of the contract's end and of its being ended."""
    card(kiosk)

    told = contract(kiosk, etat=EtatContrat.RESILIE, resilie_le=date(2026, 11, 30))

    assert (told["light"], tile(told)["text"]) == ("green", "ouverts jusqu’au 30/11/2026")


@pytest.mark.parametrize("of", ["another phone", "another slot"])
def test_another_persons_contract_is_refused_and_the_card_stays(kiosk: TestKiosk, of: str) -> None:
    """The same slot on another phone, or another slot on the same phone: neither is this patient's."""
    card(kiosk)

    if of == "another phone":
        told = contract(kiosk, phone=Phone("phone-neighbour"))
    else:
        told = contract(kiosk, link=Slot(APCV_LIST, 8))

    assert (told["light"], codes(told)) == ("red", ["amc_of_another_card"])
    assert "ne va pas avec la carte lue juste avant" in told["reasons"][0]["said"]
    assert (told["person"], tile(told)["text"]) == ("ANGE ORSINI-TEST", "ne va pas avec cette carte")
    assert "MUTUELLE" not in str(told)


def test_a_contract_shown_before_somebody_elses_card_is_told_and_forgotten(kiosk: TestKiosk) -> None:
    """The card is green by itself; the next card hears nothing of it."""
    contract(kiosk)

    told = card(kiosk, **NEIGHBOUR)
    kiosk.wait(5)
    after = card(kiosk)

    assert (told["light"], told["headline"], codes(told)) == ("green", "Carte vérifiée", [])
    assert (tile(told)["open"], tile(told)["text"]) == (False, "ne va pas avec cette carte")
    assert [right["of"] for right in after["rights"]] == ["amo", "amc"]


def test_the_next_patient_has_nothing_of_the_one_before(kiosk: TestKiosk) -> None:
    """No click between two patients: a contract told with the first does not follow to the second."""
    card(kiosk)
    contract(kiosk)
    kiosk.wait(5)

    told = card(kiosk, **NEIGHBOUR)

    assert told["person"] == "SARAH BENALI-TEST"
    assert "MUTUELLE" not in str(told)
    assert [right["of"] for right in told["rights"]] == ["amo", "amc"]


def test_a_neighbours_contract_goes_with_the_neighbours_card(kiosk: TestKiosk) -> None:
    """Refused beside Ange's, it is Sarah's when Sarah's card follows."""
    phone = Phone("phone-neighbour")
    card(kiosk)
    refused = contract(kiosk, phone=phone, link=Slot(APCV_LIST, 8))
    kiosk.wait(5)

    (told,) = kiosk.type(kiosk.world.show(an_apcv(**NEIGHBOUR), kiosk.now, phone=phone))

    assert codes(refused) == ["amc_of_another_card"]
    assert (told["headline"], told["person"]) == ("Carte et complémentaire vérifiées", "SARAH BENALI-TEST")


def test_the_same_patient_shows_the_card_again(kiosk: TestKiosk) -> None:
    """A second showing of the card keeps the contract beside it."""
    card(kiosk)
    contract(kiosk)
    kiosk.wait(20)

    assert tile(card(kiosk))["open"] is True


@pytest.mark.parametrize("seconds", [119, 121])
def test_a_patient_is_kept_two_minutes(kiosk: TestKiosk, seconds: int) -> None:
    """After that the contract stands alone, as it does after the screen was cleared."""
    card(kiosk)
    kiosk.wait(seconds - 1)

    told = contract(kiosk)

    assert (told["person"] == "ANGE ORSINI-TEST") is (seconds < 120)


def test_a_cleared_screen_keeps_no_patient(kiosk: TestKiosk) -> None:
    """The button."""
    card(kiosk)
    kiosk.ask("POST", "/api/blank", {})

    assert contract(kiosk)["person"] == "MUTUELLE FICTIVE"


def test_no_patient_outlives_the_day(kiosk: TestKiosk) -> None:
    """Shown a minute before midnight in Paris, forgotten at midnight with the list."""
    kiosk.now = NOON + timedelta(hours=11, minutes=59)
    card(kiosk)
    kiosk.wait(60)
    kiosk.state()

    assert contract(kiosk)["person"] == "MUTUELLE FICTIVE"


def test_a_stale_contract_is_refused_beside_a_card_that_stays(kiosk: TestKiosk) -> None:
    """A picture of a contract, a minute old: its reason, and the patient still on the screen."""
    text = kiosk.world.show(a_contract(), kiosk.now)
    kiosk.wait(70)
    card(kiosk)
    (told,) = kiosk.type(text)

    assert (told["light"], codes(told)) == ("red", ["proof_stale"])
    assert told["headline"] == "Complémentaire refusée. La carte du patient, elle, est vérifiée."
    assert (told["person"], tile(told)["text"]) == ("ANGE ORSINI-TEST", "refusée")


def test_a_refused_card_takes_the_patient_away(kiosk: TestKiosk) -> None:
    """Whoever stands there now was not checked: a contract after that is nobody's."""
    card(kiosk)
    kiosk.wait(70)
    kiosk.type(kiosk.world.show_apcv(NOON, **NEIGHBOUR))

    assert contract(kiosk)["person"] == "MUTUELLE FICTIVE"


def test_the_reasons_of_both_are_told(kiosk: TestKiosk) -> None:
    """A fund that is closed stays the graver news."""
    closed = an_apcv().amo
    assert closed is not None
    card(kiosk, amo=type(closed)(closed.organisme, "10", PeriodeDroits(date(2026, 1, 1), date(2026, 9, 30))))

    told = contract(kiosk, etat=EtatContrat.INCONNU)

    assert (told["light"], codes(told)) == ("amber", ["amo_not_open", "amc_state_unknown"])


def test_the_insurers_word_replaces_what_the_fund_had_heard(kiosk: TestKiosk) -> None:
    """Two tiles that say two things of one contract would be one too many."""
    kiosk.type(kiosk.world.show(a_complete_apcv(), kiosk.now))

    told = contract(kiosk)

    assert [right["of"] for right in told["rights"]] == ["amo", "exonerations", "c2s", "contract"]


def test_an_identity_check_takes_no_contract(tmp_path: Path) -> None:
    """Who somebody is does not depend on who insures them."""
    with a_kiosk(tmp_path, policy="identite") as kiosk:
        kiosk.type(kiosk.world.show(an_identity_apcv(), kiosk.now))
        told = contract(kiosk)

        assert codes(told) == ["wrong_card_type"]


def test_a_practice_asks_the_contract_for_no_domain(tmp_path: Path) -> None:
    """Its screen knows none of the domains a practice bills in."""
    with a_kiosk(tmp_path, policy="cabinet") as kiosk:
        card(kiosk)

        assert contract(kiosk, domaines=())["light"] == "green"


def test_a_childs_contract_goes_with_the_childs_card_on_a_parents_phone(kiosk: TestKiosk) -> None:
    """The parent's own contract does not, though it is on the same phone."""
    child = {
        "slot": Slot(APCV_LIST, 30),
        "given": "ZOE",
        "born": DateNaissance.parse("20190402"),
        "delegate": Delegate("INES MOREAU-TEST", DelegationType.PARENT, date(2027, 11, 21)),
    }
    card(kiosk, **child)
    parents = contract(kiosk)
    childs = contract(kiosk, link=Slot(APCV_LIST, 30))

    assert codes(parents) == ["amc_of_another_card"]
    assert (childs["light"], tile(childs)["open"]) == ("green", True)
    assert "Présentée par INES MOREAU-TEST" in childs["delegate"]


def test_a_prescriber_checked_in_between_changes_nothing(kiosk: TestKiosk) -> None:
    """The patient is still there."""
    card(kiosk)
    kiosk.ask("POST", "/api/screen", {"policy": "identite-pro", "once": True})
    kiosk.type(kiosk.world.show_ecps(kiosk.now))

    assert contract(kiosk)["person"] == "ANGE ORSINI-TEST"


def test_the_pharmacys_software_is_told_of_both(kiosk: TestKiosk) -> None:
    """`beside`: whether they go together, and then the other card, with the numbers it asked for."""
    kiosk.ask("POST", "/api/scans", {"text": kiosk.world.show_apcv()})
    full = a_contract(shape=Shape.COMPLET, numero_adherent="F0000001")
    said = {"text": kiosk.world.show(full), "with_nir": True}

    told = kiosk.ask("POST", "/api/scans", said).json

    assert (told["light"], told["card"]["kind"], told["card"]["numero_adherent"]) == (
        "green",
        "amc",
        "F0000001",
    )
    assert told["beside"]["goes_with"] is True
    assert (told["beside"]["light"], told["beside"]["card"]["nir"]) == ("green", "158032A99904296")


def test_the_pharmacys_software_is_told_that_a_contract_is_anothers(kiosk: TestKiosk) -> None:
    """Red, with its reason, nothing of the contract and nothing of the other card."""
    kiosk.ask("POST", "/api/scans", {"text": kiosk.world.show_apcv()})

    text = kiosk.world.show(a_contract(), phone=Phone("phone-neighbour"))
    told = kiosk.ask("POST", "/api/scans", {"text": text}).json

    assert (told["light"], told["reasons"]) == ("red", ["amc_of_another_card"])
    assert (told["card"], told["beside"]) == ({"kind": "amc"}, {"goes_with": False})


def test_a_policy_asked_for_by_name_takes_its_own_kind_alone(kiosk: TestKiosk) -> None:
    """A program that asks for a patient's card is never given a contract in its place."""
    said = {"text": kiosk.world.show(a_contract()), "policy": "officine"}

    assert kiosk.ask("POST", "/api/scans", said).json["reasons"] == ["wrong_card_type"]


def test_a_sealed_answer_may_be_a_contract(kiosk: TestKiosk, tmp_path: Path) -> None:
    """One request, one answer: the kind of card inside is judged without asking again."""
    with a_street(tmp_path, kiosk.world) as street:
        laure = street.professional("laure")
        offer = scanner.read_picture(base64.b64decode(kiosk.ask("POST", "/api/two-way", {}).json["png"]))
        kiosk.type(laure.holder.authorise_till(offer, kiosk.now, lambda _: True).text)
        card(kiosk)
        asked = base64.b64decode(kiosk.ask("POST", "/api/two-way/request", {}).json["png"])
        text = _sealed(kiosk, a_contract(), scanner.read_picture(asked))
        (told,) = kiosk.type(text)

    assert (told["light"], told["answered"], tile(told)["open"]) == ("green", True, True)


def _sealed(kiosk: TestKiosk, shown: AmcCard, request_text: str) -> str:
    """What a phone answers to the till's request with `shown`."""
    asked = open_request(request_text, kiosk.now)
    proven = kiosk.world.present(kiosk.world.issue(shown), shown.kind, kiosk.now, ctx=asked.ctx)
    return answer_text(seal_answer(proven, asked.epk, asked.ctx))
