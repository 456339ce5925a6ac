"""How the provider's doors speak HTTP: forms in, JSON out, refusals in OAuth's own words, never cached."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from apcv_backend.signin.provider.oauth_errors import OAuthRefused, invalid_request
from apcv_backend.signin.provider.parameters import parse_parameters
from cartes.wire import strict_json

FORM = "application/x-www-form-urlencoded"


def form_of_request() -> Mapping[str, str]:
    """The body of this request, a form. Raises `OAuthRefused`."""
    if request.mimetype != FORM:
        raise invalid_request("the body must be " + FORM)
    if request.query_string:
        raise invalid_request("parameters go in the body, not in the address")
    return parse_parameters(request.get_data())


def arguments_of_request() -> Mapping[str, str]:
    """The parameters of a door opened by GET, or by POST with a form. Raises `OAuthRefused`."""
    if request.method == "POST":
        if request.mimetype != FORM:
            raise UnsupportedMediaType
        return parse_parameters(request.get_data())
    return parse_parameters(request.query_string)


def token_of_form() -> str:
    """An access token sent in the body of a POST (RFC 6750 section 2.2), as the header it stands for.

    Empty without one. Raises `OAuthRefused` when the header holds another.
    """
    if request.method != "POST" or request.mimetype != FORM:
        return ""
    token = form_of_request().get("access_token", "")
    if token and "Authorization" in request.headers:
        raise invalid_request("the access token is sent in two ways at once")
    return f"Bearer {token}" if token else ""


def json_answer(told: Mapping[str, Any], status: int = 200) -> Response:
    """An answer nobody keeps (RFC 6749 section 5.1)."""
    response = Response(strict_json.canonical(dict(told)), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def refusal_answer(refused: OAuthRefused) -> Response:
    """The refusal as RFC 6749 section 5.2 wants it, with the challenge a 401 needs."""
    response = json_answer(refused.document(), refused.status)
    if refused.challenge:
        told = f'error="{refused.error}", error_description="{refused.description}"'
        extra = ', algs="ES256"' if refused.challenge == "DPoP" else ""
        realm = 'realm="cartes", ' if refused.challenge == "Basic" else ""
        response.headers["WWW-Authenticate"] = f"{refused.challenge} {realm}{told}{extra}"
    return response


def page(title_fr: str, title_en: str, said_fr: str, said_en: str, status: int = 200) -> Response:
    """A plain page for whoever was sent here by a client that is wrong, or logged out. No script, no link."""
    french = request.accept_languages.best_match(["fr", "en"], "fr") == "fr"
    language, title, said = ("fr", title_fr, said_fr) if french else ("en", title_en, said_en)
    text = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title>"
        '<link rel="stylesheet" href="/static/style.css">'
        f"<main><h1>{html.escape(title)}</h1><p>{html.escape(said)}</p></main></html>"
    )
    response = Response(text, status=status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    response.headers["X-Frame-Options"] = "DENY"
    return response


def shown_refusal(refused: OAuthRefused) -> Response:
    """A refusal that may not be sent to any address: the person reads it, and the developer its words."""
    return page(
        "Cette demande de connexion n'est pas valable",
        "This sign-in request does not hold",
        f"Le service qui vous a envoyé ici doit la corriger : {refused.error}, {refused.description}.",
        f"The service that sent you here must correct it: {refused.error}, {refused.description}.",
        400,
    )
