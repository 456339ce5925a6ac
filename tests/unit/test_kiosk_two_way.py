"""The two-way scan at the kiosk: authorised once by an e-CPS, then one request after another for patients."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.cards import NOON
from tests.simulators.kiosk import TestKiosk, a_kiosk
from tests.simulators.two_way import Person, TwoWayStreet, a_street
from verifier import scanner


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[TestKiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


@pytest.fixture
def street(tmp_path: Path, kiosk: TestKiosk) -> Iterator[TwoWayStreet]:
    with a_street(tmp_path, kiosk.world) as street:
        yield street


def _code(png: str) -> str:
    return scanner.read_picture(base64.b64decode(png))


def _authorised(kiosk: TestKiosk, laure: Person) -> Any:
    offer = _code(kiosk.ask("POST", "/api/two-way", {}).json["png"])
    return kiosk.type(laure.holder.authorise_till(offer, kiosk.now, lambda _: True).text)


def test_a_professional_authorises_then_a_patient_answers(kiosk: TestKiosk, street: TwoWayStreet) -> None:
    """Both codes are read from the pictures on the screen; the second request is another."""
    laure, ange = street.professional("laure"), street.patient("ange")

    (authorised,) = _authorised(kiosk, laure)
    until = kiosk.state()["two_way"]["until"]
    first = kiosk.ask("POST", "/api/two-way/request", {}).json["png"]
    (told,) = kiosk.type(ange.answer(_code(first), kiosk.now))
    second = kiosk.ask("POST", "/api/two-way/request", {}).json["png"]

    assert (authorised["what"], authorised["person"]) == ("authorised", "LAURE PAOLI-TEST")
    assert until == "23:55"
    assert (told["light"], told["answered"], told["person"]) == ("green", True, "ANGE ORSINI-TEST")
    assert second != first
    assert ange.shown[0].card.name == "PAOLI-TEST"


def test_the_request_on_show_stays_the_same_until_it_ages(kiosk: TestKiosk, street: TwoWayStreet) -> None:
    """A phone may be reading it; after forty seconds a new one is drawn, before phones would refuse it."""
    _authorised(kiosk, street.professional("laure"))

    pictures = []
    for seconds in (0, 39, 2):
        kiosk.wait(seconds)
        pictures.append(kiosk.ask("POST", "/api/two-way/request", {}).json["png"])

    assert pictures[0] == pictures[1] != pictures[2]


def test_a_patients_card_does_not_authorise(kiosk: TestKiosk) -> None:
    """It is refused by its kind, and the till goes on waiting for the e-CPS."""
    kiosk.ask("POST", "/api/two-way", {})

    (told,) = kiosk.type(kiosk.world.show_apcv())

    assert [one["code"] for one in told["reasons"]] == ["wrong_card_type"]
    assert kiosk.state()["two_way"]["awaited"] is True


def test_a_professional_may_change_their_mind(kiosk: TestKiosk) -> None:
    """Cancelled, the next card is judged as any card."""
    kiosk.ask("POST", "/api/two-way", {})
    kiosk.ask("DELETE", "/api/two-way")

    (told,) = kiosk.type(kiosk.world.show_apcv())

    assert told["light"] == "green"


def test_past_its_hours_the_till_asks_no_more(kiosk: TestKiosk, street: TwoWayStreet) -> None:
    """And says what to press."""
    _authorised(kiosk, street.professional("laure"))
    kiosk.now = NOON + timedelta(hours=12)

    answer = kiosk.ask("POST", "/api/two-way/request", {})

    assert (answer.status, answer.json["code"]) == (409, "till_key_past_hours")
    assert kiosk.state()["two_way"]["until"] is None


def test_a_screen_that_takes_answers_only_says_so(tmp_path: Path) -> None:
    """With `--two-way`, a card in clear is refused."""
    with a_kiosk(tmp_path, two_way_only=True) as kiosk:
        (told,) = kiosk.type(kiosk.world.show_apcv())

        assert kiosk.state()["two_way"]["only"] is True
        by_software = kiosk.ask(
            "POST", "/api/scans", {"text": kiosk.world.show_apcv(), "two_way_only": False}
        ).json
    assert by_software["reasons"] == ["context_mismatch"], "a program does not undo what the till was told"
    assert [one["code"] for one in told["reasons"]] == ["context_mismatch"]
