"""Attack: send the door of enrolment what it does not expect; look for a 500, a trace, a row left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from apcv_backend.tables import ceremonies, devices
from tests.simulators.enrolment_stage import ANGE, EnrolmentStage

SOMEWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def stage(database_url: str) -> Iterator[EnrolmentStage]:
    opened = EnrolmentStage(database_url)
    yield opened
    opened.close()


def nothing_was_kept(stage: EnrolmentStage) -> bool:
    """No ceremony and no phone; the person is known by a pseudonym since a code was opened for them."""
    with stage.database.read() as connection:
        tables = (ceremonies, devices)
        return not any(
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        )


def good_body(stage: EnrolmentStage) -> dict[str, Any]:
    code = stage.open_code(ANGE)
    return {
        "card": "apcv",
        "proof": {"method": "activation_code", "reference": code.reference, "secret": code.secrets[0]},
        "device_name": "Téléphone",
        "app_key": stage.phone().key.jwk,
    }


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        (b"", "application/json", 422, "request_invalid"),
        (b"{", "application/json", 400, "bad_json"),
        (b"[]", "application/json", 422, "request_invalid"),
        (b"null", "application/json", 422, "request_invalid"),
        (b'"text"', "application/json", 422, "request_invalid"),
        (b'{"card":"apcv","card":"ecps"}', "application/json", 400, "bad_json"),
        (b'{"card":NaN}', "application/json", 400, "bad_json"),
        (b'{"card":"\\ud800"}', "application/json", 400, "bad_json"),
        ('{"card":"é"}'.encode("utf-16"), "application/json", 400, "bad_json"),
        (b'{"card":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "application/json", 400, "bad_json"),
        (b'{"card":' + b"9" * 5_000 + b"}", "application/json", 400, "bad_json"),
        (b'{"card":"apcv"}', "text/plain", 415, "unsupported_media_type"),
        (b"card=apcv", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    ],
)
def test_a_body_that_is_no_strict_json_object_is_refused(
    stage: EnrolmentStage, raw: bytes, content_type: str, status: int, code: str
) -> None:
    """Nothing, half of something, two answers to one question, another alphabet, a depth without end."""
    told = stage.client.post("/v1/enrolments", data=raw, content_type=content_type)

    assert (told.status_code, told.get_json()["code"]) == (status, code)
    assert told.content_type == "application/problem+json"
    assert nothing_was_kept(stage)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("card",), "vitale"),
        (("card",), ["apcv"]),
        (("card",), None),
        (("proof",), []),
        (("proof", "method"), "carrier_pigeon"),
        (("proof", "secret"), 123456),
        (("proof", "secret"), "A" * 65),
        (("proof", "secret"), None),
        (("proof", "secrets"), ["A", "B"]),
        (("proof", "extra"), 1),
        (("device_name",), ""),
        (("device_name",), "a" * 61),
        (("device_name",), "deux\nlignes"),
        (("device_name",), "\x01"),
        (("device_name",), {"fr": "Téléphone"}),
        (("app_key", "kty"), "RSA"),
        (("app_key", "d"), "AAAA"),
        (("app_key", "x"), "A" * 43),
        (("app_key", "x"), "=" * 43),
        (("app_key", "use"), "enc"),
        (("app_key", "key_ops"), ["sign"]),
        (("unknown",), "member"),
    ],
)
def test_a_member_that_is_wrong_is_refused_before_the_code_is_judged(
    stage: EnrolmentStage, path: tuple[str, ...], value: object
) -> None:
    """Wrong types, sizes, words and unknown members are 422, name the field, and cost the code no error."""
    body = good_body(stage)
    node = body
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = value

    told = stage.client.post("/v1/enrolments", json=body)

    assert told.status_code == 422, told.get_json()
    assert told.get_json()["code"] in {"request_invalid", "invalid_value", "app_key_refused"}
    assert nothing_was_kept(stage)


@pytest.mark.parametrize("credential", [{}, {"id": 1}, {"response": "text"}, {"id": "A", "rawId": "A"}])
def test_a_key_that_is_none_is_refused_and_the_ceremony_is_over(
    stage: EnrolmentStage, credential: dict[str, object]
) -> None:
    """An answer that is no RegistrationResponseJSON is refused by WebAuthn's own words, once."""
    phone = stage.phone()
    begun = phone.begin(stage.open_code(ANGE)).get_json()

    told = phone.finish(begun, credential)
    again = phone.finish(begun, phone.creation(begun))

    assert told.status_code == 403
    assert told.get_json()["code"].startswith(("ceremony_", "credential_"))
    assert again.get_json()["code"] == "ceremony_gone"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/enrolments/not-a-ceremony", 404),
        ("POST", "/v1/enrolments/%00", 404),
        ("GET", "/v1/enrolments", 405),
        ("PUT", "/v1/devices", 405),
        ("DELETE", "/v1/devices/..%2f..%2fetc", 404),
        ("GET", "/v1/devices", 401),
        ("GET", "/v1/notices?DPoP=x", 401),
        ("DELETE", f"/v1/devices/{SOMEWHERE}", 401),
    ],
)
def test_an_address_that_is_none_is_a_problem_document(
    stage: EnrolmentStage, method: str, path: str, status: int
) -> None:
    """Unknown addresses, methods that are not offered, requests nobody signed."""
    told = stage.client.open(path, method=method)

    assert told.status_code == status
    assert json.loads(told.get_data())["status"] == status
    assert told.content_type == "application/problem+json"


def test_too_many_requests_of_one_address_wait(stage: EnrolmentStage) -> None:
    """Loss reports are few in a life: the thirty-first of a minute is asked to wait, and told how long."""
    slip = {"reference": "ZZZZ-ZZZZ", "loss_code": "0" * 16}

    told = [stage.client.post("/v1/loss-reports", json=slip) for _ in range(31)]

    assert [one.status_code for one in told] == [403] * 30 + [429]
    assert told[-1].headers["Retry-After"] == "60"
