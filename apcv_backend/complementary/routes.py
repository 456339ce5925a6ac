"""The door of the room `complementary`: an insurer's client publishes its members' contracts.

Nothing about a person stands in a URL: the path holds the insurer's own reference, and a reference that looks
like a NIR is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.caller_door import identified
from apcv_backend.callers import Caller, CallerKind, Callers
from apcv_backend.complementary.file_door import FILES_A_MINUTE, documents_file, publish_file
from apcv_backend.complementary.rules import SCOPE
from apcv_backend.complementary.schemas import ContractSchema, OutcomeSchema
from apcv_backend.complementary.service import ContractDesk
from apcv_backend.ephemeral import Counters, limit

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
        @documents_file(blueprint)
        @blueprint.refuses({**_WHO, 415: "Le corps doit être du text/csv.", 422: "Encodage ou en-tête."})
        def post(self) -> Response:
            """Publier un fichier (CSV) : chaque mauvaise ligne est dite, les bonnes sont gardées."""
            at = clock()
            caller = insurer(at)
            limit(counters, f"contract_files:{caller.name}", most=FILES_A_MINUTE, window_s=_MINUTE_S, at=at)
            return publish_file(desk, caller.organisation, caller.name, at)

    return blueprint
