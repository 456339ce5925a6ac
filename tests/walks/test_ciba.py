"""CIBA, from the request to the tokens, by poll and by ping; and every word the specification has for a no.

Module names of the OpenID Foundation's `fapi-ciba-id1` plan stand in the names of the tests they became.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import KARIM, LAURE
from tests.simulators.portal import CIBA, Portal, ProviderStage, open_provider_stage
from tests.simulators.signin_stage import SigninPhone

NOTIFICATION_TOKEN = "8d67dc78-7faa-4d41-aabd-67707b374255"


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


@pytest.fixture
def portal(stage: ProviderStage) -> Portal:
    return stage.portal(grant_types=[CIBA], redirect_uris=[])


@pytest.fixture
def phone(stage: ProviderStage) -> SigninPhone:
    return stage.phone()


def error(answer: TestResponse) -> str:
    return str((answer.get_json() or {}).get("error", answer.status_code))


def test_a_service_without_a_browser_signs_a_doctor_in(
    stage: ProviderStage, portal: Portal, phone: SigninPhone
) -> None:
    """Asked, shown on the phone, approved with the service's digits, polled once for tokens."""
    asked = portal.ask_ciba(channel="MOBILE")
    assert asked.status_code == 200, asked.get_json()
    told = asked.get_json()
    assert (told["expires_in"], told["interval"]) == (120, 5)
    assert error(portal.poll_ciba(told["auth_req_id"])) == "authorization_pending"
    (request,) = phone.requests()
    assert phone.approve(request, "42").status_code == 204
    stage.clock.advance(5)

    tokens = portal.poll_ciba(told["auth_req_id"])

    assert tokens.status_code == 200, tokens.get_json()
    assert portal.claims(tokens.get_json()["id_token"])["acr"] == "eidas1"
    who = portal.userinfo(tokens.get_json()["access_token"]).get_json()
    assert who["SubjectNameID"] == KARIM.text


def test_fapi_ciba_id1_multiple_call_to_token_endpoint(
    stage: ProviderStage, portal: Portal, phone: SigninPhone
) -> None:
    """The tokens are given once; the same question again is an invalid grant."""
    told = portal.ask_ciba().get_json()
    phone.approve(phone.requests()[0], "42")

    first, second = portal.poll_ciba(told["auth_req_id"]), portal.poll_ciba(told["auth_req_id"])

    assert first.status_code == 200
    assert error(second) == "invalid_grant"


def test_fapi_ciba_id1_auth_req_id_expired(stage: ProviderStage, portal: Portal) -> None:
    """Nobody answered: expired_token."""
    told = portal.ask_ciba(requested_expiry="30").get_json()
    assert told["expires_in"] == 30

    stage.clock.advance(31)

    assert error(portal.poll_ciba(told["auth_req_id"])) == "expired_token"


def test_fapi_ciba_id1_user_rejects_authentication(portal: Portal, phone: SigninPhone) -> None:
    """No on the phone is access_denied, and says no more."""
    told = portal.ask_ciba().get_json()
    phone.refuse(phone.requests()[0])

    assert error(portal.poll_ciba(told["auth_req_id"])) == "access_denied"


def test_fapi_ciba_id1_wrong_authentication_request_id(stage: ProviderStage, portal: Portal) -> None:
    """Another client's request, a browser's attempt, or nobody's: the same invalid grant."""
    other = stage.portal("portail-autre", grant_types=[CIBA, "authorization_code"])
    of_a_browser = other.begin().location.rsplit("/", 1)[1]
    theirs = other.ask_ciba().get_json()["auth_req_id"]

    for auth_req_id in (theirs, of_a_browser, "x" * 43):
        assert error(portal.poll_ciba(auth_req_id)) == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"login_hint": None}, "invalid_request"),
        ({"login_hint_token": "x"}, "invalid_request"),
        ({"login_hint": None, "id_token_hint": "x"}, "invalid_request"),
        ({"login_hint": "not a number"}, "unknown_user_id"),
        ({"binding_message": None}, "invalid_binding_message"),
        ({"binding_message": "1234"}, "invalid_binding_message"),
        ({"binding_message": "1\u00b2"}, "invalid_binding_message"),
        ({"scope": "scope_all"}, "invalid_scope"),
        ({"scope": "openid ins"}, "invalid_scope"),
        ({"requested_expiry": "0"}, "invalid_request"),
        ({"requested_expiry": "ten"}, "invalid_request"),
        ({"request": "e30."}, "invalid_request"),
    ],
)
def test_fapi_ciba_id1_bad_requests(portal: Portal, changes: dict[str, str | None], word: str) -> None:
    """Multiple hints, no hint, bad binding message, bad scope: the word of the specification, and why."""
    answer = portal.ask_ciba(**changes)

    assert (answer.status_code, error(answer)) == (400, word)
    assert len(answer.get_json()["error_description"]) > 10


def test_a_client_not_registered_or_not_proven_is_refused(stage: ProviderStage, portal: Portal) -> None:
    """Not registered for it: unauthorized_client; not proven: invalid_client."""
    plain = stage.portal("portail-simple")

    assert error(plain.ask_ciba()) == "unauthorized_client"
    portal.secret = "wrong"
    assert (portal.ask_ciba().status_code, error(portal.ask_ciba())) == (401, "invalid_client")


def test_polling_too_fast_is_told_to_slow_down_more_each_time(stage: ProviderStage, portal: Portal) -> None:
    """Five seconds, then five more for each time it came too early."""
    auth_req_id = portal.ask_ciba().get_json()["auth_req_id"]

    words = []
    for wait in (0, 5, 2, 9, 10):
        stage.clock.advance(wait)
        words.append(error(portal.poll_ciba(auth_req_id)))

    assert words == [
        "authorization_pending",
        "authorization_pending",
        "slow_down",  # ten seconds from here
        "slow_down",  # fifteen
        "slow_down",
    ]
    stage.clock.advance(20)
    assert error(portal.poll_ciba(auth_req_id)) == "authorization_pending"


def test_the_answer_does_not_tell_whether_anybody_is_there(
    stage: ProviderStage, portal: Portal, phone: SigninPhone
) -> None:
    """A phone that rings, one held back by a limit, none at all, nobody: the same answers, to the member."""
    asked = (KARIM.text, KARIM.text, LAURE.text, "899700366240")
    answers = [portal.ask_ciba(login_hint=number) for number in asked]

    shapes = {
        (
            a.status_code,
            tuple(sorted(a.get_json())),
            a.get_json()["expires_in"],
            len(a.get_json()["auth_req_id"]),
        )
        for a in answers
    }

    assert len(shapes) == 1
    assert {error(portal.poll_ciba(a.get_json()["auth_req_id"])) for a in answers} == {
        "authorization_pending"
    }
    assert len(phone.requests()) == 1


# --- ping --------------------------------------------------------------------------------------------------


class Listener:
    """A client's notification endpoint on loopback."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.status = 204
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((self.headers["Authorization"], json.loads(body)))
                self.send_response(listener.status)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/ciba"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.stop()


def ping_portal(stage: ProviderStage, listener: Listener) -> Portal:
    return stage.portal(
        "portail-ping",
        grant_types=[CIBA],
        redirect_uris=[],
        ciba_delivery="ping",
        ciba_notification_endpoint=listener.url,
    )


def test_fapi_ciba_id1_ping_tells_the_client_once_answered(
    stage: ProviderStage, phone: SigninPhone, listener: Listener
) -> None:
    """Nothing before the answer; then the request's name under the client's token; then tokens by polling."""
    portal, pings = ping_portal(stage, listener), stage.services.signin_approval.pings
    auth_req_id = portal.ask_ciba(client_notification_token=NOTIFICATION_TOKEN).get_json()["auth_req_id"]
    assert pings.deliver(stage.clock()) == 0

    phone.approve(phone.requests()[0], "42")

    assert pings.deliver(stage.clock()) == 1
    assert listener.heard == [(f"Bearer {NOTIFICATION_TOKEN}", {"auth_req_id": auth_req_id})]
    assert pings.deliver(stage.clock.advance(60)) == 0
    assert portal.poll_ciba(auth_req_id).status_code == 200


def test_fapi_ciba_id1_ping_notification_endpoint_that_fails_is_told_again(
    stage: ProviderStage, phone: SigninPhone, listener: Listener
) -> None:
    """A 500 is no answer: again two seconds later, four after that, until it is heard."""
    portal, pings = ping_portal(stage, listener), stage.services.signin_approval.pings
    portal.ask_ciba(client_notification_token=NOTIFICATION_TOKEN)
    phone.refuse(phone.requests()[0])
    listener.status = 500

    assert pings.deliver(stage.clock()) == 0
    assert pings.deliver(stage.clock()) == 0
    listener.status = 204
    assert pings.deliver(stage.clock.advance(2)) == 1

    assert len(listener.heard) == 2


def test_ping_mode_needs_a_notification_token(stage: ProviderStage, listener: Listener) -> None:
    """Without it the client could not tell our ping from anybody's."""
    answer = ping_portal(stage, listener).ask_ciba()

    assert error(answer) == "invalid_request"
