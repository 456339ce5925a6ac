"""The doors of an insurer's clerk: the same questions as their organisation's machines, asked by hand.

A clerk asks about their own organisation's members and on no other ground: no presence is handed to a
console, and a consent is given to professionals. Each clerk is an account of their own to the limits, so that
one clerk's stolen session opens no more than one account may, and freezes nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Response
from flask.views import MethodView
from marshmallow import fields, validate

from apcv_backend.blueprint import StrictBlueprint, StrictSchema
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.rights.answers import to_json
from apcv_backend.rights.batches import RightsBatches
from apcv_backend.rights.file_door import answer_file, documents_file
from apcv_backend.rights.query_rules import SCOPE, Ground, Purpose, Query, RightsNotAnswered
from apcv_backend.rights.query_service import RightsDesk, read_person
from apcv_backend.rights.request_reading import read_day
from apcv_backend.rights.schemas import PatientSchema, RightsAnswerSchema
from apcv_backend.staff_callers import StaffCallers, StaffRole
from apcv_backend.staff_door import unverified_staff_call

REFUSED_EVERY_S: Final = 0.1
_ROLE: Final = f"role:{StaffRole.INSURER_CLERK.value}"
_PURPOSES: Final = (Purpose.CONTRACT, Purpose.THIRD_PARTY_PAYMENT)
_MINUTE_S: Final = 60
_CALLS_A_MINUTE: Final = 60
_REFUSED: Final = {
    401: "Pas de session.",
    403: "Un autre rôle, ou un accès gelé par un plafond ; `code` dit lequel.",
    404: "Rien ne peut vous être dit de cette personne : inconnue ou non, la réponse est la même.",
    422: "Date des soins hors de la fenêtre, ou format incorrect.",
}


class ClerkQuerySchema(StrictSchema):
    """One question about a member."""

    purpose = fields.String(required=True, validate=validate.OneOf([one.value for one in _PURPOSES]))
    care_date = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"),
        metadata={"example": "2026-11-21"},
    )
    patient = fields.Nested(PatientSchema, required=True)


def clerk_as_caller(clerk: Caller) -> Caller:
    """A clerk, proven by their session, as the caller their questions are judged and counted as.

    Their organisation is the one two administrators wrote in their account. The patient reads its number.
    """
    return Caller(
        CallerKind.CLIENT,
        client_id=f"clerk:{clerk.subject_id}",
        organisation=clerk.organisation,
        purposes=frozenset(one.value for one in _PURPOSES),
        scopes=frozenset({SCOPE}),
        facts={"told_as": f"Organisme complémentaire {clerk.organisation}"[:120]},
    )


def make_blueprint(
    desk: RightsDesk,
    batches: RightsBatches,
    *,
    staff: StaffCallers,
    clock: Callable[[], datetime],
    counters: Counters,
    random: Callable[[int], bytes],
    ticks: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> StrictBlueprint:
    """The routes of a clerk. `clock` gives aware UTC instants, `ticks` seconds that only go forward."""
    blueprint = StrictBlueprint(
        "console", __name__, url_prefix="/v1/console", description="La console d'un organisme complémentaire."
    )

    def clerk(at: datetime) -> Caller:
        caller = staff.identify(unverified_staff_call(), at, StaffRole.INSURER_CLERK)
        limit(counters, f"console:{caller.subject_id}", most=_CALLS_A_MINUTE, window_s=_MINUTE_S, at=at)
        return clerk_as_caller(caller)

    @blueprint.route("/queries")
    class Queries(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(ClerkQuerySchema)
        @blueprint.gives(200, RightsAnswerSchema)
        @blueprint.refuses(_REFUSED)
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Une question sur un adhérent de son propre organisme."""
            arrived = ticks()
            at = clock()
            caller = clerk(at)
            try:
                return to_json(desk.answer(_query(body), caller, at))
            except RightsNotAnswered:
                pause(REFUSED_EVERY_S - (ticks() - arrived) % REFUSED_EVERY_S)
                raise

    @blueprint.route("/batches")
    class Batches(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @documents_file(blueprint, _PURPOSES)
        @blueprint.refuses({**_REFUSED, 415: "Le corps doit être du NDJSON."})
        def post(self) -> Response:
            """Un fichier de questions, comme `/v1/rights/batches` : les réponses arrivent ligne à ligne."""
            at = clock()
            caller = clerk(at)
            return answer_file(batches, caller, random, at)

    return blueprint


def _query(body: dict[str, Any]) -> Query:
    patient = body["patient"]
    return Query(
        ground=Ground.MEMBERSHIP,
        purpose=Purpose(body["purpose"]),
        care_date=read_day(body["care_date"]),
        person=read_person(patient["nir"], patient["birth_date"], patient["rank"]),
    )
