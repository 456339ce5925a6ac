"""The door of the room `rights`: one question, or a file of them. It decides nothing.

A refusal about a person leaves a whole number of `REFUSED_EVERY_S` after the question arrived: whether they
are unknown or another insurer's member, what the answer cost inside stays inside.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Response, request
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.caller_door import identified
from apcv_backend.callers import Caller, CallerKind, Callers
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.rights.answers import to_json
from apcv_backend.rights.batches import RightsBatches
from apcv_backend.rights.fhir_coverage import FHIR_JSON, to_fhir
from apcv_backend.rights.file_door import answer_file, documents_file
from apcv_backend.rights.query_rules import (
    SCOPE,
    Purpose,
    RightsAnswer,
    RightsNotAnswered,
)
from apcv_backend.rights.query_service import RightsDesk
from apcv_backend.rights.request_reading import read_query
from apcv_backend.rights.schemas import QuerySchema, RightsAnswerSchema
from cartes.wire import strict_json

REFUSED_EVERY_S: Final = 0.1
_MINUTE_S = 60
_QUERIES_A_MINUTE = 600
_BATCHES_A_MINUTE = 10

_REFUSED = {
    401: "Pas de jeton d'accès prouvé.",
    403: "Fondement, motif, présence ou accès refusés ; `code` dit lequel.",
    404: "Rien ne peut vous être dit de cette personne : inconnue ou non, la réponse est la même.",
    422: "Date des soins hors de la fenêtre, ou format incorrect.",
}


def make_blueprint(
    desk: RightsDesk,
    batches: RightsBatches,
    *,
    callers: Callers,
    clock: Callable[[], datetime],
    counters: Counters,
    random: Callable[[int], bytes],
    ticks: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> StrictBlueprint:
    """The routes of rights. `clock` gives aware UTC instants, `ticks` seconds that only go forward."""
    blueprint = StrictBlueprint(
        "rights", __name__, url_prefix="/v1", description="Demander si des droits sont ouverts, à un titre."
    )

    def caller_at(at: datetime, *kinds: CallerKind, most: int) -> Caller:
        caller = identified(callers, at, *kinds, scope=SCOPE)
        limit(counters, f"rights:{caller.name}:{most}", most=most, window_s=_MINUTE_S, at=at)
        return caller

    @blueprint.route("/rights/queries")
    class Queries(MethodView):
        @blueprint.called_by(CallerKind.PROFESSIONAL, CallerKind.CLIENT, scope=SCOPE)
        @blueprint.takes(QuerySchema)
        @blueprint.refuses(_REFUSED)
        @_answers_rights(blueprint)
        def post(self, body: dict[str, Any]) -> Response:
            """Des droits sont-ils ouverts à la date des soins, sous quels identifiants, lus quand ?

            Avec `Accept: application/fhir+json`, une CoverageEligibilityResponse et ses Coverage.
            """
            arrived = ticks()
            at = clock()
            caller = caller_at(at, CallerKind.PROFESSIONAL, CallerKind.CLIENT, most=_QUERIES_A_MINUTE)
            try:
                answer = desk.answer(read_query(body), caller, at)
            except RightsNotAnswered:
                pause(REFUSED_EVERY_S - (ticks() - arrived) % REFUSED_EVERY_S)
                raise
            return _negotiated(answer, at)

    @blueprint.route("/rights/batches")
    class Batches(MethodView):
        @blueprint.called_by(CallerKind.CLIENT, scope=SCOPE)
        @documents_file(blueprint, tuple(Purpose))
        @blueprint.refuses({**_REFUSED, 415: "Le corps doit être du NDJSON."})
        def post(self) -> Response:
            """Un fichier de 100 000 questions au plus sur vos propres adhérents, une par ligne.

            Les réponses arrivent ligne à ligne, dans l'ordre ; une ligne fausse ne gâte pas les autres.
            """
            at = clock()
            caller = caller_at(at, CallerKind.CLIENT, most=_BATCHES_A_MINUTE)
            return answer_file(batches, caller, random, at)

    return blueprint


def _answers_rights(blueprint: StrictBlueprint) -> Callable[[View], View]:
    """Document the two shapes of an answer; the view writes it itself."""
    decorate: Callable[[View], View] = blueprint.alt_response(
        200, schema=RightsAnswerSchema, description="En JSON, ou en FHIR R4 selon Accept."
    )
    return decorate


def _negotiated(answer: RightsAnswer, at: datetime) -> Response:
    wished = request.accept_mimetypes.best_match(["application/json", FHIR_JSON], "application/json")
    told = to_fhir(answer, at) if wished == FHIR_JSON else to_json(answer)
    return Response(strict_json.canonical(told), content_type=wished)
