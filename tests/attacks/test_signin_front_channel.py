"""The authorization and log-out endpoints, with addresses, requests and browsers that lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import KARIM
from tests.simulators.portal import BASE, CALLBACK, ProviderStage, open_provider_stage

ADIEU = "https://portail.example/adieu"


@pytest.fixture
def stage(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, app, clock, attestation_dir)


@pytest.mark.parametrize(
    "address",
    [
        CALLBACK + "/",
        CALLBACK + "?x=1",
        CALLBACK + "#x",
        CALLBACK + ".evil.example",
        "https://portail.example@evil.example/retour",
        "https://PORTAIL.example/retour",
        "http://portail.example/retour",
        "https://evil.example/",
        "javascript:alert(1)",
        None,
    ],
)
def test_an_address_is_exact_or_nothing_is_sent(stage: ProviderStage, address: str | None) -> None:
    """A page for the person; nobody is redirected, whatever else is wrong."""
    portal = stage.portal()

    shown = portal.begin(redirect_uri=address, scope="not-even-registered")

    assert shown.status_code == 400
    assert "Location" not in shown.headers
    assert shown.content_type.startswith("text/html")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "scope_all"}, "invalid_scope"),
        ({"scope": "openid ins"}, "invalid_scope"),
        ({"acr_values": "eidas2"}, "unmet_authentication_requirements"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/request"}, "request_uri_not_supported"),
        ({"max_age": "-1"}, "invalid_request"),
    ],
)
def test_a_wrong_request_goes_back_with_its_word(
    stage: ProviderStage, changes: dict[str, str | None], error: str
) -> None:
    """To the proven address, with the state and our name (RFC 9207); no phone is asked."""
    portal = stage.portal()

    told = portal.landed(portal.begin(**changes))

    assert (told["error"], told["state"], told["iss"]) == (error, "etat-1", portal.issuer)
    assert told["error_description"].isascii()


def test_another_browser_cannot_finish(stage: ProviderStage) -> None:
    """Login CSRF: what was begun in one browser gives no code to another."""
    portal = stage.portal()
    attempt_id = portal.approve(portal.begin(), stage.phone())

    elsewhere = portal.finish(attempt_id, stage.app.test_client())

    assert elsewhere.status_code in {403, 404}
    assert "code" in portal.landed(portal.finish(attempt_id))


def test_a_sign_in_is_finished_once(stage: ProviderStage) -> None:
    """The second visit gets no second code."""
    portal = stage.portal()
    attempt_id = portal.approve(portal.begin(), stage.phone())
    portal.landed(portal.finish(attempt_id))

    assert portal.finish(attempt_id).status_code in {403, 404}


def test_a_pushed_request_opens_one_sign_in(stage: ProviderStage) -> None:
    """Once, for a minute, for the client that pushed it; a client may have to."""
    portal, other = stage.portal(par_required=True), stage.portal("autre-portail")
    pushed = portal.post("par", portal.asks())
    uri = pushed.get_json()["request_uri"]

    assert (pushed.status_code, pushed.get_json()["expires_in"]) == (201, 60)
    assert portal.begin().status_code == 400
    theirs = other.browser.get("/auth", query_string={"client_id": other.client_id, "request_uri": uri})
    assert theirs.status_code == 400
    query = {"client_id": portal.client_id, "request_uri": uri}
    assert portal.browser.get("/auth", query_string=query).status_code == 303
    assert portal.browser.get("/auth", query_string=query).status_code == 400


def test_a_repeated_parameter_is_refused(stage: ProviderStage) -> None:
    """Two readers must not believe two values."""
    portal = stage.portal()

    twice = portal.browser.get(f"/auth?client_id={portal.client_id}&client_id=x&redirect_uri={CALLBACK}")

    assert twice.status_code == 400


def test_a_professional_struck_off_before_the_token_gets_none(stage: ProviderStage) -> None:
    """Approved, then struck off: no tokens; and tokens already out are inactive at that instant."""
    portal, phone = stage.portal(), stage.phone()
    told = portal.tokens(phone)
    code = portal.code(phone)

    stage.strike_off(KARIM)

    refused = portal.exchange(code)
    assert refused.get_json()["error"] == "invalid_grant"
    assert "struck_off" in refused.get_json()["error_description"]
    assert not portal.is_active(told["access_token"])
    assert portal.refresh(told["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert portal.userinfo(told["access_token"]).status_code == 401


def test_a_log_out_goes_to_a_registered_address_alone(stage: ProviderStage) -> None:
    """No open redirect: the address is exact, and an ID token of ours says whose it is."""
    portal = stage.portal()
    told = portal.tokens(stage.phone())

    def logout(**args: str) -> TestResponse:
        return portal.browser.get(f"{BASE}/logout", query_string=args)

    hint = told["id_token"]
    for address in (ADIEU + "/", "https://evil.example/", ADIEU + "?next=https://evil.example"):
        refused = logout(id_token_hint=hint, post_logout_redirect_uri=address)
        assert refused.status_code == 400
    assert logout(post_logout_redirect_uri=ADIEU).status_code == 400
    assert logout(id_token_hint=hint[:-4] + "AAAA").status_code == 400
    assert portal.is_active(told["access_token"])

    gone = logout(id_token_hint=hint, post_logout_redirect_uri=ADIEU, state="s1")

    assert gone.status_code == 303
    assert gone.location == ADIEU + "?state=s1"
    assert not portal.is_active(told["access_token"])
