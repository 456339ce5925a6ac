"""The door by which an insurer's clerk publishes a file of contracts from their console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from flask import Response
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import CallerKind
from apcv_backend.complementary.file_door import FILES_A_MINUTE, documents_file, publish_file
from apcv_backend.complementary.service import ContractDesk
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.staff_callers import StaffCallers, StaffRole
from apcv_backend.staff_door import unverified_staff_call

_ROLE: Final = f"role:{StaffRole.INSURER_CLERK.value}"
_MINUTE_S: Final = 60


def make_blueprint(
    desk: ContractDesk, *, staff: StaffCallers, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """`POST /v1/console/contracts`. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "console_contracts",
        __name__,
        url_prefix="/v1/console",
        description="Les contrats, publiés depuis la console.",
    )

    @blueprint.route("/contracts")
    class Contracts(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @documents_file(blueprint)
        @blueprint.refuses(
            {
                401: "Pas de session.",
                403: "Un autre rôle.",
                415: "Le corps doit être du text/csv.",
                422: "Encodage ou en-tête.",
            }
        )
        def post(self) -> Response:
            """Publier les contrats de son propre organisme : chaque mauvaise ligne est dite."""
            at = clock()
            clerk = staff.identify(unverified_staff_call(), at, StaffRole.INSURER_CLERK)
            limit(
                counters,
                f"console_contracts:{clerk.subject_id}",
                most=FILES_A_MINUTE,
                window_s=_MINUTE_S,
                at=at,
            )
            return publish_file(desk, clerk.organisation, clerk.name, at)

    return blueprint
