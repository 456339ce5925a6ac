"""The documented surface: flask-smorest with OpenAPI 3.1, and the five corrections it needs.

* errors are ours (`problems.py`), so that a 405 keeps its `Allow` header;
* an exclusive bound is written `exclusiveMinimum` / `exclusiveMaximum`, as OpenAPI 3.1 says;
* a constant field is written `const`;
* a pattern is anchored as JSON Schema's are (ECMA-262), where Python's own anchors are letters;
* a door is open as soon as it is registered, and described when somebody first asks for the document: a
  process that never shows it never writes it.
"""

from __future__ import annotations

from threading import RLock
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import fields, validate

from apcv_backend.blueprint import PROBLEM, PROBLEM_JSON

TITLE = "Carte Vitale et CPS dématérialisées"
VERSION = "1"
DESCRIPTION = (
    "Enrôle des téléphones par WebAuthn et leur délivre des cartes signées de courte durée. "
    "Projet indépendant : ni l'Assurance Maladie, ni l'Agence du Numérique en Santé. Personnes fictives."
)


class DocumentedApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """The Api whose errors are left to `problems.mount`, and documented as it tells them."""

    ERROR_SCHEMA = PROBLEM

    def __init__(self, app: Flask, **settings: Any) -> None:
        self._written: APISpec | None = None
        self._untold: list[Blueprint] = []
        self._telling = RLock()
        super().__init__(app, **settings)

    @property
    def spec(self) -> APISpec:
        """The document, every door registered so far described in it, in their order."""
        assert self._written is not None, "made with the Api"
        with self._telling:
            while self._untold:
                self._describe(self._untold.pop(0), self._written)
        return self._written

    @spec.setter
    def spec(self, written: APISpec | None) -> None:
        self._written = written

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Open the doors of `blueprint` now; `spec` describes them."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._untold.append(blueprint)

    def _describe(self, blueprint: Blueprint, spec: APISpec) -> None:
        name = blueprint.name
        blueprint.register_views_in_doc(self, self._app, spec, name=name, parameters=None)
        spec.tag({"name": name, "description": blueprint.description})

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
    converter.add_attribute_function(_pattern)
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


def _pattern(_converter: object, field: fields.Field[Any], *, ret: dict[str, Any]) -> dict[str, Any]:
    del field
    written = ret.get("pattern")
    return {"pattern": written.replace(r"\A", "^").replace(r"\Z", "$")} if written else {}
