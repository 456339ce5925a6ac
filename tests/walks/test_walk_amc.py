"""An insurer publishes, a phone receives its card beside the apCV, a change revokes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.complementary.ports import Outcome
from cartes import seal
from cartes.amc import AmcCard, EtatContrat
from cartes.cards import CardKind, Shape
from cartes.wire import base64url
from tests.simulators.callers import KnownCallers
from tests.simulators.clock import SteerableClock
from tests.simulators.contracts import NUMERO, body, csv_of, line
from tests.simulators.issuance_stage import ANGE, SARAH, CardPhone, IssuanceStage

INSURER = Caller(
    CallerKind.CLIENT, client_id="mutuelle", organisation=NUMERO, scopes=frozenset({"contracts"})
)
OTHER = Caller(CallerKind.CLIENT, client_id="autre", organisation="99999002", scopes=frozenset({"contracts"}))
STRANGER = Caller(CallerKind.CLIENT, client_id="portail", scopes=frozenset({"openid"}))
TOKENS = {"insurer": INSURER, "other": OTHER, "stranger": STRANGER}


@pytest.fixture
def door(services: Services) -> FlaskClient:
    object.__setattr__(services, "callers", KnownCallers(TOKENS))
    return create_app(services).test_client()


def _publish(stage: IssuanceStage, **changes: str) -> Outcome:
    return stage.services.complementary.publish(NUMERO, line(**changes), "client:mutuelle", stage.clock())


def _cards(stage: IssuanceStage, phone: CardPhone) -> dict[Shape, seal.OpenedCard]:
    answer = phone.fetch(credential_configuration_id="amc")
    assert answer.status_code == 200, answer.get_json()
    opened = [stage.opened(one["credential"]) for one in answer.get_json()["credentials"]]
    assert all(isinstance(one.card, AmcCard) for one in opened)
    return {one.card.shape: one for one in opened if isinstance(one.card, AmcCard)}


def test_a_phone_receives_the_insurers_card_tied_to_its_apcv(stage: IssuanceStage) -> None:
    """Another issuer's key, list 3, the same phone key; the apCV's slot is the link, and nobody is named."""
    _publish(stage)
    phone = stage.enrolled(ANGE)
    apcv = stage.opened(phone.fetch().get_json()["credentials"][1]["credential"])

    cards = _cards(stage, phone)

    soins, complet = cards[Shape.SOINS], cards[Shape.COMPLET]
    assert isinstance(soins.card, AmcCard)
    assert isinstance(complet.card, AmcCard)
    assert soins.issuer.kinds == {CardKind.AMC}
    assert soins.issuer.public_key != apcv.issuer.public_key
    assert soins.card.slot.list == 3
    assert seal.goes_with(soins, apcv)
    assert (soins.card.numero_adherent, complet.card.numero_adherent) == (None, "F0000001")
    assert soins.card.etat is EtatContrat.OUVERT
    assert soins.card.domaines == ("PHAR", "MEDE")
    assert soins.expires_at - soins.issued_at == timedelta(hours=72)
    assert soins.card.as_of == stage.clock()


def test_the_link_is_the_same_whichever_card_comes_first(stage: IssuanceStage) -> None:
    """Asked before any apCV, the insurer's card names the slot the apCV will have."""
    _publish(stage)
    phone = stage.enrolled(ANGE)

    amc = _cards(stage, phone)[Shape.SOINS]
    apcv = stage.opened(phone.fetch().get_json()["credentials"][0]["credential"])

    assert seal.goes_with(amc, apcv)


def test_cards_of_two_phones_do_not_go_together(stage: IssuanceStage) -> None:
    """A neighbour's apCV is not the one the insurer's card names."""
    _publish(stage)
    amc = _cards(stage, stage.enrolled(ANGE))[Shape.SOINS]
    other = stage.opened(stage.enrolled(SARAH).fetch().get_json()["credentials"][1]["credential"])

    assert not seal.goes_with(amc, other)
    assert not seal.goes_with(other, amc)


def test_nobody_told_of_a_contract(stage: IssuanceStage) -> None:
    """Sarah has C2S and no contract: no card, and a named refusal."""
    refused = stage.enrolled(SARAH).fetch(credential_configuration_id="amc")

    assert (refused.status_code, refused.get_json()["code"]) == (404, "contract_unknown")


def test_what_the_insurer_changes_revokes_what_it_said(stage: IssuanceStage) -> None:
    """Ended: the card that said `ouvert` is revoked on list 3, the next one says so; the apCV's stays."""
    _publish(stage)
    phone = stage.enrolled(ANGE)
    before = _cards(stage, phone)[Shape.SOINS]

    outcome = _publish(stage, etat="resilie", date_resiliation="2026-11-20")
    after = _cards(stage, phone)[Shape.SOINS]

    assert outcome is Outcome.CHANGED
    states = {(slot.list_id, slot.idx): slot.state for slot in stage.slots() if slot.list_id == 3}
    assert states[(3, before.card.slot.idx)] == "revoked"
    assert states[(3, after.card.slot.idx)] == "valid"
    assert isinstance(after.card, AmcCard)
    assert after.card.resilie_le == date(2026, 11, 20)
    assert not after.card.open_on(date(2026, 11, 21))
    assert {slot.state for slot in stage.slots() if slot.list_id == 1} == {"valid"}


def test_what_was_not_said_again_is_unknown(stage: IssuanceStage, clock: SteerableClock) -> None:
    """Forty-six days after the insurer last spoke, the card says `inconnu`, and how old its word is."""
    _publish(stage)
    phone = stage.enrolled(ANGE)
    clock.at = datetime(2027, 1, 6, 10, tzinfo=UTC)

    card = _cards(stage, phone)[Shape.SOINS].card

    assert isinstance(card, AmcCard)
    assert card.etat is EtatContrat.INCONNU
    assert card.as_of == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert not card.open_on(date(2027, 1, 6))


def test_the_same_line_again_changes_nothing(stage: IssuanceStage, clock: SteerableClock) -> None:
    """Publishing is idempotent: no slot is revoked, and only `as_of` moves."""
    assert _publish(stage) is Outcome.ENTERED
    phone = stage.enrolled(ANGE)
    _cards(stage, phone)
    clock.advance(3600)

    assert _publish(stage) is Outcome.SAME
    card = _cards(stage, phone)[Shape.SOINS].card
    assert {slot.state for slot in stage.slots()} == {"valid"}
    assert card.as_of == clock()


def test_an_insurer_publishes_by_the_api(door: FlaskClient, stage: IssuanceStage) -> None:
    """Its number is its client's, whatever the path; others' clients pass no further than the door."""
    headers = {"Authorization": "DPoP insurer"}

    entered = door.put("/v1/contracts/CT-0001", json=body(), headers=headers)
    again = door.put("/v1/contracts/CT-0001", json=body(), headers=headers)
    stranger = door.put("/v1/contracts/CT-0001", json=body(), headers={"Authorization": "DPoP stranger"})
    nobody = door.put("/v1/contracts/CT-0001", json=body())
    wrong = door.put("/v1/contracts/CT-0002", json=body(debut="1/1/2026"), headers=headers)
    named = door.put("/v1/contracts/158032A99904296", json=body(), headers=headers)

    assert (entered.get_json(), again.get_json()) == ({"outcome": "entered"}, {"outcome": "same"})
    assert (stranger.status_code, nobody.status_code) == (403, 401)
    assert (wrong.status_code, wrong.get_json()["field"]) == (422, "debut")
    assert (named.status_code, named.get_json()["why"]) == (422, "looks_like_a_nir")
    day = date(2026, 11, 21)
    known = stage.services.complementary.of(NUMERO, ANGE, day, stage.clock())
    assert known is not None
    assert known.droits.numero_adherent == "F0000001"
    assert stage.services.complementary.of("99999002", ANGE, day, stage.clock()) is None
    assert stage.services.complementary.of(NUMERO, SARAH, day, stage.clock()) is None


def test_a_file_keeps_its_good_lines(door: FlaskClient) -> None:
    """Each bad line has its number, field and code, and is not repeated; the file again changes nothing."""
    data = csv_of(
        line(),
        line(contrat="CT-0002", personne="158032A99904295"),
        line(contrat="CT-0003", etat="parti"),
        "a;b",
        line(contrat="CT-0004", personne=SARAH.text, etat="inconnu"),
        'CT-9;"open quote;' + ";" * 13,
    )
    headers = {"Authorization": "DPoP insurer", "Content-Type": "text/csv"}

    first = door.post("/v1/contracts/files", data=data, headers=headers)
    second = door.post("/v1/contracts/files", data=data, headers=headers)

    assert first.status_code == 200, first.get_json()
    told = first.get_json()
    assert (told["entered"], told["changed"], told["same"]) == (2, 0, 0)
    assert [(one["line"], one["field"], one["code"]) for one in told["refused"]] == [
        (3, "personne", "key"),
        (4, "etat", "unknown_word"),
        (5, "", "wrong_number_of_fields"),
        (7, "", "not_csv"),
    ]
    assert "99904295" not in first.get_data(as_text=True)
    assert (second.get_json()["entered"], second.get_json()["same"]) == (0, 2)


def test_one_insurer_does_not_overwrite_another(door: FlaskClient, stage: IssuanceStage) -> None:
    """The same reference at two insurers is two contracts: two cards."""
    for token in ("insurer", "other"):
        answer = door.put("/v1/contracts/CT-0001", json=body(), headers={"Authorization": f"DPoP {token}"})
        assert answer.get_json() == {"outcome": "entered"}

    told = stage.enrolled(ANGE).fetch(credential_configuration_id="amc").get_json()["credentials"]

    numbers = {
        card.numero_amc for one in told if isinstance(card := stage.opened(one["credential"]).card, AmcCard)
    }
    assert (len(told), numbers) == (4, {"99999001", "99999002"})
    assert len({base64url.decode(one["credential"]) for one in told}) == 4


def test_a_file_that_is_none_keeps_nothing(door: FlaskClient) -> None:
    """Another header, or bytes that are not UTF-8: refused whole."""
    headers = {"Authorization": "DPoP insurer", "Content-Type": "text/csv"}
    for data, why in ((b"nir;nom\n1;2\n", "header"), (b"\xff\xfe", "encoding"), (b"", "header")):
        refused = door.post("/v1/contracts/files", data=data, headers=headers)
        assert (refused.status_code, refused.get_json()["why"]) == (422, why)
