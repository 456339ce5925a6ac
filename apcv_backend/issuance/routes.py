"""The door of the room `issuance`: a nonce, a batch of cards, the issuer's metadata. It decides nothing.

Shaped after OpenID4VCI 1.0; a refusal is a problem document (RFC 9457) that also carries that protocol's
`error`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, current_app, request
from flask.views import MethodView
from werkzeug.exceptions import UnsupportedMediaType

from apcv_backend.blueprint import PROBLEM_JSON, StrictBlueprint, View
from apcv_backend.callers import CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.issuance import openid4vci
from apcv_backend.issuance.rules import PROFILES
from apcv_backend.issuance.schemas import (
    CredentialRequestSchema,
    CredentialResponseSchema,
    IssuerSchema,
    NonceSchema,
)
from apcv_backend.issuance.service import CREDENTIAL_PATH, IssuanceService
from apcv_backend.no_control_characters import check_no_nul
from cartes.cards import CardKind, Shape
from cartes.trust import KindPolicy
from cartes.wire import strict_json

_MINUTE_S = 60
_BATCHES = {
    CardKind.APCV: [shape.word for shape in Shape],
    CardKind.ECPS: ["exercice"],
    CardKind.AMC: ["contract"],
}
_OUR_OWN_FAULT = 500
_NONCES_A_MINUTE = 6_000
_CREDENTIALS_A_MINUTE = 6_000
_KEY_LENGTHS = range(16, 81)

_KEY_SAID = "Un mot par demande, de 16 à 80 caractères : la même demande répétée reçoit la même réponse 24 h."


def make_blueprint(
    service: IssuanceService, *, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """The routes of issuance. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "issuance", __name__, url_prefix="/v1", description="Recevoir des cartes de courte durée."
    )
    blueprint.after_request(_say_error_word)

    def count(what: str, most: int, at: datetime) -> None:
        limit(counters, f"{what}:{request.remote_addr}", most=most, window_s=_MINUTE_S, at=at)

    @blueprint.route("/nonce")
    class NonceView(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.gives(200, NonceSchema)
        @blueprint.refuses({})
        def post(self) -> dict[str, Any]:
            """Un nonce pour une demande de cartes : il vaut cinq minutes et ne sert qu'une fois."""
            at = clock()
            count("nonces", _NONCES_A_MINUTE, at)
            nonce = service.new_nonce(at)
            return {
                "c_nonce": nonce.text,
                "c_nonce_expires_in": int((nonce.expires_at - at).total_seconds()),
            }

    @blueprint.route(CREDENTIAL_PATH.removeprefix("/v1"))
    class CredentialView(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @_takes_credential_request(blueprint)
        @blueprint.gives(200, CredentialResponseSchema)
        @blueprint.refuses(
            {
                400: "Demande, preuve ou nonce incorrects.",
                401: "Preuve DPoP refusée.",
                403: "Cette personne ou ce téléphone ne peut pas recevoir cette carte ; `code` dit pourquoi.",
                409: "La même demande est en cours de réponse.",
                422: "Cette Idempotency-Key a servi pour une autre demande.",
            }
        )
        def post(self) -> dict[str, Any]:
            """Un lot de cartes : trois formes d'une apCV, ou une e-CPS par exercice.

            Prouvée par un geste WebAuthn (défi : SHA-256("FR-ISSUE" || 00 || nonce || SHA-256(demande))), ou
            sans geste par la clé d'application (DPoP), jusqu'à 90 jours après le dernier geste.
            """
            at = clock()
            count("credentials", _CREDENTIALS_A_MINUTE, at)
            return service.issue(
                openid4vci.parse_credential_request(_body()),
                idempotency_key=_idempotency_key(),
                unverified_dpop=request.headers.get("DPoP", ""),
                at=at,
            )

    @blueprint.route("/issuer")
    class IssuerView(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.gives(200, IssuerSchema)
        @blueprint.refuses({})
        def get(self) -> dict[str, Any]:
            """Ce que l'émetteur délivre, et ce qu'un téléphone doit en savoir pour présenter ses cartes."""
            trust = service.trust(clock())
            base = current_app.config["PUBLIC_URL"]
            return {
                "credential_issuer": base,
                "credential_endpoint": base + CREDENTIAL_PATH,
                "nonce_endpoint": base + "/v1/nonce",
                "format": openid4vci.FORMAT,
                "proof_types_supported": [openid4vci.PROOF_TYPE],
                "kinds": {kind.value: _kind(kind, policy) for kind, policy in trust.kinds.items()},
            }

    return blueprint


def _takes_credential_request(blueprint: StrictBlueprint) -> Callable[[View], View]:
    """Document the body and the headers, which the view reads itself."""
    dpop = (
        "Renouvellement silencieux, à la place de `proofs` : preuve RFC 9449 portant `nonce` (le c_nonce) et"
        " `rqh` (SHA-256 de la demande canonique, RFC 8785)."
    )
    decorate: Callable[[View], View] = blueprint.doc(
        requestBody={
            "required": True,
            "content": {"application/json": {"schema": CredentialRequestSchema}},
        },
        parameters=[
            _header("Idempotency-Key", _KEY_SAID, 80, required=True),
            _header("DPoP", dpop, 4096, required=False),
        ],
    )
    return decorate


def _kind(kind: CardKind, policy: KindPolicy) -> dict[str, Any]:
    return {
        "rp_id": policy.rp_id,
        "profiles": {str(number): suffix for number, suffix in policy.profiles.items()},
        "max_ttl_s": policy.max_ttl_s,
        "ttl_s": {
            profile.binding.word: int(profile.life.total_seconds())
            for profile in PROFILES
            if profile.kind is kind
        },
        "batch": _BATCHES[kind],
    }


def _body() -> object:
    body = request.get_data()
    if not request.is_json:
        raise UnsupportedMediaType
    told = strict_json.loads(body)
    check_no_nul(told)
    return told


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) not in _KEY_LENGTHS or not key.isascii() or not key.isprintable():
        raise openid4vci.IdempotencyKeyMissing
    return key


def _header(name: str, description: str, most: int, *, required: bool) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": required,
        "schema": {"type": "string", "maxLength": most},
        "description": description,
    }


def _say_error_word(response: Response) -> Response:
    """Add OpenID4VCI's `error` beside our `code` in a problem document of this door."""
    if response.content_type == PROBLEM_JSON and response.status_code < _OUR_OWN_FAULT:
        told = strict_json.loads(response.get_data())
        told["error"] = openid4vci.error_word(told["code"])
        response.set_data(strict_json.canonical(told))
    return response
