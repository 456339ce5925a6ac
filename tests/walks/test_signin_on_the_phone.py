"""A sign-in answered on the phone, over the real application: walk D of `docs/walks/`, steps 3 to 7."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from apcv_backend.bootstrap import Services
from cartes.cards import CardKind
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE
from tests.simulators.representation_stage import MARIA, PAUL, open_tutelle
from tests.simulators.signin_stage import SigninStage, ciba, open_signin_stage, order


@pytest.fixture
def stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> SigninStage:
    return open_signin_stage(services, client, clock, attestation_dir)


def test_a_professional_scans_types_the_digits_and_is_signed_in_once(stage: SigninStage) -> None:
    """The QR leads the phone to the request; the digits of the page approve it; the client takes it once."""
    phone = stage.phone(KARIM)
    attempt = stage.open()

    request = phone.scan(stage.code(attempt)).get_json()
    answer = phone.approve(request, attempt.digits)

    assert answer.status_code == 204, answer.get_json()
    approved = stage.take(attempt)
    assert approved.person == KARIM
    assert approved.exercice_id == request["exercices"][0]["exercice_id"]
    assert approved.acr == "eidas1"
    assert approved.amr == ("hwk", "user", "mfa")
    assert approved.auth_time == stage.clock()
    assert stage.take(attempt) is None
    assert stage.stage.events().count("signin.approved") == 1


def test_a_patient_signs_in_with_the_apcv(stage: SigninStage) -> None:
    """The same door for a patient: no exercice, the other card's key."""
    phone = stage.phone(ANGE)
    attempt = stage.open(order(CardKind.APCV))

    request = phone.scan(stage.code(attempt)).get_json()
    assert phone.approve(request, attempt.digits).status_code == 204

    assert stage.take(attempt).person == ANGE


def test_the_phone_is_told_who_asks_and_never_the_digits(stage: SigninStage) -> None:
    """Who, from where, for what, in words; the two digits are on the other screen only."""
    phone = stage.phone(KARIM)
    attempt = stage.open()

    told = phone.scan(stage.code(attempt)).get_json()

    assert (told["client_name"], told["client_place"]) == ("Portail de démonstration", "Lyon")
    assert told["scopes_in_words"][1] == "votre identité et vos exercices professionnels"
    assert "digits" not in told


def test_a_request_without_a_browser_reaches_the_phone_it_names(stage: SigninStage) -> None:
    """CIBA: the professional is named, the phone shows it, the digits of the service approve it."""
    phone = stage.phone(KARIM)
    attempt = stage.open(ciba(KARIM.text))

    (request,) = phone.requests()
    assert request["unsolicited"] is True
    assert phone.approve(request, "42").status_code == 204

    assert stage.take(attempt, browser=None).person == KARIM


def test_nobody_else_sees_it(stage: SigninStage) -> None:
    """A request for one professional is silence on every other phone."""
    other = stage.phone(LAURE)
    stage.phone(KARIM)
    attempt = stage.open(ciba(KARIM.text))

    assert other.requests() == []
    assert other.call("GET", f"/v1/signin-requests/{attempt.attempt_id}").status_code == 404


def test_refused_on_the_phone_is_refused(stage: SigninStage) -> None:
    """No is no, and the journal says it."""
    phone = stage.phone(KARIM)
    attempt = stage.open(ciba(KARIM.text))

    assert phone.refuse(phone.requests()[0]).status_code == 204

    assert stage.state(attempt) == "refused"
    assert "signin.refused" in stage.stage.events()
    assert phone.requests() == []


def test_a_request_nobody_answers_expires(stage: SigninStage) -> None:
    """Two minutes, and it is over on both sides."""
    phone = stage.phone(KARIM)
    attempt = stage.open(ciba(KARIM.text))
    (request,) = phone.requests()

    stage.clock.advance(121)

    assert phone.requests() == []
    assert stage.state(attempt) == "expired"
    answer = phone.approve(request, "42")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "signin_request_over")


def test_sessions_are_listed_and_closed_from_the_phone(stage: SigninStage) -> None:
    """The phone's doors to its sessions answer, with none open."""
    phone = stage.phone(KARIM)

    assert phone.call("GET", "/v1/sessions").get_json() == []
    assert phone.call("DELETE", "/v1/sessions").status_code == 204
    assert phone.call("DELETE", "/v1/sessions/nothing").status_code == 204


def test_a_tutor_signs_in_for_whom_they_protect_and_a_stranger_does_not(stage: SigninStage) -> None:
    """Chosen on the phone and signed: the approval says for whom; a representation of others is refused."""
    phone = stage.phone(PAUL)
    attempt = stage.open(order(CardKind.APCV))
    request = phone.scan(stage.code(attempt)).get_json()
    assert request["represented"] == []

    open_tutelle(stage.stage)
    stranger = phone.approve(request, attempt.digits, acts_for="somebody-elses")
    (maria,) = phone.requests()[0]["represented"]
    answer = phone.approve(request, attempt.digits, acts_for=maria["representation_id"])

    assert stranger.get_json()["code"] == "signin_representation_refused"
    assert answer.status_code == 204
    assert stage.take(attempt).acts_for == MARIA
