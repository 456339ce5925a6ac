"""Attack: write a NUL where PostgreSQL keeps none, or a moment where the calendar ends: an answer 500.

An error of the driver is that, a line in the operators' log and a transaction thrown away, for the price of
one request without credentials. None of it reaches a room.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.no_control_characters import check_no_nul
from cartes.errors import BadJson
from tests.simulators.callers import KnownCallers
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, LAURE, CardPhone, open_stage

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def client(services: Services) -> FlaskClient:
    """The doors as the network sees them: an error of ours is an answer, not an exception."""
    app = create_app(services)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client()


@pytest.fixture
def phone(services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path) -> CardPhone:
    return open_stage(services, client, clock, attestation_dir).enrolled(ANGE)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/signin/%00"),
        ("GET", "/signin/a%00b/state"),
        ("GET", "/signin/%00/finish"),
        ("POST", "/signin/%00/cancel"),
        ("GET", "/signin/%0d%0aSet-Cookie:x"),
        ("GET", "/v1/nowhere/%7f"),
    ],
)
def test_a_control_character_in_an_address_leads_nowhere(client: FlaskClient, method: str, path: str) -> None:
    """Before any cookie or register is looked at."""
    assert client.open(path, method=method).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/representations/%00"),
        ("GET", "/v1/signin-requests/%00"),
        ("POST", "/v1/signin-requests/%00/refusal"),
        ("POST", "/v1/signin-requests/%00/report"),
        ("DELETE", "/v1/sessions/%00"),
        ("POST", "/v1/journal/%00/incident"),
    ],
)
def test_nor_does_it_signed_by_a_live_phone(
    client: FlaskClient, phone: CardPhone, method: str, path: str
) -> None:
    """A proof over the address as it is read does not make it one of ours."""
    url = phone.stage.services.config.public_url + unquote(path)
    proof = phone.app_key.proof(method, url, phone.stage.clock(), random=secrets.token_bytes)

    assert client.open(path, method=method, headers={"DPoP": proof}).status_code == 404


@pytest.mark.parametrize("door", ["token", "token/introspect", "revoke", "par", "ext/ciba/auth"])
def test_a_client_named_with_a_nul_is_unknown(client: FlaskClient, door: str) -> None:
    """In an assertion nobody signed, and in Basic credentials."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    named = {"iss": "a\x00b", "sub": "a\x00b"}
    assertion = f"{part({'alg': 'ES256'})}.{part(named)}.AAAA"
    path = f"/protocol/openid-connect/{door}"
    basic = base64.b64encode(b"a%00b:secret").decode()
    grant = {"grant_type": "client_credentials"}

    asserted = client.post(
        path, data={**grant, "client_assertion_type": ASSERTION, "client_assertion": assertion}
    )
    claimed = client.post(path, data=grant, headers={"Authorization": f"Basic {basic}"})

    assert [(one.status_code, one.get_json()["error"]) for one in (asserted, claimed)] == [
        (401, "invalid_client")
    ] * 2


def test_a_nul_in_a_body_is_no_json_of_ours(client: FlaskClient) -> None:
    """In a value, deep down, and in a member's name."""
    for body in ({"device_name": "\x00"}, {"proof": [{"a": "b\x00"}]}, {"a\x00": 1}):
        answer = client.post("/v1/enrolments", json=body)
        assert (answer.status_code, answer.get_json().get("why")) == (400, "nul"), body

    with pytest.raises(BadJson):
        check_no_nul(["plain", {"a": ["\x00"]}])
    check_no_nul({"é": ["\t\n", 1, None, True]})


def test_a_nul_in_a_request_for_cards_is_no_json_of_ours(phone: CardPhone) -> None:
    """Proven and signed like any other, it would reach the table of representations."""
    answer = phone.fetch(**{"for": "a\x00b"})

    assert (answer.status_code, answer.get_json()["why"]) == (400, "nul")


@pytest.mark.parametrize("until", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_consent_ends_within_the_calendar(services: Services, until: str) -> None:
    """An instant that is in no year of ours once told in UTC."""
    given = frozenset({"record"})
    ange = Caller(CallerKind.PATIENT, client_id="mes", person=ANGE, scopes=given)
    app = create_app(replace(services, callers=KnownCallers({"ange": ange})))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    body = {"target": "professional", "number": LAURE.text, "decision": "granted", "until": until}

    answer = app.test_client().post("/v1/consents", json=body, headers={"Authorization": "DPoP ange"})

    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_value")
