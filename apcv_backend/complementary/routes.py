"""The door of the room `complementary`: an insurer's client publishes its members' contracts.

Nothing about a person stands in a URL: the path holds the insurer's own reference, and a reference that looks
like a NIR is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import request
from flask.views import MethodView
from werkzeug.exceptions import UnsupportedMediaType

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.caller_door import identified
from apcv_backend.callers import Caller, CallerKind, Callers
from apcv_backend.complementary.rules import SCOPE
from apcv_backend.complementary.schemas import ContractSchema, LoadReportSchema, OutcomeSchema
from apcv_backend.complementary.service import ContractDesk
from apcv_backend.ephemeral import Counters, limit

LARGEST_FILE: Final = 32 << 20
_MINUTE_S = 60
_CALLS_A_MINUTE = 3_000
_WHO = {401: "Pas de jeton d'accès prouvé.", 403: "Client qui n'est pas celui d'un assureur."}


def make_blueprint(
    desk: ContractDesk, *, callers: Callers, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """The routes of contracts. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "complementary", __name__, url_prefix="/v1", description="Les contrats que publient les assureurs."
    )

    def insurer(at: datetime) -> Caller:
        caller = identified(callers, at, CallerKind.CLIENT, scope=SCOPE)
        limit(counters, f"contracts:{caller.name}", most=_CALLS_A_MINUTE, window_s=_MINUTE_S, at=at)
        return caller

    @blueprint.route("/contracts/<string(maxlength=40):reference>")
    class One(MethodView):
        @blueprint.called_by(CallerKind.CLIENT, scope=SCOPE)
        @blueprint.takes(ContractSchema)
        @blueprint.gives(200, OutcomeSchema)
        @blueprint.refuses(_WHO)
        def put(self, body: dict[str, Any], reference: str) -> dict[str, str]:
            """Publier un bénéficiaire d'un contrat, ou le dire encore : la même ligne ne change rien.

            Ce qui change révoque les cartes délivrées sur ce qui était dit.
            """
            at = clock()
            caller = insurer(at)
            told = {
                **body,
                "contrat": reference,
                "responsable": "oui" if body["responsable"] else "non",
                "domaines": " ".join(body["domaines"]),
                "services": " ".join(body["services"]),
            }
            return {"outcome": desk.publish(caller.organisation, told, caller.name, at).value}

    @blueprint.route("/contracts/files")
    class Files(MethodView):
        @blueprint.called_by(CallerKind.CLIENT, scope=SCOPE)
        @_takes_csv(blueprint)
        @blueprint.gives(200, LoadReportSchema)
        @blueprint.refuses({**_WHO, 415: "Le corps doit être du text/csv.", 422: "Encodage ou en-tête."})
        def post(self) -> dict[str, Any]:
            """Publier un fichier (CSV) : chaque mauvaise ligne est dite, les bonnes sont gardées."""
            at = clock()
            caller = insurer(at)
            if request.mimetype != "text/csv":
                raise UnsupportedMediaType
            request.max_content_length = LARGEST_FILE
            report = desk.load(caller.organisation, request.get_data(), caller.name, at)
            return {
                "entered": report.entered,
                "changed": report.changed,
                "same": report.same,
                "refused": [
                    {"line": one.line, "field": one.field, "code": one.code} for one in report.refused
                ],
            }

    return blueprint


def _takes_csv(blueprint: StrictBlueprint) -> Callable[[View], View]:
    """Document the file, which the view reads itself."""
    decorate: Callable[[View], View] = blueprint.doc(
        requestBody={
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
        }
    )
    return decorate
