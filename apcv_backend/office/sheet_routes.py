"""The door that draws a sheet: what the desk's page just got, back as paper. Nothing is kept.

A code's secrets are readable once, in the answer that opened it. The page sends them back here to have them
drawn, under the agent's own session; a sheet asked for twice is the same sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Response
from flask.views import MethodView
from marshmallow import fields, validate

from apcv_backend.blueprint import StrictBlueprint, StrictSchema, View
from apcv_backend.callers import CallerKind
from apcv_backend.config import Config
from apcv_backend.office.sheet import CodeSheet, code_sheet_pdf
from apcv_backend.staff_callers import StaffCallers, StaffRole
from apcv_backend.staff_door import unverified_staff_call
from cartes.cards import ENROLLED_KINDS, CardKind

_PDF: Final = "application/pdf"
_ROLE: Final = f"role:{StaffRole.DESK_AGENT.value}"


class SheetSchema(StrictSchema):
    """A code just opened, as `POST /v1/desk/codes` gave it, and the language of whoever leaves with it."""

    card = fields.String(required=True, validate=validate.OneOf([kind.value for kind in ENROLLED_KINDS]))
    reference = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\Z"),
        metadata={"example": "7K3M-9QRT"},
    )
    secrets = fields.List(
        fields.String(
            validate=validate.Regexp(r"^[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}\Z"),
            metadata={"example": "4F7QX-02ZKM-8WN3J"},
        ),
        required=True,
        validate=validate.Length(min=1, max=2),
    )
    expires_at = fields.AwareDateTime(
        required=True, format="iso", metadata={"example": "2026-11-22T10:00:00+00:00"}
    )
    language = fields.String(load_default="fr", validate=validate.OneOf(["fr", "en"]))


def make_blueprint(config: Config, *, staff: StaffCallers, clock: Callable[[], datetime]) -> StrictBlueprint:
    """`POST /v1/desk/sheets`. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "desk_sheets", __name__, url_prefix="/v1/desk", description="La fiche que la personne emporte."
    )

    @blueprint.route("/sheets")
    class Sheets(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(SheetSchema)
        @_draws(blueprint)
        @blueprint.refuses({401: "Pas de session.", 403: "Un autre rôle."})
        def post(self, body: dict[str, Any]) -> Response:
            """Dessiner la fiche d'un code (PDF, un QR et trois étapes). Rien n'en est gardé."""
            caller = staff.identify(unverified_staff_call(), clock(), StaffRole.DESK_AGENT)
            card = CardKind(body["card"])
            sheet = CodeSheet(
                card=card,
                reference=body["reference"],
                secrets=tuple(body["secrets"]),
                expires_at=body["expires_at"],
                agent=caller.facts["agent"],
                place=caller.facts["place"],
                address=f"{config.relying_parties[card].web_origins[0]}/app/",
            )
            response = Response(code_sheet_pdf(sheet, body["language"]), content_type=_PDF)
            response.headers["Content-Disposition"] = 'inline; filename="fiche-activation.pdf"'
            return response

    return blueprint


def _draws(blueprint: StrictBlueprint) -> Callable[[View], View]:
    """Document the answer, which the view writes itself."""
    decorate: Callable[[View], View] = blueprint.alt_response(
        200, schema={"type": "string", "format": "binary"}, content_type=_PDF, description="La fiche."
    )
    return decorate
