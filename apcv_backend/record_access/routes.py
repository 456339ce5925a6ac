"""The doors of access to the record: a patient's words, and the question software asks. They decide nothing.

A patient speaks from their phone (DPoP by its app key) or from a place they signed in at with their apCV.
Nothing about a person stands in an address: numbers and documents travel in bodies.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import request
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.caller_door import identified
from apcv_backend.callers import CallerKind, Callers
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.record_access.ports import HiddenDocument
from apcv_backend.record_access.rules import (
    EMERGENCIES,
    SCOPE,
    Decision,
    Purpose,
    Scope,
    Statement,
    TargetKind,
)
from apcv_backend.record_access.schemas import (
    AccessDecisionSchema,
    AccessRequestSchema,
    ConsentSchema,
    HiddenSchema,
    HideSchema,
    SayConsentSchema,
    WithholdSchema,
)
from apcv_backend.record_access.service import AccessRequest, Patient, RecordDesk
from cartes.errors import InvalidValue

_MINUTE_S = 60
_WORDS_A_MINUTE = 600
_QUESTIONS_A_MINUTE = 6_000
_LONGEST_PROOF = 16_384

_NOT_A_PATIENT = {
    401: "Ni preuve du téléphone (DPoP), ni jeton d'une personne connectée avec son apCV.",
    403: "Téléphone retiré, ou jeton de quelqu'un d'autre qu'un patient.",
}
_NOT_A_PROFESSIONAL = {401: "Pas de jeton d'accès prouvé.", 403: "Ce jeton n'est pas d'un professionnel."}


def make_blueprint(
    room: RecordDesk, *, callers: Callers, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """The routes of access to the record. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "record_access",
        __name__,
        url_prefix="/v1",
        description="Qui ouvre mon dossier : ce que dit le patient, ce que demande un logiciel.",
    )

    def patient(at: datetime) -> Patient:
        limit(counters, f"record:{request.remote_addr}", most=_WORDS_A_MINUTE, window_s=_MINUTE_S, at=at)
        if "Authorization" in request.headers:
            return room.by_token(identified(callers, at, CallerKind.PATIENT, scope=SCOPE), at)
        proof = request.headers.get("DPoP", "")
        return room.by_phone(request.method, request.path, proof if len(proof) <= _LONGEST_PROOF else "", at)

    _add_consents(blueprint, room, clock, patient)
    _add_documents(blueprint, room, clock, patient)
    _add_questions(blueprint, room, callers, clock, counters)
    return blueprint


def _add_consents(
    blueprint: StrictBlueprint,
    room: RecordDesk,
    clock: Callable[[], datetime],
    patient: Callable[[datetime], Patient],
) -> None:
    @blueprint.route("/consents")
    class Consents(MethodView):
        @blueprint.called_by(CallerKind.PHONE, CallerKind.PATIENT, scope=SCOPE)
        @blueprint.gives(200, ConsentSchema(many=True))
        @blueprint.refuses(_NOT_A_PATIENT)
        def get(self) -> list[dict[str, Any]]:
            """Ce que j'ai accordé, bloqué ou refusé, et qui vaut encore."""
            at = clock()
            return [_statement(one) for one in room.statements(patient(at), at)]

        @blueprint.called_by(CallerKind.PHONE, CallerKind.PATIENT, scope=SCOPE)
        @blueprint.takes(SayConsentSchema)
        @blueprint.gives(201, ConsentSchema)
        @blueprint.refuses(_NOT_A_PATIENT)
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Accorder, bloquer, s'opposer à un assureur ou d'avance à l'urgence ; le dernier mot vaut."""
            at = clock()
            until = body.get("until")
            said = room.say(
                patient(at),
                TargetKind(body["target"]),
                body["number"],
                Decision(body["decision"]),
                at,
                scope=Scope(body["scope"]),
                until=None if until is None else _in_utc(until),
            )
            return _statement(said)

    @blueprint.route("/consents/<uuid:consent_id>")
    class OneConsent(MethodView):
        @blueprint.called_by(CallerKind.PHONE, CallerKind.PATIENT, scope=SCOPE)
        @blueprint.gives(204)
        @blueprint.refuses({**_NOT_A_PATIENT, 404: "Vous n'avez rien dit de tel."})
        def delete(self, consent_id: UUID) -> None:
            """Revenir sur ce qu'on a dit."""
            at = clock()
            room.take_back(patient(at), str(consent_id), at)


def _add_documents(
    blueprint: StrictBlueprint,
    room: RecordDesk,
    clock: Callable[[], datetime],
    patient: Callable[[datetime], Patient],
) -> None:
    @blueprint.route("/hidden-documents")
    class Hidden(MethodView):
        @blueprint.called_by(CallerKind.PHONE, CallerKind.PATIENT, scope=SCOPE)
        @blueprint.gives(200, HiddenSchema(many=True))
        @blueprint.refuses(_NOT_A_PATIENT)
        def get(self) -> list[dict[str, Any]]:
            """Les documents que j'ai masqués."""
            return [_hidden(one) for one in room.masked_by(patient(clock()))]

        @blueprint.called_by(CallerKind.PHONE, CallerKind.PATIENT, scope=SCOPE)
        @blueprint.takes(HideSchema)
        @blueprint.gives(201, HiddenSchema)
        @blueprint.refuses(_NOT_A_PATIENT)
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Masquer un document aux professionnels ; son auteur le garde."""
            at = clock()
            return _hidden(room.hide(patient(at), body["document"], at))

    @blueprint.route("/hidden-documents/<uuid:hidden_id>")
    class OneHidden(MethodView):
        @blueprint.called_by(CallerKind.PHONE, CallerKind.PATIENT, scope=SCOPE)
        @blueprint.gives(204)
        @blueprint.refuses({**_NOT_A_PATIENT, 404: "Rien de tel n'est masqué."})
        def delete(self, hidden_id: UUID) -> None:
            """Remontrer un document."""
            at = clock()
            room.show_again(patient(at), str(hidden_id), at)


def _add_questions(
    blueprint: StrictBlueprint,
    room: RecordDesk,
    callers: Callers,
    clock: Callable[[], datetime],
    counters: Counters,
) -> None:
    def count(at: datetime) -> None:
        limit(
            counters,
            f"access_decisions:{request.remote_addr}",
            most=_QUESTIONS_A_MINUTE,
            window_s=_MINUTE_S,
            at=at,
        )

    @blueprint.route("/access-decisions")
    class Decisions(MethodView):
        @blueprint.called_by(CallerKind.PROFESSIONAL, scope=SCOPE)
        @blueprint.takes(AccessRequestSchema)
        @blueprint.gives(200, AccessDecisionSchema)
        @blueprint.refuses(_NOT_A_PROFESSIONAL)
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Puis-je ouvrir ce dossier ? Oui ou non, la règle qui en décide, et où elle est écrite."""
            at = clock()
            count(at)
            caller = identified(callers, at, CallerKind.PROFESSIONAL, scope=SCOPE)
            purpose = Purpose(body["purpose"])
            rule = room.decide(
                caller,
                AccessRequest(
                    person=room.read_person(body["patient"], at),
                    purpose=purpose,
                    care_team=body["care_team"],
                    document=body.get("document"),
                    author=body.get("author"),
                    confidential=body["confidential"],
                    to_representative=body["to_representative"],
                ),
                at,
            )
            return {
                "decision": rule.answer.value,
                "rule": rule.name,
                "source": rule.source,
                "patient_is_told": purpose in EMERGENCIES,
            }

    @blueprint.route("/withheld-documents")
    class Withheld(MethodView):
        @blueprint.called_by(CallerKind.PROFESSIONAL, scope=SCOPE)
        @blueprint.takes(WithholdSchema)
        @blueprint.gives(201, HiddenSchema)
        @blueprint.refuses(_NOT_A_PROFESSIONAL)
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Retenir un document le temps de l'expliquer ; le patient le voit seul après un mois."""
            at = clock()
            count(at)
            caller = identified(callers, at, CallerKind.PROFESSIONAL, scope=SCOPE)
            person = room.read_person(body["patient"], at)
            return _hidden(room.withhold(caller, person, body["document"], at))


def _in_utc(told: datetime) -> datetime:
    """The same instant in UTC. Raises `InvalidValue` at the two ends of the calendar."""
    try:
        return told.astimezone(UTC)
    except OverflowError:
        raise InvalidValue(what="until", why="out_of_calendar") from None


def _statement(said: Statement) -> dict[str, Any]:
    return {
        "consent_id": said.consent_id,
        "target": said.target.kind.value,
        "number": said.target.text,
        "decision": said.decision.value,
        "scope": said.scope.value,
        "since": said.since,
        "until": said.until,
    }


def _hidden(one: HiddenDocument) -> dict[str, Any]:
    return {
        "hidden_id": one.hidden_id,
        "document": one.document,
        "since": one.since,
        "until": one.until,
    }
