"""Every door with every key: what a route declares (`x-called-by`) is who gets in, and nobody else does.

The walk goes through the application's own map, so that a route added tomorrow is tried tomorrow; one that
declares nothing fails. Bodies are made from the route's own schema: a door that answered 422 before it asked
who is there would hide whether it asks at all.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.ephemeral import MemoryEphemeral
from apcv_backend.staff_callers import StaffRole
from cartes.cards import CardKind
from mobile_mock.app_key import AppKey
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS
from tests.simulators.callers import KnownCallers
from tests.simulators.staff_stage import StaffStage

ANGE = PersonKey(CardKind.APCV, "158032A99904296")
PAOLI = PersonKey(CardKind.ECPS, "899700900154")

# Pages and files: they stand outside the OpenAPI document, hold nothing of anybody, or are bound to the
# browser that began a sign-in by a secret of its own (`tests` of the sign-in pages). A new one is named here.
OPEN_PAGES = {
    "api-docs.openapi_json",
    "docs.front_door",
    "docs.page",
    "docs.static",
    "health.alive",
    "health.ready",
    "phone_app.page",
    "publication.publication_file",
    "signin_pages.approval",
    "signin_pages.cancel",
    "signin_pages.choose",
    "signin_pages.come_back",
    "signin_pages.events",
    "signin_pages.finish",
    "signin_pages.here",
    "signin_pages.options",
    "signin_pages.scanned_with_a_camera",
    "signin_pages.state",
    "signin_pages.waiting",
    "static",
    "verifier_page.page",
}

# OAuth endpoints read their own credentials (client authentication, access tokens) and answer in OAuth's
# words (RFC 6749 5.2, RFC 6750 3.1): strangers are refused here, the right keys are tried by their own tests.
OAUTH = "/protocol/openid-connect/"
# A card is asked with a proof over its own nonce and request: the issuance tests try the right one.
OWN_PROOF = {("POST", "/v1/credential")}

REFUSED = {401, 403}
NOT_LET_IN = {"caller_refused", "caller_not_allowed", "dpop_refused", "device_unknown"}


@dataclass(frozen=True)
class Door:
    """One method of one route: where it is, who it says may call, and a body it would read."""

    method: str
    path: str
    kinds: frozenset[CallerKind]
    scope: str
    body: Any

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def _sample(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """A value the schema accepts: its example, a word of its list, or the smallest of its kind."""
    if "$ref" in schema:
        return _sample(spec, spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if "example" in schema:
        return schema["example"]
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        needed = schema.get("required", ())
        return {name: SAMPLES.get(name) or _sample(spec, schema["properties"][name]) for name in needed}
    if kind == "array":
        return [_sample(spec, schema["items"])] * schema.get("minItems", 1)
    if kind == "boolean":
        return False
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    formats = {"uuid": str(uuid.UUID(int=7)), "date": "2026-11-21", "date-time": "2026-11-21T10:00:00+00:00"}
    return formats.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))


# Members whose shape is a pattern, which no sample can be read from.
SAMPLES: Mapping[str, str] = {"code": "A" * 22, "digits": "42"}

# Bodies whose members depend on one another, which a schema alone does not say.
BODIES: Mapping[str, Any] = {
    "POST /v1/consents": {"target": "purpose", "number": "centre_15", "decision": "blocked"},
    "POST /v1/rights/queries": {
        "ground": "presence",
        "purpose": "care",
        "care_date": "2026-11-21",
        "presence_token": "x",
    },
    "POST /v1/staff/proposals": {"kind": "new_key", "member_id": str(uuid.UUID(int=7))},
    "POST /v1/desk/delegations": {
        "beneficiary": ANGE.text,
        "delegate": "204023599921039",
        "type": "tiers_ponctuel",
        "proof": "mandat",
    },
    "POST /v1/desk/codes": {"card": "apcv", "person": ANGE.text},
    "POST /v1/desk/phones": {"card": "apcv", "person": ANGE.text},
    "POST /v1/desk/lost-phones": {"card": "apcv", "person": ANGE.text, "reference": "7K3M9QRT"},
    "POST /v1/desk/delegations/search": {"person": ANGE.text},
    "POST /v1/withheld-documents": {"patient": ANGE.text, "document": "d"},
    "POST /v1/access-decisions": {"patient": ANGE.text, "purpose": "normal", "care_team": True},
}


def _body(spec: Mapping[str, Any], name: str, operation: Mapping[str, Any]) -> Any:
    if name in BODIES:
        return BODIES[name]
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if media is None else _sample(spec, media["schema"])


def _doors(app: Flask) -> tuple[list[Door], list[str]]:
    """Every documented door, and the routes that declare nothing."""
    spec = app.test_client().get("/openapi.json").get_json()
    told = {
        (re.sub(r"\{\w+\}", "{}", path), method.upper()): operation
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    }
    doors, silent = [], []
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            operation = told.get((re.sub(r"<[^>]+>", "{}", rule.rule), method))
            if operation is None and rule.endpoint in OPEN_PAGES:
                continue
            if operation is None or not operation.get("x-called-by"):
                silent.append(f"{method} {rule.rule} ({rule.endpoint})")
                continue
            kinds = frozenset(CallerKind(word) for word in operation["x-called-by"])
            body = _body(spec, f"{method} {rule.rule}", operation)
            doors.append(Door(method, rule.rule, kinds, operation.get("x-scope", ""), body))
    return doors, silent


def _address(path: str) -> str:
    """The path with something of the right shape where a name goes."""
    samples = {"uuid": str(uuid.UUID(int=9)), "int": "1"}
    return re.sub(
        r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>",
        lambda name: samples.get(name[1] or "string", "abcdefgh12345678"),
        path,
    )


@pytest.fixture
def keys(services: Services) -> KnownCallers:
    """Tokens of the three kinds that sign in elsewhere, with every scope a door asks for."""
    scopes = frozenset({"rights", "contracts", "record", "openid"})
    one = Caller(CallerKind.CLIENT, client_id="c", organisation="99999001", scopes=scopes)
    return KnownCallers(
        {
            "client": one,
            "professional": replace(
                one, kind=CallerKind.PROFESSIONAL, subject_id="s1", person=PAOLI, structure="999001506"
            ),
            "patient": replace(one, kind=CallerKind.PATIENT, subject_id="s2", person=ANGE),
            "portal's": replace(
                one,
                kind=CallerKind.PROFESSIONAL,
                subject_id="s1",
                person=PAOLI,
                structure="999001506",
                scopes=frozenset({"openid", "scope_all"}),
            ),
            "patient portal's": replace(
                one,
                kind=CallerKind.PATIENT,
                subject_id="s2",
                person=ANGE,
                scopes=frozenset({"openid", "ins"}),
            ),
        }
    )


@pytest.fixture
def town_hall(services: Services, keys: KnownCallers) -> Flask:
    # Counters of its own: the limits of one walk are not the next one's.
    return create_app(replace(services, callers=keys, ephemeral=MemoryEphemeral()))


class PhoneKey:
    """An enrolled phone: a fresh proof by its app key for each request."""

    def __init__(self, services: Services, client: FlaskClient, attestation_dir: Path) -> None:
        self._services = services
        self._key = AppKey.make(secrets.token_bytes)
        ca = AttestationCa.load(attestation_dir, secrets.token_bytes)
        opened = services.enrolment.codes.open(ANGE, services.clock())
        body = {
            "card": "apcv",
            "proof": {
                "method": "activation_code",
                "reference": opened.reference,
                "secret": opened.secrets[0],
            },
            "device_name": "Essai",
            "app_key": self._key.jwk,
        }
        begun = client.post("/v1/enrolments", json=body).get_json()
        page = Client(ClientShape.CHROMIUM, "https://apcv.localhost")
        made = Authenticator(MODELS["android"], secrets.token_bytes, ca=ca).create(begun["public_key"], page)
        path = f"/v1/enrolments/{begun['ceremony_id']}"
        proof = self.proof("POST", path, nonce=begun["public_key"]["challenge"])
        answer = client.post(path, json={"credential": made}, headers={"DPoP": proof})
        assert answer.status_code == 201, answer.get_json()

    def proof(self, method: str, path: str, nonce: str | None = None) -> str:
        url = self._services.config.public_url + path
        return self._key.proof(method, url, self._services.clock(), random=secrets.token_bytes, nonce=nonce)


def _knock(client: FlaskClient, door: Door, headers: Mapping[str, str]) -> TestResponse:
    return client.open(_address(door.path), method=door.method, json=door.body, headers=dict(headers))


def _let_in(answer: TestResponse) -> bool:
    """Whether the door answered beyond "who are you": with 403, by a code of its own business."""
    told = answer.get_json(silent=True)
    code = told.get("code", "") if isinstance(told, dict) else ""
    return answer.status_code != 401 and code not in NOT_LET_IN


def _strangers() -> Mapping[str, tuple[CallerKind | None, Mapping[str, str]]]:
    """Every key but a phone's and staff's: the kind it proves, and what it shows."""
    signed_in = (CallerKind.CLIENT, CallerKind.PROFESSIONAL, CallerKind.PATIENT)
    return {
        "nothing": (None, {}),
        "garbage": (None, {"Authorization": "DPoP garbage", "DPoP": "a.b.c"}),
        "basic": (None, {"Authorization": "Basic YTpi"}),
        "cookie": (None, {"Cookie": "__Host-staff=garbage", "X-Staff-Csrf": "x"}),
        **{kind.value: (kind, {"Authorization": f"DPoP {kind.value}"}) for kind in signed_in},
    }


def _wrong(door: Door, who: str, kind: CallerKind | None, answer: TestResponse) -> str | None:
    """What is wrong with an answer, in a line; None when nothing is."""
    seen = f"{door.name} to {who}: {answer.status_code} {answer.get_data()[:120]!r}"
    if answer.status_code >= 500:
        return seen
    if CallerKind.ANYONE in door.kinds:
        return None
    if door.path.startswith(OAUTH) or (door.method, door.path) in OWN_PROOF:
        return None if 400 <= answer.status_code < 500 else seen
    if kind in door.kinds:
        return None if _let_in(answer) else seen
    return None if answer.status_code in REFUSED and not _let_in(answer) else seen


def test_every_route_declares_who_may_call_it(town_hall: Flask) -> None:
    """A door without a declaration is a door nobody thought about."""
    doors, silent = _doors(town_hall)

    assert silent == []
    assert len(doors) > 50


def test_only_the_declared_keys_open_a_door(town_hall: Flask) -> None:
    """No key, garbage, a machine, a professional, a patient: each at every door."""
    doors, _ = _doors(town_hall)

    wrong = [
        told
        for who, (kind, headers) in _strangers().items()
        for door in doors
        if (told := _wrong(door, who, kind, _knock(town_hall.test_client(), door, headers)))
    ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("token", ["portal's", "patient portal's"])
def test_a_token_given_to_a_portal_opens_nothing_but_who_signed_in(town_hall: Flask, token: str) -> None:
    """Where somebody signs in, the site gets a token: it asks no rights, changes no consent in their name."""
    doors = [
        door
        for door in _doors(town_hall)[0]
        if CallerKind.ANYONE not in door.kinds and not door.path.startswith(OAUTH)
    ]

    let_in = [
        door.name
        for door in doors
        if _let_in(_knock(town_hall.test_client(), door, {"Authorization": f"DPoP {token}"}))
        and (door.method, door.path) not in OWN_PROOF
    ]

    assert let_in == []


def test_a_phone_opens_the_doors_of_phones_alone(
    town_hall: Flask, services: Services, attestation_dir: Path
) -> None:
    """An enrolled phone, with a fresh proof for each door."""
    phone = PhoneKey(services, town_hall.test_client(), attestation_dir)
    doors, _ = _doors(town_hall)
    wrong = []

    for door in doors:
        proof = phone.proof(door.method, _address(door.path))
        answer = _knock(town_hall.test_client(), door, {"DPoP": proof})
        told = _wrong(door, "phone", CallerKind.PHONE, answer)
        wrong += [told] if told else []

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", list(StaffRole))
def test_a_colleague_opens_the_doors_of_their_role_alone(
    town_hall: Flask, services: Services, attestation_dir: Path, role: StaffRole
) -> None:
    """A live session of staff opens no door of patients, machines or professionals, nor of another role."""
    stage = StaffStage(services, town_hall, attestation_dir)
    colleague = stage.administrators()[0] if role is StaffRole.ADMINISTRATOR else stage.colleague(role.value)
    doors, _ = _doors(town_hall)
    wrong = []

    for door in doors:
        answer = _knock(colleague.client, door, {"X-Staff-Csrf": colleague.csrf})
        other_role = door.scope.startswith("role:") and door.scope != f"role:{role.value}"
        told = _wrong(door, role.value, None if other_role else CallerKind.STAFF, answer)
        wrong += [told] if told else []
        if door.name == "DELETE /v1/staff/session":
            colleague.sign_in()

    assert not wrong, "\n".join(wrong)
