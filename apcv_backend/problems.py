"""From an error's code to HTTP: one table, one status a code, one sentence a person can act on (RFC 9457).

A code that is not in the table is our own fault: it is answered 500 with no detail, on purpose, and logged
by its class alone. Facts travel only where the table says they may (`facts`), so that no refusal carries
more than it should.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from traceback import format_tb

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from apcv_backend.problem_rows import GONE_WRONG, PROBLEMS, Problem
from cartes.errors import CarteError
from cartes.wire import strict_json

_log = logging.getLogger("apcv_backend.problems")

_OUR_NAMES = re.compile(r"[A-Za-z_]{1,40}|[0-9]{1,3}")

TYPE_BASE = "urn:cartes:problem:"


def sentence(code: str, language: str = "fr") -> str:
    """The sentence for `code` in French or English; for an unknown code, the one that admits it."""
    problem = PROBLEMS.get(code, GONE_WRONG)
    return problem.en if language == "en" else problem.fr


def row_of(kind: type[CarteError]) -> Problem | None:
    """The row for a kind of error: its own, or its family's (the leaf keeps its own code)."""
    codes = (base.code for base in kind.__mro__ if issubclass(base, CarteError))
    return next((PROBLEMS[code] for code in codes if code in PROBLEMS), None)


def document(
    code: str, facts: Mapping[str, object], language: str, problem: Problem | None = None
) -> Response:
    """The problem document of `code`: `type`, `title`, `status`, `code`, `detail` and the facts allowed."""
    problem = problem or PROBLEMS.get(code)
    if problem is None:
        code, problem = "internal_error", GONE_WRONG
    told: dict[str, object] = {
        "type": TYPE_BASE + code,
        "title": problem.en if language == "en" else problem.fr,
        "status": problem.status,
        "code": code,
    }
    told.update({name: facts[name] for name in problem.facts if name in facts})
    response = Response(
        strict_json.canonical(told), status=problem.status, content_type="application/problem+json"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    if problem.status == _UNAVAILABLE:
        response.headers["Retry-After"] = "2"
    if problem.status == _TOO_MANY and "retry_after_s" in facts:
        response.headers["Retry-After"] = str(facts["retry_after_s"])
    return response


def mount(app: Flask) -> None:
    """Make every error of `app` a problem document."""

    @app.errorhandler(CarteError)
    def _refused(error: CarteError) -> Response:
        row = row_of(type(error))
        if row is None:
            _log.error("no row for code %s (%s)", error.code, type(error).__name__)
        return document(error.code, error.facts, _language(), row)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        response = document(*_of_http(error), language=_language())
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(Exception)
    def _unforeseen(error: Exception) -> Response:
        # The class alone: a message could hold what a log may not.
        _log.error("unforeseen %s at %s %s", type(error).__name__, request.method, request.url_rule)
        # For whoever looks for the cause: where it happened, in our own lines, and never with what.
        _log.debug("where:\n%s", "".join(format_tb(error.__traceback__)))
        return document("internal_error", {}, _language())


_UNAVAILABLE = 503
_TOO_MANY = 429
_CODES_OF_HTTP = {
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
}


def _of_http(error: HTTPException) -> tuple[str, Mapping[str, object]]:
    if isinstance(error, RequestEntityTooLarge):
        return "too_large", {}
    data = getattr(error, "data", None)  # webargs puts its messages here
    if error.code == 422 and isinstance(data, dict):  # noqa: PLR2004 - HTTP status
        return "request_invalid", {"fields": _field_names(data.get("messages"))}
    return _CODES_OF_HTTP.get(error.code or 0, "http_error"), {}


def _field_names(messages: object) -> list[str]:
    """The paths of the fields at fault; never a value, nor a name that is not one of ours: both are input."""
    paths: set[str] = set()

    def walk(node: object, path: tuple[str, ...]) -> None:
        if isinstance(node, dict):
            for name, child in node.items():
                told = str(name) if _OUR_NAMES.fullmatch(str(name)) else "?"
                walk(child, (*path, told))
        elif path[1:]:
            paths.add(".".join(path[1:])[:120])  # the first is where the input stood: the body

    walk(messages, ())
    return sorted(paths)[:20]


def _language() -> str:
    return request.accept_languages.best_match(["fr", "en"], "fr") or "fr"
