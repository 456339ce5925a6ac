"""How a page of the sign-in answers: a template in the language asked, JSON, and what it refuses to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, request

from apcv_backend.no_control_characters import check_no_nul
from apcv_backend.signin.approval.attempt_refusals import AnotherBrowser
from apcv_backend.signin.approval.page_words import words_in
from cartes.errors import BadJson
from cartes.wire import strict_json


def refuse_others(public_url: str) -> None:
    """A form of another site changes nothing here, whatever cookies it brings."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != public_url:
        raise AnotherBrowser


def body() -> dict[str, Any]:
    """The JSON object of the request. Raises BadJson."""
    read = strict_json.loads(request.get_data())
    if not isinstance(read, dict):
        raise BadJson(why="members")
    check_no_nul(read)
    return read


def language() -> str:
    """`fr` or `en`: as asked in the address, or by the browser."""
    asked = request.args.get("lang")
    if asked in {"fr", "en"}:
        return asked
    return request.accept_languages.best_match(["fr", "en"], "fr") or "fr"


def shown(template: str, status: int = 200, **told: object) -> Response:
    """A template of `templates/`, with the words it needs."""
    spoken = language()
    html = render_template(template, lang=spoken, t=words_in(spoken), **told)
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = spoken
    return response


def as_json(said: Mapping[str, object], status: int = 200) -> Response:
    """A JSON answer."""
    return Response(strict_json.canonical(said), status=status, content_type="application/json")
