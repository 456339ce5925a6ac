"""The pages of a sign-in: what they show, to whom, under which policy, and the hop to the card's own host."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from apcv_backend.signin.approval.watching import Watch
from cartes.wire import base64url, strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import KARIM
from tests.simulators.signin_stage import BROWSER, SigninPhone, SigninStage, ciba, open_signin_stage, order

ECPS_HOST = "https://ecps.localhost"


@pytest.fixture
def stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> SigninStage:
    opened = open_signin_stage(services, client, clock, attestation_dir)
    client.set_cookie("signin", base64url.encode(BROWSER))
    return opened


def get(stage: SigninStage, path: str, **kwargs: Any) -> TestResponse:
    return stage.client.get(path, base_url="http://cartes.localhost:8000", **kwargs)


def post(stage: SigninStage, path: str, **kwargs: Any) -> TestResponse:
    return stage.client.post(path, base_url="http://cartes.localhost:8000", **kwargs)


@pytest.fixture(autouse=True)
def _cookie_on_the_issuers_host(stage: SigninStage) -> None:
    stage.client.set_cookie("signin", base64url.encode(BROWSER), domain="cartes.localhost")


def approve_here(stage: SigninStage, phone: SigninPhone, code: str) -> TestResponse:
    """What the script of the page on the card's own host does."""
    base = f"/signin/here/{code}"
    asked = stage.client.post(f"{base}/options", base_url=ECPS_HOST).get_json()
    gesture = phone.gesture(base64url.decode(asked["public_key"]["challenge"]))
    body = strict_json.canonical({"t": asked["t"], "credential": gesture})
    return stage.client.post(f"{base}/approval", data=body, base_url=ECPS_HOST)


def test_the_waiting_page_shows_the_digits_the_qr_and_who_asks(stage: SigninStage) -> None:
    """The digits large, the code to scan, the name and place of the service."""
    attempt = stage.open()

    page = get(stage, f"/signin/{attempt.attempt_id}").get_data(as_text=True)

    assert f'id="digits">{attempt.digits}</p>' in page
    assert "<svg" in page
    assert "Portail de démonstration" in page
    assert "Lyon" in page


def test_the_page_speaks_english_when_asked(stage: SigninStage) -> None:
    """By the browser's preference, or by the link on the page."""
    attempt = stage.open()
    path = f"/signin/{attempt.attempt_id}"

    by_header = get(stage, path, headers={"Accept-Language": "en"}).get_data(as_text=True)
    by_link = get(stage, path + "?lang=en").get_data(as_text=True)

    assert "Approve on your phone" in by_header
    assert '<html lang="en">' in by_link


def test_clickjacked_page(stage: SigninStage) -> None:
    """No page may be framed, and none runs a script or a style written in it."""
    attempt = stage.open()
    paths = (f"/signin/{attempt.attempt_id}", "/s", "/signin/nothing")

    for path in paths:
        answer = get(stage, path)
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        page = answer.get_data(as_text=True)
        assert not re.search(r"<script(?![^>]* src=)", page)
        assert " style=" not in page
        assert " onclick=" not in page


def test_another_browser_sees_neither_digits_nor_state(stage: SigninStage) -> None:
    """The address alone is worth nothing."""
    attempt = stage.open()
    stage.client.delete_cookie("signin", domain="cartes.localhost")

    for path in ("", "/state", "/events", "/finish"):
        answer = get(stage, f"/signin/{attempt.attempt_id}{path}")
        assert answer.status_code == 403
        assert (
            attempt.digits not in re.sub(r"<link[^>]*>", "", answer.get_data(as_text=True)).split("main")[1]
        )


def test_the_state_follows_the_phone(stage: SigninStage) -> None:
    """Pending, scanned, approved: what the page that waits hears."""
    phone = stage.phone(KARIM)
    attempt = stage.open()
    path = f"/signin/{attempt.attempt_id}/state"

    heard = [get(stage, path).get_json()["state"]]
    request = phone.scan(stage.code(attempt)).get_json()
    heard.append(get(stage, path).get_json()["state"])
    phone.approve(request, attempt.digits)
    heard.append(get(stage, path).get_json()["state"])

    assert heard == ["pending", "scanned", "approved"]


def test_a_page_that_names_somebody_does_not_tell_whether_a_phone_rang(stage: SigninStage) -> None:
    """Known or not, limited or not: it stays pending until somebody answers."""
    stage.phone(KARIM)
    reached, unknown = stage.open(order(login_hint=KARIM.text)), stage.open(order(login_hint="899700366240"))

    states = {get(stage, f"/signin/{one.attempt_id}/state").get_json()["state"] for one in (reached, unknown)}

    assert states == {"pending"}


@pytest.mark.parametrize(
    ("end", "word"),
    [("refuse", "Connexion annulée"), ("wrong", "Demande verrouillée"), ("late", "Le temps est écoulé")],
)
def test_every_end_has_a_page_and_a_way_out(stage: SigninStage, end: str, word: str) -> None:
    """Refused, locked, expired: a sentence, and a link back to the service."""
    phone = stage.phone(KARIM)
    attempt = stage.open()
    request = phone.scan(stage.code(attempt)).get_json()
    if end == "refuse":
        phone.refuse(request)
    elif end == "wrong":
        for _ in range(3):
            phone.approve(request, f"{(int(attempt.digits) + 1) % 100:02d}")
    else:
        stage.clock.advance(121)

    page = get(stage, f"/signin/{attempt.attempt_id}").get_data(as_text=True)

    assert word in page
    assert f"/signin/{attempt.attempt_id}/finish" in page


def test_the_browser_may_give_up_and_a_foreign_form_may_not(stage: SigninStage) -> None:
    """Cancelled by its own button; a form of another site is refused."""
    attempt = stage.open()
    path = f"/signin/{attempt.attempt_id}/cancel"

    assert post(stage, path, headers={"Origin": "https://evil.example"}).status_code == 403
    assert stage.state(attempt) == "pending"
    assert post(stage, path, headers={"Origin": "http://cartes.localhost:8000"}).status_code == 303
    assert stage.state(attempt) == "refused"


# --- the same device -------------------------------------------------------------------------------------


def test_same_device_the_ticket_and_the_cookie_must_meet(stage: SigninStage) -> None:
    """Approved on the card's own host; worth nothing until the browser that began brings the ticket."""
    phone = stage.phone(KARIM)
    attempt = stage.open()
    path = f"/signin/{attempt.attempt_id}"

    answer = approve_here(stage, phone, stage.code(attempt))
    address, _, ticket = answer.get_json()["next"].partition("#r=")

    assert address == f"http://cartes.localhost:8000{path}"
    assert stage.take(attempt) is None
    assert post(stage, path + "/return", data=strict_json.canonical({"ticket": "x"})).status_code == 409
    assert stage.take(attempt) is None
    back = post(stage, path + "/return", data=strict_json.canonical({"ticket": ticket}))
    assert back.get_json() == {"state": "exercice"}
    assert stage.take(attempt) is None  # several exercices: one is still to be chosen
    page = get(stage, path).get_data(as_text=True)
    exercices = re.findall(r'name="exercice" value="([^"]+)"', page)
    assert len(exercices) > 1
    assert post(stage, path + "/exercice", data={"exercice": "somebody-elses"}).status_code == 403
    chosen = post(stage, path + "/exercice", data={"exercice": exercices[1]}).get_data(as_text=True)
    assert f"{path}/finish" in chosen
    assert post(stage, path + "/exercice", data={"exercice": exercices[0]}).status_code == 403
    taken = stage.take(attempt)
    assert (taken.person, taken.exercice_id) == (KARIM, exercices[1])


def test_somebody_lured_to_another_browsers_page_signs_nobody_in(stage: SigninStage) -> None:
    """The attacker holds the cookie, the victim's browser the ticket: neither is enough."""
    victim = stage.phone(KARIM)
    attackers = stage.open()

    answer = approve_here(stage, victim, stage.code(attackers))
    ticket = answer.get_json()["next"].partition("#r=")[2]
    stage.client.set_cookie("signin", base64url.encode(bytes(32)), domain="cartes.localhost")
    brought = post(
        stage, f"/signin/{attackers.attempt_id}/return", data=strict_json.canonical({"ticket": ticket})
    )

    assert brought.status_code == 403
    assert stage.take(attackers) is None


def test_the_page_for_this_device_is_only_on_the_cards_own_host(stage: SigninStage) -> None:
    """Elsewhere no key would answer: the browser is sent there."""
    attempt = stage.open()
    path = f"/signin/here/{stage.code(attempt)}"

    elsewhere = get(stage, path)
    there = stage.client.get(path, base_url=ECPS_HOST)

    assert (elsewhere.status_code, elsewhere.location) == (303, ECPS_HOST + path)
    assert "Approuver sur cet appareil" in there.get_data(as_text=True)


def test_a_ciba_request_has_no_page(stage: SigninStage) -> None:
    """It was begun without a browser, and no browser may watch it."""
    attempt = stage.open(ciba(KARIM.text))

    assert get(stage, f"/signin/{attempt.attempt_id}").status_code == 403


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"t":1}', b'{"credential":{},"t":"x"}', b'{"credential":{},"t":1}']
)
def test_nonsense_at_this_device_is_refused_by_name(stage: SigninStage, body: bytes) -> None:
    """No body gives anything but a refusal."""
    attempt = stage.open()

    answer = stage.client.post(f"/signin/here/{stage.code(attempt)}/approval", data=body, base_url=ECPS_HOST)

    assert 400 <= answer.status_code < 500


# --- streams ----------------------------------------------------------------------------------------------


def test_a_stream_tells_changes_and_ends_by_itself() -> None:
    """The state at once, each change, and the end when the page goes elsewhere."""
    states = iter(["pending", "pending", "scanned", "scanned", "approved"])

    told = list(Watch(lambda _s: None, looks=10).stream(lambda: next(states)))

    assert [line.split("data: ")[1].strip() for line in told] == ["pending", "scanned", "approved"]


def test_a_stream_nobody_answers_ends_by_itself() -> None:
    """A thread of the server is held for so many looks and no longer."""
    looks: list[int] = []

    told = list(Watch(lambda _s: looks.append(1), looks=7).stream(lambda: "pending"))

    assert len(told) == 1
    assert len(looks) == 7


def test_one_stream_too_many_is_answered_at_once() -> None:
    """When the streams are taken, the state is told and the browser asked to come back: that is polling."""
    watch = Watch(lambda _s: None, looks=1_000, at_once=1)
    held = watch.stream(lambda: "pending")
    next(held)

    told = list(watch.stream(lambda: "scanned"))

    assert len(told) == 1
    assert "retry: 2000" in told[0]
    held.close()  # type: ignore[attr-defined]  # a generator
    assert len(list(watch.stream(iter(["pending", "approved"]).__next__))) == 2


def test_the_events_door_streams(stage: SigninStage) -> None:
    """The door says what it is, and its first event is the present state."""
    phone = stage.phone(KARIM)
    attempt = stage.open()
    phone.refuse(phone.scan(stage.code(attempt)).get_json())

    answer = get(stage, f"/signin/{attempt.attempt_id}/events", buffered=False)
    first = next(iter(answer.response))
    answer.close()

    assert answer.content_type.startswith("text/event-stream")
    assert "data: refused" in str(first)
