"""The whole door under generated and hand-made nonsense: always a documented answer, never our own fault.

The generator reads the document the service serves, and makes requests of every operation, right ones and
wrong ones. What it does not think of (bytes that are no JSON, headers that are no headers, paths that climb)
is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from apcv_backend.tables import metadata
from mobile_mock.app_key import AppKey
from tests.simulators.clock import SteerableClock

EXAMPLES = 12
CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PROBLEM = "application/problem+json"
NOBODY = "00000000-0000-4000-8000-000000000000"
BODIES = (
    ("POST", "/v1/enrolments"),
    ("POST", f"/v1/enrolments/{NOBODY}"),
    ("PATCH", f"/v1/devices/{NOBODY}"),
    ("POST", "/v1/loss-reports"),
    ("POST", "/v1/credential"),
)
VERBS = {"get", "post", "put", "patch", "delete"}
KEY = {"Idempotency-Key": "a-key-of-the-right-length"}


@schemathesis.serializer("application/x-ndjson")
def as_lines(_ctx: Any, value: Any) -> bytes:
    """A file of questions is text, one JSON value a line; what the generator gives is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_answers_as_documented(app: Flask, services: Services, mode: GenerationMode) -> None:
    """Whatever is sent, right or wrong: no 5xx, a documented status, type and shape; and nobody enters."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    asked, must = [], set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if mode is GenerationMode.POSITIVE or takes_json(operation):
            must.add(operation.label)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)

        with suppress(Unsatisfiable):  # nothing can be wrong in a request that carries nothing, or any text
            ask()
            asked.append(operation.label)
    assert must <= set(asked)
    assert rows_in(services, "subjects", "devices", "issuances", "ceremonies") == 0


def takes_json(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    """Whether its body is JSON, of which a wrong one can always be made."""
    return any(body.media_type == "application/json" for body in operation.body)


def rows_in(services: Services, *tables: str) -> int:
    """How many rows there are in all of these tables."""
    with services.database.read() as connection:
        return sum(len(connection.execute(metadata.tables[name].select()).all()) for name in tables)


def test_a_method_an_address_does_not_take_is_told_which_it_takes(app: Flask, client: FlaskClient) -> None:
    """405 with `Allow`, for every documented path and every verb it has not; invented verbs too."""
    document = client.get("/openapi.json").get_json()
    for path, item in document["paths"].items():
        named = path.replace("{list_id}", "1").replace("{reference}", "REFERENCE")
        address = re.sub(r"\{\w+\}", NOBODY, named)
        own = {verb.upper() for verb in item if verb in VERBS}
        taken = verbs_of(address, document["paths"])
        for verb in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - taken:
            answer = client.open(address, method=verb)

            assert answer.status_code == 405, (verb, address)
            assert own <= set(answer.headers["Allow"].split(", ")), (verb, address)
            assert answer.get_json()["code"] == "method_not_allowed"


def verbs_of(address: str, paths: dict[str, dict[str, Any]]) -> set[str]:
    """The verbs of every documented path that this address is one of: `files` may be a name too."""
    return {
        verb.upper()
        for path, item in paths.items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), address)
        for verb in item
        if verb in VERBS
    }


# --- bodies no generator writes


_NO_REQUESTS: tuple[tuple[bytes, int | None, str | None], ...] = (
    (b"\xff\xfe{\x00}\x00", 400, "bad_json"),
    (b'{"card":"\xe9"}', 400, "bad_json"),
    (b"\xef\xbb\xbf{}", 400, "bad_json"),
    (b'{"card":"apcv","card":"ecps"}', 400, "bad_json"),
    (b'{"proof":{"secret":"A","secret":"B"}}', 400, "bad_json"),
    (b'{"nonce":"\\ud800"}', 400, "bad_json"),
    (b'{"nonce":NaN}', 400, "bad_json"),
    (b'{"nonce":1e999}', 400, "bad_json"),
    (b'{"nonce":' + b"9" * 5_000 + b"}", 400, "bad_json"),
    (b"[" * 30_000, 400, "bad_json"),
    (b'{"a":' * 60 + b"[[[[[[[[[[" + b"1" + b"]" * 10 + b"}" * 60, 400, "bad_json"),
    (b'{"a":' * 9_000, 400, "bad_json"),
    (b'{"a":1} {"b":2}', 400, "bad_json"),
    (b"\x00", 400, "bad_json"),
    (b"null", None, None),
    (b'"apcv"', None, None),
    (b"[]", None, None),
    (b'{"\\u0000":"\\u0000"}', None, None),
    (b'{"__proto__":{},"constructor":1,"self":1}', None, None),
    (b'{"x":"' + b"a" * 70_000 + b'"}', 413, "too_large"),
)


@pytest.mark.parametrize(("method", "address"), BODIES)
def test_bytes_that_are_no_request_are_named(
    client: FlaskClient, services: Services, method: str, address: str
) -> None:
    """Every door that takes a body refuses these with a problem document, and writes nothing."""
    for body, status, code in _NO_REQUESTS:
        answer = client.open(address, method=method, data=body, content_type="application/json", headers=KEY)

        is_refusal(answer)
        if status is not None:
            assert (answer.status_code, answer.get_json()["code"]) == (status, code), body[:40]
    assert rows_in(services, *metadata.tables) == 0


_NOT_JSON = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "",
    "é",
    "a/b;\x01",
)


def test_a_body_that_does_not_say_it_is_json_is_not_read(client: FlaskClient) -> None:
    """A form a browser could be made to send is refused before it is looked at."""
    for (method, address), said in product(BODIES, _NOT_JSON):
        answer = client.open(address, method=method, data=b'{"card":"apcv"}', content_type=said, headers=KEY)

        assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type"), address


def test_a_member_nobody_knows_is_refused_and_its_name_is_not_repeated(client: FlaskClient) -> None:
    """A misspelt member is not silently nothing; what the sender wrote does not come back."""
    for method, address in BODIES:
        answer = client.open(address, method=method, json={"158032A99904296": 1, "<script>": 2}, headers=KEY)

        is_refusal(answer)
        assert b"158032" not in answer.get_data()
        assert b"script" not in answer.get_data()


# --- headers no generator writes

_HOSTILE_HEADERS = (
    "a\tb",
    "é" * 40,
    "\x7f" * 20,
    "a" * 60_000,
    "eyJ0eXAiOiJkcG9wK2p3dCJ9..",
    "....",
    "a=.b=.c=",
    "*/*;q=1e400,fr;q=NaN,en;q=-1," + "x-" * 500,
    "../../etc/passwd",
    "${jndi:ldap://x}",
)


@pytest.mark.parametrize("name", ["DPoP", "Idempotency-Key", "Accept-Language", "Accept", "X-Forwarded-For"])
def test_a_hostile_header_is_an_ordinary_refusal(client: FlaskClient, name: str) -> None:
    """Whatever stands in a header, the answer is a refusal in French or English, and repeats none of it."""
    for (method, address), value in product((*BODIES, ("GET", "/v1/devices")), _HOSTILE_HEADERS):
        answer = client.open(
            address, method=method, json={} if method != "GET" else None, headers={**KEY, name: value}
        )

        is_refusal(answer)
        assert value.encode() not in answer.get_data()
        assert answer.headers["Content-Language"] in {"fr", "en"}


def test_a_host_of_the_senders_choice_changes_nothing(client: FlaskClient) -> None:
    """Addresses come from the settings: a Host is refused or ignored, and never stands in an answer."""
    for host in ["evil.example", "a b", "[::1", "localhost:99999", "é", "a" * 300, ""]:
        answer = client.get("/v1/issuer", headers={"Host": host})

        assert answer.status_code in {200, 400}
        assert b"evil" not in answer.get_data()


@pytest.mark.parametrize("name", ["DPoP", "Idempotency-Key", "Accept-Language"])
def test_a_line_break_in_a_header_makes_no_second_header(app: Flask, name: str) -> None:
    """Were a server in front to pass CR LF on, the answer would carry no header of the sender's."""
    environ = {f"HTTP_{name.upper().replace('-', '_')}": "fr\r\nSet-Cookie: stolen=1\r\n\r\n<html>"}

    answer = app.test_client().post("/v1/credential", json={}, environ_overrides=environ)

    is_refusal(answer)
    assert "Set-Cookie" not in answer.headers
    assert b"stolen" not in answer.get_data()


def test_a_nonce_of_any_letters_is_refused_for_itself(
    client: FlaskClient, clock: SteerableClock, services: Services
) -> None:
    """A genuine proof for another nonce, and a nonce with accents: compared, and refused, without a fault."""
    proof = AppKey.make(services.random).proof(
        "POST", services.config.public_url + "/v1/credential", clock(), random=services.random, nonce="abcd"
    )

    for nonce in ("é", "𝄞", "a b", "A" * 5_000, "=", "\u202e"):
        answer = client.post(
            "/v1/credential",
            json={"credential_configuration_id": "apcv", "nonce": nonce},
            headers={**KEY, "DPoP": proof},
        )

        assert (answer.status_code, answer.get_json()["why"]) == (401, "nonce")


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(max_size=90), st.text(max_size=90), st.text(max_size=90))
def test_words_of_any_letters_are_refused_without_a_fault(
    client: FlaskClient, first: str, second: str, third: str
) -> None:
    """Every text a person or a program can type where a code, a nonce or an identifier goes."""
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/v1/loss-reports", {"reference": first, "loss_code": second}),
        ("/v1/credential", {"credential_configuration_id": "ecps", "nonce": first, "exercice": second}),
        (
            "/v1/credential",
            {
                "credential_configuration_id": "apcv",
                "nonce": first,
                "proofs": {
                    "webauthn": [{"id": second, "rawId": second, "type": third, "response": {third: first}}]
                },
            },
        ),
        (
            "/v1/enrolments",
            {
                "card": "apcv",
                "proof": {"method": "activation_code", "reference": first, "secret": second},
                "device_name": third,
                "app_key": {"kty": "EC", "crv": "P-256", "x": first, "y": second},
            },
        ),
    ]
    for address, body in bodies:
        try:
            answer = client.post(address, json=body, headers=KEY)
        except UnicodeEncodeError:  # a lone surrogate no client can send
            continue

        is_refusal(answer, but=(429,))


# --- paths that climb


_CLIMBING = (
    "../../../etc/passwd",
    "..%2f..%2f..%2fetc/passwd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%5c..%5cboot.ini",
    "metadata/../../town-hall.db",
    "metadata/..%2f..%2ftown-hall.db",
    "metadata/timestamp.json/../../../town-hall.db",
    "metadata/1.root.json%00.json",
    "metadata/timestamp.json%0a",
    "metadata/%F0%9F%92%A3.json",
    "metadata/" + "9" * 4_000 + ".root.json",
    "metadata/.lock",
    "metadata/.timestamp.json.new",
    "targets/" + "a" * 64 + "..",
    "targets/" + "a" * 64 + ".a/../../../x",
    ".",
    "metadata/",
    "metadata",
)


def test_a_path_that_climbs_out_of_the_publication_finds_nothing(
    client: FlaskClient, services: Services
) -> None:
    """Only the publication's own names are served; everything else does not exist."""
    services.publication.publish(services.clock())
    with client.get("/publication/metadata/timestamp.json") as genuine:
        assert genuine.status_code == 200

    for path in _CLIMBING:
        answer = client.get(f"/publication/{path}")

        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found"), path


def is_refusal(answer: TestResponse, but: tuple[int, ...] = ()) -> None:
    """A problem document with a 4xx status."""
    told = answer.get_json()
    assert 400 <= answer.status_code < 500, (answer.status_code, told)
    assert answer.content_type == PROBLEM
    assert told["status"] == answer.status_code
    assert told["code"] not in {"http_error", "internal_error"}, told
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert but == () or answer.status_code not in but or told["code"] == "rate_limited"
