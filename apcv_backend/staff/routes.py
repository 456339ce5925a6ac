"""The doors of the room `staff`: registering a key, signing in and out. They decide nothing.

The cookie of a session is written here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import after_this_request, request
from flask.views import MethodView
from flask.wrappers import Response

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.staff.rules import IDLE, LONGEST_SESSION
from apcv_backend.staff.schemas import (
    InvitationSchema,
    MemberSchema,
    SessionSchema,
    SignedInSchema,
    StaffAnswerSchema,
    StaffBegunSchema,
    WhoSchema,
)
from apcv_backend.staff.service import StaffRoom
from apcv_backend.staff.words import NOT_STAFF, begun_words, member_words
from apcv_backend.staff_callers import COOKIE
from apcv_backend.staff_door import unverified_staff_call

_MINUTE_S = 60
_TRIES_A_MINUTE = 120

_GONE = {403: "Clé ou invitation refusée.", 404: "Ce n'est pas une adresse.", 410: "Échange expiré."}


def make_blueprint(room: StaffRoom, *, clock: Callable[[], datetime], counters: Counters) -> StrictBlueprint:
    """The routes by which colleagues come in and leave. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "staff",
        __name__,
        url_prefix="/v1/staff",
        description="Les agents : leur clé, leur session. Jamais de mot de passe.",
    )

    def count(what: str, at: datetime) -> None:
        limit(counters, f"{what}:{request.remote_addr}", most=_TRIES_A_MINUTE, window_s=_MINUTE_S, at=at)

    _add_registrations(blueprint, room, clock, count)
    _add_sign_ins(blueprint, room, clock, count)
    _add_sessions(blueprint, room, clock)
    return blueprint


def _add_registrations(
    blueprint: StrictBlueprint,
    room: StaffRoom,
    clock: Callable[[], datetime],
    count: Callable[[str, datetime], None],
) -> None:
    @blueprint.route("/registrations")
    class Registrations(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.takes(InvitationSchema)
        @blueprint.gives(201, StaffBegunSchema)
        @blueprint.refuses({403: "Invitation refusée."})
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Présenter les deux moitiés d'une invitation ; recevoir de quoi créer sa clé."""
            at = clock()
            count("staff_registrations", at)
            return begun_words(room.registration.begin(body["first_half"], body["second_half"], at))

    @blueprint.route("/registrations/<uuid:ceremony_id>")
    class Registration(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.takes(StaffAnswerSchema)
        @blueprint.gives(201, MemberSchema)
        @blueprint.refuses({**_GONE, 409: "Clé déjà enregistrée."})
        def post(self, body: dict[str, Any], ceremony_id: UUID) -> dict[str, Any]:
            """Enregistrer sa clé, dont le matériel doit répondre ; l'invitation ne sert qu'une fois."""
            at = clock()
            count("staff_registrations", at)
            return member_words(
                room.registration.finish(str(ceremony_id), body["credential"], at), has_key=True
            )


def _add_sign_ins(
    blueprint: StrictBlueprint,
    room: StaffRoom,
    clock: Callable[[], datetime],
    count: Callable[[str, datetime], None],
) -> None:
    @blueprint.route("/sign-ins")
    class SignIns(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.gives(201, StaffBegunSchema)
        @blueprint.refuses({})
        def post(self) -> dict[str, Any]:
            """Demander à se connecter : un défi, le même pour tous ; personne n'est nommé."""
            at = clock()
            count("staff_sign_ins", at)
            return begun_words(room.sessions.begin(at))

    @blueprint.route("/sign-ins/<uuid:ceremony_id>")
    class SignIn(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.takes(StaffAnswerSchema)
        @blueprint.gives(201, SignedInSchema)
        @blueprint.refuses(_GONE)
        def post(self, body: dict[str, Any], ceremony_id: UUID) -> dict[str, Any]:
            """Répondre au défi avec sa clé : la session est dans un cookie que les scripts ne lisent pas."""
            at = clock()
            count("staff_sign_ins", at)
            held = unverified_staff_call().token
            opened = room.sessions.finish(str(ceremony_id), body["credential"], at, unverified_held=held)
            _leave_cookie(opened.token, int(LONGEST_SESSION.total_seconds()))
            return {
                "member": member_words(opened.member, has_key=True),
                "session_id": opened.session.session_id,
                "expires_at": opened.session.expires_at,
                "idle_s": int(IDLE.total_seconds()),
                "csrf": opened.csrf,
            }


def _add_sessions(blueprint: StrictBlueprint, room: StaffRoom, clock: Callable[[], datetime]) -> None:
    def staff(at: datetime) -> Caller:
        return room.identify(unverified_staff_call(), at)

    @blueprint.route("/session")
    class ThisSession(MethodView):
        @blueprint.called_by(CallerKind.STAFF)
        @blueprint.gives(200, WhoSchema)
        @blueprint.refuses(NOT_STAFF)
        def get(self) -> dict[str, Any]:
            """Qui est connecté ici, et le mot à joindre à chaque changement."""
            caller = staff(clock())
            return {
                "member_id": caller.subject_id,
                "name": caller.facts["agent"],
                "role": caller.facts["role"],
                "structure": caller.structure,
                "place": caller.facts["place"],
                "session_id": caller.facts["session"],
                "csrf": room.sessions.csrf_of(unverified_staff_call()),
            }

        @blueprint.called_by(CallerKind.STAFF)
        @blueprint.gives(204)
        @blueprint.refuses(NOT_STAFF)
        def delete(self) -> None:
            """Se déconnecter."""
            at = clock()
            caller = staff(at)
            room.sessions.close(caller, caller.facts["session"], at)
            _leave_cookie("", 0)

    @blueprint.route("/sessions")
    class Sessions(MethodView):
        @blueprint.called_by(CallerKind.STAFF)
        @blueprint.gives(200, SessionSchema(many=True))
        @blueprint.refuses(NOT_STAFF)
        def get(self) -> list[dict[str, Any]]:
            """Ses sessions en cours, la plus récente d'abord."""
            at = clock()
            caller = staff(at)
            return [
                {
                    "session_id": one.session_id,
                    "opened_at": one.opened_at,
                    "last_used_at": one.last_used_at,
                    "expires_at": one.expires_at,
                    "this_session": one.session_id == caller.facts["session"],
                }
                for one in room.sessions.sessions(caller, at)
            ]

    @blueprint.route("/sessions/<uuid:session_id>")
    class OneSession(MethodView):
        @blueprint.called_by(CallerKind.STAFF)
        @blueprint.gives(204)
        @blueprint.refuses({**NOT_STAFF, 404: "Pas de telle session."})
        def delete(self, session_id: UUID) -> None:
            """Fermer une de ses sessions."""
            at = clock()
            room.sessions.close(staff(at), str(session_id), at)


def _leave_cookie(token: str, max_age_s: int) -> None:
    """Browsers take loopback for secure too: the attribute stands in development as well."""

    @after_this_request
    def _write(response: Response) -> Response:
        response.set_cookie(
            COOKIE, token, max_age=max_age_s, path="/", secure=True, httponly=True, samesite="Strict"
        )
        return response
