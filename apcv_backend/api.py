"""The documented surface: flask-smorest with OpenAPI 3.1, and the three corrections it needs.

* errors are ours (`problems.py`), so that a 405 keeps its `Allow` header;
* an exclusive bound is written `exclusiveMinimum` / `exclusiveMaximum`, as OpenAPI 3.1 says;
* a constant field is written `const`.
"""

from __future__ import annotations

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask_smorest import Api
from marshmallow import fields, validate

from apcv_backend.blueprint import PROBLEM_JSON, ProblemSchema

TITLE = "Carte Vitale et CPS dématérialisées"
VERSION = "1"
DESCRIPTION = (
    "Enrôle des téléphones par WebAuthn et leur délivre des cartes signées de courte durée. "
    "Projet indépendant : ni l'Assurance Maladie, ni l'Agence du Numérique en Santé. Personnes fictives."
)


class DocumentedApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """The Api whose errors are left to `problems.mount`, and documented as it tells them."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Leave every error to `problems.py`."""

    def _register_responses(self) -> None:
        """The error that any door may answer is a problem document (RFC 9457)."""
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_JSON
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE  # the class's own again


def build_api(app: Flask) -> DocumentedApi:
    """Configure `app` and give the Api on which blueprints are registered."""
    app.config.update(
        API_TITLE=TITLE,
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
    )
    plugin = MarshmallowPlugin()
    api = DocumentedApi(
        app,
        spec_kwargs={
            "info": {"description": DESCRIPTION, "license": {"name": "Apache-2.0"}},
            "marshmallow_plugin": plugin,
            "servers": [{"url": app.config["PUBLIC_URL"]}],
        },
    )
    converter = plugin.converter
    assert converter is not None
    converter.add_attribute_function(_exclusive_bounds)
    converter.add_attribute_function(_constant)
    return api


def _exclusive_bounds(_converter: object, field: fields.Field[Any], *, ret: dict[str, Any]) -> dict[str, Any]:
    for validator in field.validators:
        if not isinstance(validator, validate.Range):
            continue
        if validator.min is not None and not validator.min_inclusive:
            ret.pop("minimum", None)
            ret["exclusiveMinimum"] = validator.min
        if validator.max is not None and not validator.max_inclusive:
            ret.pop("maximum", None)
            ret["exclusiveMaximum"] = validator.max
    return {}


def _constant(_converter: object, field: fields.Field[Any], *, ret: dict[str, Any]) -> dict[str, Any]:
    del ret
    return {"const": field.constant} if isinstance(field, fields.Constant) else {}
