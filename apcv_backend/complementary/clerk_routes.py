"""The door by which an insurer's clerk publishes a file of contracts from their console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import request
from flask.views import MethodView
from werkzeug.exceptions import UnsupportedMediaType

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.callers import CallerKind
from apcv_backend.complementary.schemas import LoadReportSchema
from apcv_backend.complementary.service import ContractDesk
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.staff_callers import StaffCallers, StaffRole
from apcv_backend.staff_door import unverified_staff_call

LARGEST_FILE: Final = 32 << 20
_ROLE: Final = f"role:{StaffRole.INSURER_CLERK.value}"
_MINUTE_S: Final = 60
_FILES_A_MINUTE: Final = 20


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
        @_takes_csv(blueprint)
        @blueprint.gives(200, LoadReportSchema)
        @blueprint.refuses(
            {
                401: "Pas de session.",
                403: "Un autre rôle.",
                415: "Le corps doit être du text/csv.",
                422: "Encodage ou en-tête.",
            }
        )
        def post(self) -> dict[str, Any]:
            """Publier les contrats de son propre organisme : chaque mauvaise ligne est dite."""
            at = clock()
            clerk = staff.identify(unverified_staff_call(), at, StaffRole.INSURER_CLERK)
            limit(
                counters,
                f"console_contracts:{clerk.subject_id}",
                most=_FILES_A_MINUTE,
                window_s=_MINUTE_S,
                at=at,
            )
            if request.mimetype != "text/csv":
                raise UnsupportedMediaType
            request.max_content_length = LARGEST_FILE
            report = desk.load(clerk.organisation, request.get_data(), clerk.name, at)
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
