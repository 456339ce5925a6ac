"""The doors of the OpenID Provider: thin, each loads, calls one desk and answers.

Refusals are OAuth's JSON (RFC 6749 section 5.2) at the doors of programs, and a page at the two doors of
browsers, since nothing may be sent to an address nobody proved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.caller_door import unverified_certificate
from apcv_backend.callers import CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.signin.approval import browser_cookie
from apcv_backend.signin.provider import discovery
from apcv_backend.signin.provider.authorization_request import RedirectedRefusal
from apcv_backend.signin.provider.client_rules import Client
from apcv_backend.signin.provider.desk import ProviderDesk
from apcv_backend.signin.provider.oauth_answers import (
    arguments_of_request,
    form_of_request,
    json_answer,
    page,
    refusal_answer,
    shown_refusal,
    token_of_form,
)
from apcv_backend.signin.provider.oauth_errors import OAuthRefused
from apcv_backend.signin.provider.token_service import TokenCall

_A_MINUTE = 60
_MOST_A_MINUTE = 600
_TOLD = {400: "Refus OAuth : `error`, `error_description`.", 401: "Client ou jeton non prouvé."}


@dataclass(frozen=True)
class Surroundings:
    """Where the doors stand. `waiting_page` gives the path of the page that waits for an attempt's answer."""

    clock: Callable[[], datetime]
    counters: Counters
    random: Callable[[int], bytes]
    waiting_page: Callable[[str], str]

    def limited(self, door: str, at: datetime) -> None:
        """Count a request of this address. Raises `RateLimited`."""
        name = f"{door}|{request.remote_addr}"
        limit(self.counters, name, most=_MOST_A_MINUTE, window_s=_A_MINUTE, at=at)


def make_blueprint(provider: ProviderDesk, around: Surroundings) -> StrictBlueprint:
    """The provider's doors."""
    blueprint = StrictBlueprint(
        "openid", __name__, url_prefix="", description="Connexion par la e-CPS ou l'apCV (OpenID Connect)."
    )
    blueprint.register_error_handler(OAuthRefused, refusal_answer)

    _add_browser_doors(blueprint, provider, around)
    _add_client_doors(blueprint, provider, around)
    _add_public_doors(blueprint, provider, around)
    return blueprint


def _add_browser_doors(blueprint: StrictBlueprint, provider: ProviderDesk, around: Surroundings) -> None:
    """Where browsers come: a refusal is a page, or goes back to an address already proven."""

    @_door(blueprint, "/auth", ["GET", "POST"])
    @blueprint.called_by(CallerKind.ANYONE)
    @_told(blueprint, 303, "Vers la page d'attente, ou vers le client avec un refus.")
    @_shows(blueprint, 400, "Un refus qui ne peut pas être rendu au client : une page.")
    def authorize() -> BaseResponse:
        """Commencer une connexion (OpenID Connect Core 3.1.2.1)."""
        at = around.clock()
        around.limited("oidc-auth", at)
        https = provider.issuer.startswith("https://")
        secret = browser_cookie.ensure_browser_secret(request, around.random, is_https=https)
        try:
            attempt = provider.authorization.begin(arguments_of_request(), secret, at)
        except RedirectedRefusal as refused:
            return redirect(provider.authorization.refusal_url(refused), 303)
        except OAuthRefused as refused:
            return shown_refusal(refused)
        spoken = attempt.order.session_hint.get("language")
        page = around.waiting_page(attempt.attempt_id)
        response = redirect(f"{page}?lang={spoken}" if spoken else page, 303)
        browser_cookie.keep(response, secret, is_https=https)
        response.headers["Cache-Control"] = "no-store"
        return response

    @_door(blueprint, discovery.LOGOUT_PATH, ["GET", "POST"])
    @blueprint.called_by(CallerKind.ANYONE)
    @_told(blueprint, 303, "Vers l'adresse enregistrée du client.")
    @_shows(blueprint, 200, "Ce qui a été fermé, en une page.")
    @_shows(blueprint, 400, "Ce qui est refusé, en une page.")
    def logout() -> BaseResponse:
        """Fermer une session (OpenID Connect RP-Initiated Logout 1.0)."""
        at = around.clock()
        around.limited("oidc-logout", at)
        try:
            done = provider.logout.answer(arguments_of_request(), at)
        except OAuthRefused as refused:
            return shown_refusal(refused)
        if done.go_to:
            return redirect(done.go_to, 303)
        return _said(closed=done.closed)


def _add_client_doors(blueprint: StrictBlueprint, provider: ProviderDesk, around: Surroundings) -> None:
    """Where clients and resource servers come: forms in, JSON out."""

    @_door(blueprint, discovery.PAR_PATH, ["POST"])
    @blueprint.called_by(CallerKind.CLIENT)
    @blueprint.refuses_as_oauth(_TOLD)
    def push() -> Response:
        """Déposer une demande de connexion (RFC 9126)."""
        at = around.clock()
        around.limited("oidc-par", at)
        pushed = provider.push(form_of_request(), *_headers(), at, certificate=unverified_certificate())
        return json_answer(pushed, 201)

    @_door(blueprint, discovery.TOKEN_PATH, ["POST"])
    @blueprint.called_by(CallerKind.CLIENT)
    @blueprint.refuses_as_oauth(_TOLD)
    def token() -> Response:
        """Échanger un code, un jeton de renouvellement ou une demande CIBA (RFC 6749 section 3.2)."""
        call = TokenCall(form_of_request(), *_headers(), certificate=unverified_certificate())
        return json_answer(provider.tokens.answer(call, around.clock()))

    @_door(blueprint, discovery.USERINFO_PATH, ["GET", "POST"])
    @blueprint.called_by(CallerKind.PROFESSIONAL, CallerKind.PATIENT, scope="openid")
    @blueprint.refuses_as_oauth(_TOLD)
    def userinfo() -> Response:
        """Qui s'est connecté (OpenID Connect Core 5.3)."""
        authorization, dpop = _headers()
        authorization = token_of_form() or authorization
        return json_answer(
            provider.userinfo.answer(
                authorization, dpop, request.method, around.clock(), certificate=unverified_certificate()
            )
        )

    @_door(blueprint, discovery.INTROSPECTION_PATH, ["POST"])
    @blueprint.called_by(CallerKind.CLIENT)
    @blueprint.refuses_as_oauth(_TOLD)
    def introspect() -> Response:
        """Ce que vaut un jeton à cet instant (RFC 7662)."""
        at, form = around.clock(), form_of_request()
        client = _client(provider, form, discovery.INTROSPECTION_PATH, at)
        return json_answer(provider.registry.introspect(client, form, at))

    @_door(blueprint, discovery.REVOCATION_PATH, ["POST"])
    @blueprint.called_by(CallerKind.CLIENT)
    @blueprint.refuses_as_oauth(_TOLD)
    def revoke() -> Response:
        """Révoquer un jeton (RFC 7009)."""
        at, form = around.clock(), form_of_request()
        client = _client(provider, form, discovery.REVOCATION_PATH, at)
        provider.registry.revoke(client, form, at)
        return json_answer({})


def _add_public_doors(blueprint: StrictBlueprint, provider: ProviderDesk, around: Surroundings) -> None:
    """What everybody may read."""

    @_door(blueprint, discovery.CERTS_PATH, ["GET"])
    @blueprint.called_by(CallerKind.ANYONE)
    @_object(blueprint, "Un JWK Set.")
    def certs() -> Response:
        """Les clés publiques qui vérifient nos jetons (RFC 7517)."""
        return _public(provider.smith.jwks())

    for position, path in enumerate(discovery.DISCOVERY_PATHS):

        @_door(blueprint, path, ["GET"], endpoint=f"discovery_{position}")
        @blueprint.called_by(CallerKind.ANYONE)
        @_object(blueprint, "Les métadonnées du fournisseur.")
        def discover() -> Response:
            """Ce que ce fournisseur sait faire (OpenID Connect Discovery 1.0)."""
            algorithms = provider.smith.algorithms(around.clock())
            return _public(discovery.metadata(provider.issuer, algorithms, mtls_url=provider.mtls_url))


def _client(provider: ProviderDesk, form: Mapping[str, str], path: str, at: datetime) -> Client:
    """The client behind this request. Raises `OAuthRefused`."""
    return provider.client(form, _headers()[0], path, at, certificate=unverified_certificate())


def _headers() -> tuple[str, str]:
    return request.headers.get("Authorization", ""), request.headers.get("DPoP", "")


def _door(
    blueprint: StrictBlueprint, path: str, methods: list[str], *, endpoint: str | None = None
) -> Callable[[View], View]:
    """The framework's `route`, typed."""
    decorate: Callable[[View], View] = blueprint.route(path, methods=methods, endpoint=endpoint)
    return decorate


def _told(blueprint: StrictBlueprint, status: int, description: str) -> Callable[[View], View]:
    """Document an answer that has no body."""
    decorate: Callable[[View], View] = blueprint.alt_response(status, description=description)
    return decorate


def _shows(blueprint: StrictBlueprint, status: int, description: str) -> Callable[[View], View]:
    """Document an answer that is a page."""
    decorate: Callable[[View], View] = blueprint.alt_response(
        status, schema={"type": "string"}, content_type="text/html", description=description
    )
    return decorate


def _object(blueprint: StrictBlueprint, description: str) -> Callable[[View], View]:
    """Document a JSON object whose members are those of its own specification."""
    decorate: Callable[[View], View] = blueprint.alt_response(
        200, schema={"type": "object"}, content_type="application/json", description=description
    )
    return decorate


def _public(told: Mapping[str, Any]) -> Response:
    """Something everybody may keep for five minutes, and read from a page of theirs."""
    response = json_answer(told)
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    del response.headers["Pragma"]
    return response


def _said(*, closed: bool) -> Response:
    if closed:
        return page(
            "Vous êtes déconnecté",
            "You are signed out",
            "La session est fermée, ici et chez le service. Fermez cette page.",
            "The session is closed, here and at the service. Close this page.",
        )
    return page(
        "Aucune session à fermer",
        "No session to close",
        "Cette demande ne dit pas quelle session fermer. Vos sessions se ferment aussi depuis le téléphone.",
        "This request does not say which session to close. Sessions can be closed from the phone too.",
    )
