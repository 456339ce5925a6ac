"""The doors a phone knocks at about sign-ins: what is asked, the answer, the sessions open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from flask import request
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.signin.approval.exercice_words import exercice_told
from apcv_backend.signin.approval.gesture import UnverifiedApproval
from apcv_backend.signin.approval.phone_desk import PhoneCall, PhoneDesk, SigninRequest
from apcv_backend.signin.approval.phone_schemas import (
    ApprovalSchema,
    ClaimSchema,
    SigninRequestSchema,
    SigninSessionSchema,
)
from apcv_backend.signin.approval.provider_half import Sessions
from apcv_backend.signin.approval.scope_words import in_words

_MINUTE_S = 60
_SIGNED_A_MINUTE = 600
_DPOP = "Preuve par la clé d'application du téléphone (RFC 9449) ; son jti ne sert qu'une fois."
_UNSIGNED = {
    401: "Preuve DPoP absente, refusée, déjà vue, ou d'un téléphone inconnu.",
    403: "Téléphone retiré.",
}
_NOT_MINE = {**_UNSIGNED, 404: "Aucune demande de ce nom pour cette personne."}
_ANSWERED = {**_NOT_MINE, 409: "La demande est terminée ; `state` dit comment."}


class PhoneRoom(Protocol):
    """What answers phones."""

    @property
    def phones(self) -> PhoneDesk:
        """Their requests and answers."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Their owners' sessions at clients."""
        ...


def make_blueprint(room: PhoneRoom, *, clock: Callable[[], datetime], counters: Counters) -> StrictBlueprint:
    """The routes of phones. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "signin-phone", __name__, url_prefix="/v1", description="Approuver ou refuser une connexion."
    )

    def call(at: datetime) -> PhoneCall:
        limit(counters, f"signed:{request.remote_addr}", most=_SIGNED_A_MINUTE, window_s=_MINUTE_S, at=at)
        return PhoneCall(request.method, request.path, request.headers.get("DPoP", ""))

    _add_requests(blueprint, room, clock, call)
    _add_answers(blueprint, room, clock, call)
    _add_sessions(blueprint, room, clock, call)
    return blueprint


def _add_requests(
    blueprint: StrictBlueprint,
    room: PhoneRoom,
    clock: Callable[[], datetime],
    call: Callable[[datetime], PhoneCall],
) -> None:
    @blueprint.route("/signin-requests")
    class Requests(MethodView):
        @blueprint.gives(200, SigninRequestSchema(many=True))
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_UNSIGNED)
        def get(self) -> list[dict[str, Any]]:
            """Les connexions qui attendent une réponse, de la plus ancienne à la plus récente."""
            at = clock()
            return [_told(one) for one in room.phones.pending(call(at), at)]

        @blueprint.takes(ClaimSchema)
        @blueprint.gives(200, SigninRequestSchema)
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_NOT_MINE)
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Prendre la demande dont on a scanné le QR : elle est à cette personne désormais."""
            at = clock()
            return _told(room.phones.claim(call(at), body["code"], at))

    @blueprint.route("/signin-requests/<string:attempt_id>")
    class OneRequest(MethodView):
        @blueprint.gives(200, SigninRequestSchema)
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_ANSWERED)
        def get(self, attempt_id: str) -> dict[str, Any]:
            """Une demande : qui, d'où, pour quoi. Jamais les deux chiffres : ils sont sur l'autre écran."""
            at = clock()
            return _told(room.phones.describe(call(at), attempt_id, at))


def _add_answers(
    blueprint: StrictBlueprint,
    room: PhoneRoom,
    clock: Callable[[], datetime],
    call: Callable[[datetime], PhoneCall],
) -> None:
    @blueprint.route("/signin-requests/<string:attempt_id>/approval")
    class Approval(MethodView):
        @blueprint.takes(ApprovalSchema)
        @blueprint.gives(204)
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(
            {
                **_ANSWERED,
                403: "Geste refusé, chiffres faux (`left` essais restent), exercice ou personne refusés.",
                422: "Il faut choisir un exercice.",
            }
        )
        def post(self, body: dict[str, Any], attempt_id: str) -> None:
            """Approuver, par un geste WebAuthn sur toute la demande et les chiffres tapés.

            Trois erreurs de chiffres verrouillent la demande.
            Défi : SHA-256("FR-SIGNIN" || 00 || JSON canonique de attempt_id, client_id, scopes, acr, digits,
            exercice, t, et acts_for s'il n'est pas vide).
            """
            at = clock()
            answer = UnverifiedApproval(
                credential=body["credential"],
                digits=body["digits"],
                exercice=body["exercice"],
                acts_for=body["acts_for"],
                t=body["t"],
            )
            room.phones.approve(call(at), attempt_id, answer, at)

    @blueprint.route("/signin-requests/<string:attempt_id>/refusal")
    class Refusal(MethodView):
        @blueprint.gives(204)
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_ANSWERED)
        def post(self, attempt_id: str) -> None:
            """Refuser. Trois refus de suite de demandes non sollicitées les verrouillent un jour."""
            at = clock()
            room.phones.refuse(call(at), attempt_id, at)

    @blueprint.route("/signin-requests/<string:attempt_id>/report")
    class Report(MethodView):
        @blueprint.gives(204)
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_ANSWERED)
        def post(self, attempt_id: str) -> None:
            """« Ce n'est pas moi » : refuse, verrouille, et ferme les sessions chez ce service."""
            at = clock()
            room.phones.report(call(at), attempt_id, at)


def _add_sessions(
    blueprint: StrictBlueprint,
    room: PhoneRoom,
    clock: Callable[[], datetime],
    call: Callable[[datetime], PhoneCall],
) -> None:
    @blueprint.route("/sessions")
    class OwnSessions(MethodView):
        @blueprint.gives(200, SigninSessionSchema(many=True))
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_UNSIGNED)
        def get(self) -> list[dict[str, Any]]:
            """Où l'on est connecté, et depuis quand."""
            at = clock()
            return [
                {
                    "session_id": one.session_id,
                    "client_id": one.client_id,
                    "client_name": one.client_name,
                    "client_place": one.client_place,
                    "opened_at": one.opened_at,
                    "last_used_at": one.last_used_at,
                }
                for one in room.sessions.list(room.phones.whose(call(at), at), at)
            ]

        @blueprint.gives(204)
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_UNSIGNED)
        def delete(self) -> None:
            """Se déconnecter partout."""
            at = clock()
            room.sessions.close_every(room.phones.whose(call(at), at), "closed_on_phone", at)

    @blueprint.route("/sessions/<string:session_id>")
    class OneSession(MethodView):
        @blueprint.gives(204)
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_UNSIGNED)
        def delete(self, session_id: str) -> None:
            """Se déconnecter d'un service."""
            at = clock()
            room.sessions.close(room.phones.whose(call(at), at), session_id, "closed_on_phone", at)


def _told(asked: SigninRequest) -> dict[str, Any]:
    attempt, language = asked.kept.attempt, request.accept_languages.best_match(["fr", "en"], "fr") or "fr"
    order = attempt.order
    return {
        "attempt_id": attempt.attempt_id,
        "client_id": order.client_id,
        "client_name": order.client_name,
        "client_place": order.client_place,
        "purpose": order.purpose,
        "scopes": list(order.scopes),
        "scopes_in_words": in_words(order.scopes, language),
        "acr": order.acr,
        "card": order.kind.value,
        "unsolicited": asked.kept.was_named,
        "asked_at": attempt.opened_at,
        "expires_at": attempt.expires_at,
        "tries_left": asked.tries_left,
        "exercices": [exercice_told(one, language) for one in asked.exercices],
        "represented": [
            {"representation_id": one.representation_id, "name": one.name} for one in asked.represented
        ],
    }
