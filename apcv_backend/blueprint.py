"""The kind of blueprint every room opens its door with: bodies read strictly, answers never cached.

A body is JSON as this house reads it (`cartes.wire.strict_json`): no duplicate member, no lone surrogate,
nothing but UTF-8. The framework's own reader would let the last of two `secret` members win, and each reader
on the way could believe another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from flask import Request, Response
from flask_smorest import Blueprint
from marshmallow import INCLUDE, RAISE, Schema, fields
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from apcv_backend.callers import CallerKind
from apcv_backend.no_control_characters import check_no_nul
from cartes.wire import strict_json

PROBLEM_JSON = "application/problem+json"


View = TypeVar("View", bound=Callable[..., Any])


_BAD_BODY = {
    400: "Le corps n'est pas du JSON strict.",
    415: "Le corps doit être du JSON, et le dire.",
    422: "Le corps ne suit pas le format attendu ; `fields` nomme les champs.",
}


class SettledSchema(Schema):
    """A schema that never changes once made: copying it gives itself.

    The framework copies a route's whole description at each decorator it wears and again at registration;
    with the schemas copied too, opening the doors took four times as long.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """This schema: nothing writes in it after its making."""
        return self


class StrictSchema(SettledSchema):
    """A schema that refuses members it does not know, at every depth."""

    class Meta:
        """Unknown members are refused: a misspelt one must not be silently nothing."""

        unknown = RAISE


class ProblemSchema(SettledSchema):
    """How every refusal is told (RFC 9457). `code` is stable and made for programs; `title` for people."""

    class Meta:
        """Facts travel beside these four (`why`, `fields`, `limit`…), as RFC 9457 3.2 foresees."""

        unknown = INCLUDE

    type = fields.String(metadata={"example": "urn:cartes:problem:activation_code_refused"})
    title = fields.String(metadata={"description": "En français, ou en anglais selon Accept-Language."})
    status = fields.Integer(metadata={"example": 403})
    code = fields.String(metadata={"example": "activation_code_refused"})


class OAuthErrorSchema(SettledSchema):
    """How an OAuth door says no (RFC 6749 section 5.2)."""

    error = fields.String(required=True, metadata={"example": "invalid_request"})
    error_description = fields.String(metadata={"description": "What a developer can act on."})


# Made once: every route tells its refusals with them.
PROBLEM = ProblemSchema()
OAUTH_ERROR = OAuthErrorSchema()


class StrictParser(FlaskParser):
    """Reads JSON bodies with `strict_json` and nothing else."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body's value, or `missing` when there is no body.

        Raises:
            BadJson: the body is not strict JSON, or a text in it holds a NUL.
            UnsupportedMediaType: it does not say it is JSON.
        """
        del schema
        body = req.get_data()
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMediaType
        told = strict_json.loads(body)
        check_no_nul(told)
        return told


class StrictBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """A documented blueprint with a strict reader; its answers hold secrets and are never kept by a cache.

    flask-smorest ships no types: views are decorated by the four words below, which have some.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.after_request(_never_cached)

    def takes(self, schema: type[Schema]) -> Callable[[View], View]:
        """The view's first argument is the JSON body, loaded with `schema`; any other is refused."""
        load: Callable[[View], View] = self.arguments(schema)

        def decorate(view: View) -> View:
            return self.refuses(_BAD_BODY)(load(view))

        return decorate

    def asks_query(self, schema: type[Schema]) -> Callable[[View], View]:
        """The view's first argument is the query of the address, loaded with `schema`: numbers, no people."""
        decorate: Callable[[View], View] = self.arguments(schema, location="query")
        return decorate

    def gives(self, status: int, schema: Schema | type[Schema] | None = None) -> Callable[[View], View]:
        """What the view returns is dumped with `schema` and answered with `status`."""
        decorate: Callable[[View], View] = self.response(status, schema)
        return decorate

    def called_by(self, *kinds: CallerKind, scope: str = "") -> Callable[[View], View]:
        """Declare who may call the view, in the OpenAPI document (`x-called-by`); the view itself asks.

        A test walks every route with every kind of credentials: only those declared here pass.
        """
        told: dict[str, object] = {"x-called-by": [kind.value for kind in kinds]}
        if scope:
            told["x-scope"] = scope
        decorate: Callable[[View], View] = self.doc(**told)
        return decorate

    def asks_header(self, name: str, description: str, *, max_length: int) -> Callable[[View], View]:
        """Document a request header the view reads itself."""
        schema = {"type": "string", "maxLength": max_length}
        header = {
            "in": "header",
            "name": name,
            "required": True,
            "schema": schema,
            "description": description,
        }
        decorate: Callable[[View], View] = self.doc(parameters=[header])
        return decorate

    def refuses(self, told: Mapping[int, str]) -> Callable[[View], View]:
        """Document the refusals of a view, each a problem document; 429 is among those of every view."""

        def decorate(view: View) -> View:
            return self._answering(view, PROBLEM, PROBLEM_JSON, {**told, 429: "Trop de demandes."})

        return decorate

    def refuses_as_oauth(self, told: Mapping[int, str]) -> Callable[[View], View]:
        """Document the refusals of an OAuth door (RFC 6749 section 5.2); 429 stays a problem document."""

        def decorate(view: View) -> View:
            return self.refuses({})(self._answering(view, OAUTH_ERROR, "application/json", told))

        return decorate

    def _answering(self, view: View, schema: Schema, content_type: str, told: Mapping[int, str]) -> View:
        """Document answers as `alt_response` would one by one, in one copy of what is told so far.

        Each of its decorators copies that anew and stands in the way of every request.
        """
        documented: View = self.doc()(view)
        described = vars(documented)["_apidoc"].setdefault("response", {}).setdefault("responses", {})
        for status, sentence in told.items():
            answer = {"schema": schema, "description": sentence, "content_type": content_type}
            described.setdefault(status, []).append(answer)
        return documented


def _never_cached(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    return response
