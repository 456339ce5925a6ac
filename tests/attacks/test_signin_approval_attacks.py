"""Approvals that must not count: of another request, with other digits, by another phone, for another use."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from cartes import presentation
from cartes.cards import CardKind
from cartes.wire import strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE
from tests.simulators.signin_stage import PATH, SigninPhone, SigninStage, ciba, open_signin_stage, order


@pytest.fixture
def stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> SigninStage:
    return open_signin_stage(services, client, clock, attestation_dir)


@pytest.fixture
def phone(stage: SigninStage) -> SigninPhone:
    return stage.phone(KARIM)


def code(answer: TestResponse) -> str:
    return str((answer.get_json(silent=True) or {}).get("code", answer.status_code))


def other_digits(digits: str) -> str:
    return f"{(int(digits) + 1) % 100:02d}"


def test_ciba_approval_of_another_request(stage: SigninStage, phone: SigninPhone) -> None:
    """A gesture made for one request approves no other, though client, scopes and digits are the same."""
    first, second = stage.open(order()), stage.open(order())
    one = phone.scan(stage.code(first)).get_json()
    two = phone.scan(stage.code(second)).get_json()
    for_the_first = phone.body(phone.statement(one, second.digits))

    answer = phone.send(two, for_the_first)

    assert code(answer) == "challenge_mismatch"
    assert stage.state(second) == "pending"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "portail-autre"},
        {"scopes": ("openid",)},
        {"acr": "eidas2"},
        {"acts_for": "somebody"},
    ],
    ids=["client", "scopes", "acr", "acts_for"],
)
def test_a_gesture_over_anything_else_than_what_was_asked_is_refused(
    stage: SigninStage, phone: SigninPhone, change: dict[str, Any]
) -> None:
    """Whatever the owner saw is what they sign: nothing of it can be swapped under their thumb."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    body = phone.body(phone.statement(request, attempt.digits, **change))
    body.pop("acts_for", None)

    assert code(phone.send(request, body)) == "challenge_mismatch"
    assert stage.state(attempt) == "pending"


def test_digits_not_matching_three_times_lock_the_request(stage: SigninStage, phone: SigninPhone) -> None:
    """Two more tries, one more, none: then the right digits do not help either."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    wrong = other_digits(attempt.digits)

    answers = [phone.approve(request, wrong) for _ in range(3)]

    assert [code(answer) for answer in answers] == [
        "signin_digits_wrong",
        "signin_digits_wrong",
        "signin_request_over",
    ]
    assert [answer.get_json().get("left") for answer in answers] == [2, 1, None]
    assert stage.state(attempt) == "locked"
    assert code(phone.approve(request, attempt.digits)) == "signin_request_over"
    assert stage.take(attempt) is None


def test_the_digits_sent_are_the_digits_signed(stage: SigninStage, phone: SigninPhone) -> None:
    """The right digits beside a gesture over wrong ones are no approval, and no counted error."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    body = phone.body(phone.statement(request, other_digits(attempt.digits)))

    answer = phone.send(request, {**body, "digits": attempt.digits})

    assert code(answer) == "challenge_mismatch"
    assert phone.requests()[0]["tries_left"] == 3


def test_an_approval_sent_twice_counts_once(stage: SigninStage, phone: SigninPhone) -> None:
    """The request is over at the first; the second is told so."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    body = phone.body(phone.statement(request, attempt.digits))

    assert phone.send(request, body).status_code == 204
    assert code(phone.send(request, body)) == "signin_request_over"


def test_a_withdrawn_phone_approves_nothing(stage: SigninStage, phone: SigninPhone) -> None:
    """Withdrawn between the question and the answer: refused."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    phone.phone.withdraw()

    assert code(phone.approve(request, attempt.digits)) == "device_withdrawn"
    assert stage.state(attempt) == "pending"


def test_a_phone_withdrawn_after_it_approved_gives_nothing(stage: SigninStage, phone: SigninPhone) -> None:
    """Withdrawn between the approval and the token: the approval is worth nothing."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    assert phone.approve(request, attempt.digits).status_code == 204
    phone.phone.withdraw()

    assert stage.take(attempt) is None


def test_an_approval_made_beforehand_or_ahead_is_refused(stage: SigninStage, phone: SigninPhone) -> None:
    """The moment is signed: a minute late or half a minute ahead is too much."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    now = int(stage.clock().timestamp())

    for moment in (now - 61, now + 11):
        assert code(phone.approve(request, attempt.digits, t=moment)) == "signin_moment_refused"
    assert stage.state(attempt) == "pending"


def test_another_persons_phone_cannot_answer(stage: SigninStage, phone: SigninPhone) -> None:
    """Neither approve, nor refuse, nor report: for it the request does not exist."""
    attempt = stage.open(ciba(KARIM.text))
    (request,) = phone.requests()
    other = stage.phone(LAURE)

    for answer in (other.approve(request, "42"), other.refuse(request), other.report(request)):
        assert code(answer) == "signin_request_not_found"
    assert stage.state(attempt) == "pending"


def test_a_colleague_who_scans_the_screen_of_somebody_named_gets_nothing(
    stage: SigninStage, phone: SigninPhone
) -> None:
    """The client named one professional: another one's scan finds no request."""
    attempt = stage.open(order(login_hint=KARIM.text))
    other = stage.phone(LAURE)

    assert code(other.scan(stage.code(attempt))) == "signin_request_not_found"
    assert phone.scan(stage.code(attempt)).status_code == 200


def test_a_screen_scanned_twice_belongs_to_the_first(stage: SigninStage, phone: SigninPhone) -> None:
    """A picture of the screen sent to somebody else opens nothing there."""
    attempt = stage.open()
    other = stage.phone(LAURE)
    phone.scan(stage.code(attempt))

    assert code(other.scan(stage.code(attempt))) == "signin_request_not_found"


def test_a_card_of_the_other_kind_does_not_answer(stage: SigninStage) -> None:
    """A patient's phone does not sign a professional in."""
    attempt = stage.open(order(CardKind.ECPS))

    assert code(stage.phone(ANGE).scan(stage.code(attempt))) == "signin_request_not_found"


def test_an_unsigned_or_repeated_call_is_refused(stage: SigninStage, phone: SigninPhone) -> None:
    """Without the app key's proof nothing is told; a proof serves once."""
    proof = phone.phone.app_key.proof(
        "GET", stage.services.config.public_url + PATH, stage.clock(), random=secrets.token_bytes
    )

    assert stage.client.get(PATH).status_code == 401
    assert stage.client.get(PATH, headers={"DPoP": proof}).status_code == 200
    assert stage.client.get(PATH, headers={"DPoP": proof}).status_code == 401


# --- a proof for one thing never serves another -----------------------------------------------------------


def test_a_signin_gesture_never_serves_issuance(stage: SigninStage, phone: SigninPhone) -> None:
    """The gesture over a sign-in, offered where cards are given."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    gesture = phone.gesture(phone.statement(request, attempt.digits).challenge())
    asked = phone.phone.request()

    answer = phone.phone.post({**asked, "proofs": {"webauthn": [gesture]}})

    assert code(answer) == "challenge_mismatch"


def test_an_issuance_or_presentation_gesture_never_signs_in(stage: SigninStage, phone: SigninPhone) -> None:
    """Gestures over a request for cards, and over a card shown at a till, offered to a sign-in."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    statement = phone.statement(request, attempt.digits)
    asked = phone.phone.request()
    for challenge in (
        presentation.issuance_challenge(bytes(32), strict_json.canonical(asked)),
        presentation.challenge_for(b"card", statement.t, b""),
        presentation.issuance_challenge(b"", statement.challenge()),
    ):
        body = {**phone.body(statement), "credential": phone.gesture(challenge)}
        assert code(phone.send(request, body)) == "challenge_mismatch"
    assert stage.state(attempt) == "pending"


# --- taken by whom it is for -----------------------------------------------------------------------------


def test_another_browser_or_another_client_takes_nothing(stage: SigninStage, phone: SigninPhone) -> None:
    """Carried to another browser (login CSRF), or asked for by another client, it is worth nothing."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    assert phone.approve(request, attempt.digits).status_code == 204

    assert stage.take(attempt, browser=secrets.token_bytes(32)) is None
    assert stage.take(attempt, browser=None) is None
    assert stage.take(attempt, client_id="portail-autre") is None
    assert stage.take(attempt) is not None


def test_an_approval_left_lying_is_worth_nothing(stage: SigninStage, phone: SigninPhone) -> None:
    """Two minutes after the gesture nobody takes it any more."""
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    assert phone.approve(request, attempt.digits).status_code == 204

    stage.clock.advance(121)

    assert stage.take(attempt) is None


# --- approval flood --------------------------------------------------------------------------------------


def test_one_pending_request_a_professional(stage: SigninStage, phone: SigninPhone) -> None:
    """A second request waits behind nothing: it reaches nobody, and its client is not told."""
    first = stage.open(ciba(KARIM.text))
    second = stage.open(ciba(KARIM.text))

    assert [one["attempt_id"] for one in phone.requests()] == [first.attempt_id]
    assert stage.state(second) == "pending"


def test_five_prompts_in_any_sixty_minutes(stage: SigninStage, phone: SigninPhone) -> None:
    """The sixth within the hour reaches nobody; when the first is an hour old, one more does."""
    reached = 0
    for _ in range(20):  # every 125 seconds: forty minutes
        stage.open(ciba(KARIM.text))
        reached += len(phone.requests())
        stage.clock.advance(125)
    assert reached == 5

    stage.clock.advance(3_600 - 20 * 125)
    stage.open(ciba(KARIM.text))
    assert len(phone.requests()) == 1


def test_three_refusals_lock_unsolicited_requests(stage: SigninStage, phone: SigninPhone) -> None:
    """After three refusals the phone is left alone; scanning a QR oneself still works, and lifts the lock."""
    for _ in range(3):
        stage.open(ciba(KARIM.text))
        assert phone.refuse(phone.requests()[0]).status_code == 204
    stage.clock.advance(2 * 3_600)
    stage.open(ciba(KARIM.text))
    assert phone.requests() == []

    own = stage.open()
    request = phone.scan(stage.code(own)).get_json()
    assert phone.approve(request, own.digits).status_code == 204
    stage.open(ciba(KARIM.text))
    assert len(phone.requests()) == 1


def test_after_a_days_lock_it_takes_three_refusals_again(stage: SigninStage, phone: SigninPhone) -> None:
    """What was refused before the lock has had its day: one slip of a thumb is not another one."""
    for _ in range(3):
        stage.open(ciba(KARIM.text))
        phone.refuse(phone.requests()[0])
    stage.clock.advance(25 * 3_600)

    reached = 0
    for _ in range(4):
        stage.open(ciba(KARIM.text))
        for request in phone.requests():
            reached += 1
            phone.refuse(request)

    assert reached == 3


def test_one_report_locks_at_once(stage: SigninStage, phone: SigninPhone) -> None:
    """Not me, says the owner, and is believed: no other request for a day, and a line in the journal."""
    attempt = stage.open(ciba(KARIM.text))
    assert phone.report(phone.requests()[0]).status_code == 204

    stage.clock.advance(3_600)
    stage.open(ciba(KARIM.text))

    assert phone.requests() == []
    assert stage.state(attempt) == "reported"
    assert "signin.reported" in stage.stage.events()


def test_the_client_cannot_tell_who_exists_or_is_locked(stage: SigninStage, phone: SigninPhone) -> None:
    """Known, unknown, without a phone, limited: the same answer and the same silence until it expires."""
    attempts = [
        stage.open(ciba(KARIM.text)),
        stage.open(ciba(KARIM.text)),  # held back: one is pending
        stage.open(ciba(LAURE.text)),  # has no phone
        stage.open(ciba("899700366240")),  # is nobody here
    ]

    shapes = {(a.state, len(a.attempt_id), a.expires_at - a.opened_at, a.digits) for a in attempts}

    assert len(shapes) == 1
    assert {stage.state(attempt) for attempt in attempts} == {"pending"}
    assert len(phone.requests()) == 1
