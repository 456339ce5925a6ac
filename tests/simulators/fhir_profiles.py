"""An answer in FHIR under a magnifying glass: the published schema of R4, then the room's own profiles.

R4 says what FHIR is; a profile (`apcv_backend/rights/profiles/`) says what an answer about rights may hold
and that nothing else can stand in it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
from referencing import Registry, Resource

from tests.testdata import ROOT

_R4 = ROOT / "tests" / "vectors" / "fhir" / "r4-rights.schema.json"
_PROFILES = ROOT / "apcv_backend" / "rights" / "profiles"
_FILES = {
    "Coverage": "coverage.schema.json",
    "CoverageEligibilityResponse": "coverage-eligibility-response.schema.json",
}


def check_fhir(resource: dict[str, Any]) -> None:
    """Refuse a resource that R4 or its profile refuses, and each `Coverage` inside it.

    Raises:
        jsonschema.ValidationError: the first thing at fault.
    """
    check_r4(resource)
    check_profile(resource)
    for inside in resource.get("contained", ()):
        if inside["resourceType"] == "Coverage":
            check_r4(inside)
            check_profile(inside)


def check_r4(resource: dict[str, Any]) -> None:
    """The JSON schema HL7 publishes. Raises `jsonschema.ValidationError`."""
    _r4(resource["resourceType"]).validate(resource)


def check_profile(resource: dict[str, Any]) -> None:
    """The room's own schema. Raises `jsonschema.ValidationError`."""
    _profile(resource["resourceType"]).validate(resource)


@cache
def _r4(kind: str) -> Any:
    definitions = json.loads(_R4.read_text())["definitions"]
    return jsonschema.Draft6Validator({"$ref": f"#/definitions/{kind}", "definitions": definitions})


@cache
def _profile(kind: str) -> Any:
    schemas = {name: json.loads((_PROFILES / file).read_text()) for name, file in _FILES.items()}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()
    )
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schemas[kind], registry=registry, format_checker=checker)
