"""How a page of staff answers: a template in the language asked, or a refusal that has a screen of its own.

Pages are documented doors like any other (`called_by`), so that the test of every door walks them too. A
browser gets the refusal as a page with a way out; a program gets the problem document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Response, render_template, request
from markupsafe import Markup, escape

from apcv_backend import problems
from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.callers import Caller, CallerNotAllowed, CallerRefused
from apcv_backend.office.page_words import script_words, words_in
from apcv_backend.staff_callers import COOKIE, StaffRole
from cartes.errors import CarteError
from cartes.wire import strict_json

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PERMISSIONS: Final = "publickey-credentials-create=(self), publickey-credentials-get=(self)"
_HTML: Final = "text/html"
_PROBLEM: Final = "application/problem+json"

HOMES: Final[Mapping[StaffRole, str]] = {
    StaffRole.ADMINISTRATOR: "/staff/approvals",
    StaffRole.DESK_AGENT: "/desk",
    StaffRole.OPERATOR: "/operations",
    StaffRole.INSURER_CLERK: "/console",
}
"""Where each role begins its day."""

NAVIGATION: Final[Mapping[StaffRole, tuple[tuple[str, str], ...]]] = {
    StaffRole.ADMINISTRATOR: (("/staff/approvals", "nav_approvals"), ("/staff/colleagues", "nav_colleagues")),
    StaffRole.DESK_AGENT: (
        ("/desk", "nav_code"),
        ("/desk/phones", "nav_phones"),
        ("/desk/delegations", "nav_delegations"),
    ),
    StaffRole.OPERATOR: (("/operations", "nav_operations"),),
    StaffRole.INSURER_CLERK: (
        ("/console", "nav_query"),
        ("/console/file", "nav_file"),
        ("/console/contracts", "nav_contracts"),
        ("/console/figures", "nav_figures"),
    ),
}
"""The pages of each role, in the order of its day."""


def language() -> str:
    """`fr` or `en`: as asked in the address, or by the browser."""
    asked = request.args.get("lang")
    if asked in {"fr", "en"}:
        return asked
    return request.accept_languages.best_match(["fr", "en"], "fr") or "fr"


def shown(
    template: str, status: int = 200, *, caller: Caller | None = None, csrf: str = "", **told: Any
) -> Response:
    """A template of `templates/`, with its words, and the frame of whoever is signed in."""
    spoken = language()
    role = None if caller is None else StaffRole(caller.facts["role"])
    html = render_template(
        template,
        lang=spoken,
        t=words_in(spoken),
        to=_address,
        here=request.path,
        caller=caller,
        csrf=csrf,
        pages=() if role is None else NAVIGATION[role],
        script_words=_as_attribute(script_words(spoken)),
        **told,
    )
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = spoken
    return response


def guard(blueprint: StrictBlueprint) -> None:
    """Give every page of `blueprint` its policy, and every refusal its screen."""

    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Permissions-Policy"] = _PERMISSIONS
        response.headers["X-Frame-Options"] = "DENY"
        return response

    def nobody(error: CallerRefused) -> Response:
        # A cookie that opens nothing any more is a session that ended; without one, nobody came in yet.
        kind = "ended" if request.cookies.get(COOKIE) else "nobody"
        return _refusal(error, 401, kind)

    def another_role(error: CallerNotAllowed) -> Response:
        return _refusal(error, 403, "role")

    blueprint.after_request(policy)
    blueprint.register_error_handler(CallerRefused, nobody)
    blueprint.register_error_handler(CallerNotAllowed, another_role)


def documents_page(blueprint: StrictBlueprint, sentence: str) -> Callable[[View], View]:
    """Say in the OpenAPI document that the view answers with a page."""

    def decorate(view: View) -> View:
        told: Callable[[View], View] = blueprint.alt_response(
            200, schema={"type": "string"}, content_type=_HTML, description=sentence
        )
        return told(view)

    return decorate


def _refusal(error: CarteError, status: int, kind: str) -> Response:
    if request.accept_mimetypes.best_match([_PROBLEM, _HTML], _PROBLEM) != _HTML:
        return problems.document(error.code, error.facts, language(), problems.row_of(type(error)))
    return shown("staff/refused.html", status, kind=kind)


def _address(path: str) -> str:
    """An address of ours that keeps the language somebody chose."""
    asked = request.args.get("lang")
    return f"{path}?lang={asked}" if asked in {"fr", "en"} else path


def _as_attribute(words: Mapping[str, str]) -> Markup:
    return escape(strict_json.canonical(dict(words)).decode())
