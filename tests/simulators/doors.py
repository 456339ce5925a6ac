"""The doors of the application, read from its own map, and what an answer to a knock says.

    doors, silent = doors_of(app)
    told = wrong_in(door, "nobody", None, knock(client, door, {}))

A route added tomorrow is in the list tomorrow; one that declares nothing is in `silent`. Bodies are made from
the route's own schema: a door that answered 422 before it asked who is there would hide whether it asks.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apcv_backend.callers import CallerKind

ANGE = "158032A99904296"

# Pages and files: they stand outside the OpenAPI document, hold nothing of anybody, or are bound to the
# browser that began a sign-in by a secret of its own (`tests/unit/test_signin_pages.py`). A new one is named
# here.
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
        "beneficiary": ANGE,
        "delegate": "204023599921039",
        "type": "tiers_ponctuel",
        "proof": "mandat",
    },
    "POST /v1/desk/codes": {"card": "apcv", "person": ANGE},
    "POST /v1/desk/phones": {"card": "apcv", "person": ANGE},
    "POST /v1/desk/lost-phones": {"card": "apcv", "person": ANGE, "reference": "7K3M9QRT"},
    "POST /v1/desk/delegations/search": {"person": ANGE},
    "POST /v1/withheld-documents": {"patient": ANGE, "document": "d"},
    "POST /v1/access-decisions": {"patient": ANGE, "purpose": "normal", "care_team": True},
}


def _body(spec: Mapping[str, Any], name: str, operation: Mapping[str, Any]) -> Any:
    if name in BODIES:
        return BODIES[name]
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if media is None else _sample(spec, media["schema"])


def doors_of(app: Flask) -> tuple[list[Door], list[str]]:
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


def address_of(path: str) -> str:
    """The path with something of the right shape where a name goes."""
    samples = {"uuid": str(uuid.UUID(int=9)), "int": "1"}
    return re.sub(
        r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>",
        lambda name: samples.get(name[1] or "string", "abcdefgh12345678"),
        path,
    )


def knock(client: FlaskClient, door: Door, headers: Mapping[str, str]) -> TestResponse:
    return client.open(address_of(door.path), method=door.method, json=door.body, headers=dict(headers))


def let_in(answer: TestResponse) -> bool:
    """Whether the door answered beyond "who are you": with 403, by a code of its own business."""
    told = answer.get_json(silent=True)
    code = told.get("code", "") if isinstance(told, dict) else ""
    return answer.status_code != 401 and code not in NOT_LET_IN


def wrong_in(door: Door, who: str, kind: CallerKind | None, answer: TestResponse) -> str | None:
    """What is wrong with an answer, in a line; None when nothing is."""
    seen = f"{door.name} to {who}: {answer.status_code} {answer.get_data()[:120]!r}"
    if answer.status_code >= 500:
        return seen
    if CallerKind.ANYONE in door.kinds:
        return None
    if door.path.startswith(OAUTH) or (door.method, door.path) in OWN_PROOF:
        return None if 400 <= answer.status_code < 500 else seen
    if kind in door.kinds:
        return None if let_in(answer) else seen
    return None if answer.status_code in REFUSED and not let_in(answer) else seen
