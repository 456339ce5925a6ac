"""From an error's code to HTTP: one table, one status a code, one sentence a person can act on (RFC 9457).

A code that is not in the table is our own fault: it is answered 500 with no detail, on purpose, and logged
by its class alone. Facts travel only where the table says they may (`facts`), so that no refusal carries
more than it should.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from cartes.errors import CarteError
from cartes.wire import strict_json

_log = logging.getLogger("apcv_backend.problems")

TYPE_BASE = "urn:cartes:problem:"


@dataclass(frozen=True)
class Problem:
    """How one code is told: HTTP status, French and English sentence, and which facts may travel."""

    status: int
    fr: str
    en: str
    facts: tuple[str, ...] = ()


_GONE_WRONG = Problem(
    500,
    "Erreur interne. Rien n'a été changé par cette demande ; réessayez, puis prévenez l'exploitant.",
    "Internal error. Try again, then tell the operator.",
)

PROBLEMS: Mapping[str, Problem] = {
    # --- the request itself
    "invalid_value": Problem(
        422, "Une valeur de la demande est incorrecte.", "A value of the request is wrong.", ("what", "why")
    ),
    "bad_json": Problem(
        400, "Le corps de la demande n'est pas du JSON lisible.", "The body is not readable JSON.", ("why",)
    ),
    "request_invalid": Problem(
        422,
        "La demande ne suit pas le format attendu.",
        "The request does not follow the expected format.",
        ("fields",),
    ),
    "not_found": Problem(404, "Il n'y a rien à cette adresse.", "There is nothing at this address."),
    "method_not_allowed": Problem(
        405,
        "Cette adresse n'accepte pas cette méthode.",
        "This address does not take that method.",
    ),
    "too_large": Problem(413, "La demande est trop volumineuse.", "The request is too large."),
    "unsupported_media_type": Problem(415, "Il faut envoyer du JSON.", "Send JSON."),
    "rate_limited": Problem(
        429,
        "Trop de demandes. Patientez un instant puis réessayez.",
        "Too many requests. Wait a moment, then try again.",
        ("retry_after_s",),
    ),
    "http_error": Problem(400, "La demande n'a pas été comprise.", "The request was not understood."),
    # --- this service
    "database_unavailable": Problem(
        503,
        "Le service est momentanément indisponible. Rien n'a été enregistré ; réessayez dans un instant.",
        "The service is briefly unavailable. Nothing was recorded; try again in a moment.",
    ),
    "internal_error": _GONE_WRONG,
}


def sentence(code: str, language: str = "fr") -> str:
    """The sentence for `code` in French or English; for an unknown code, the one that admits it."""
    problem = PROBLEMS.get(code, _GONE_WRONG)
    return problem.en if language == "en" else problem.fr


def document(code: str, facts: Mapping[str, object], language: str) -> Response:
    """The problem document of `code`: `type`, `title`, `status`, `code`, `detail` and the facts allowed."""
    problem = PROBLEMS.get(code)
    if problem is None:
        code, problem = "internal_error", _GONE_WRONG
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
        if error.code not in PROBLEMS:
            _log.error("no row for code %s (%s)", error.code, type(error).__name__)
        return document(error.code, error.facts, _language())

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
        _log.debug("traceback", exc_info=error)
        return document("internal_error", {}, _language())


_UNAVAILABLE = 503
_TOO_MANY = 429
_CODES_OF_HTTP = {
    404: "not_found",
    405: "method_not_allowed",
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
    """The paths of the fields at fault; never their values."""
    paths: list[str] = []

    def walk(node: object, path: str) -> None:
        if isinstance(node, dict):
            for name, child in node.items():
                walk(child, f"{path}.{name}" if path else str(name))
        elif path:
            paths.append(path[:120])

    walk(messages, "")
    return sorted(paths)[:20]


def _language() -> str:
    return request.accept_languages.best_match(["fr", "en"], "fr") or "fr"
