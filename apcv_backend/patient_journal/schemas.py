"""The words of the patient's journal, as OpenAPI says them."""

from __future__ import annotations

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema

_ENTRY = {"description": "Le nom de la ligne : 32 octets en base64url."}


class PageQuerySchema(StrictSchema):
    """Where a page begins."""

    before = fields.String(load_default="", validate=validate.Length(max=64), metadata=_ENTRY)


class ExportQuerySchema(StrictSchema):
    """In which form."""

    format = fields.String(load_default="json", validate=validate.OneOf(["json", "pdf"]))


class LineSchema(StrictSchema):
    """One thing that was done."""

    entry = fields.String(metadata=_ENTRY)
    at = fields.AwareDateTime()
    event = fields.String(metadata={"example": "rights.queried"})
    what = fields.String(metadata={"description": "Ce qui a été fait, en une phrase."})
    who = fields.String(metadata={"description": "Par qui, et où ; vide si c'est la personne elle-même."})
    why = fields.String(metadata={"description": "Motif, but, règle : ce que le journal en sait."})
    insurer = fields.String(
        metadata={
            "description": "Le numéro AMC de l'organisme qui a demandé, pour s'opposer à ses consultations "
            "(`POST /v1/consents`) ; vide si ce n'en est pas un.",
        }
    )
    contested_at = fields.AwareDateTime(allow_none=True)
    leaf_index = fields.Integer(
        allow_none=True, metadata={"description": "Sa place dans le journal scellé, une fois scellée."}
    )


class PageSchema(StrictSchema):
    """A page of the journal, newest first."""

    entries = fields.List(fields.Nested(LineSchema))
    next = fields.String(metadata={"description": "À donner en `before` pour la suite ; vide à la fin."})


class IncidentSchema(StrictSchema):
    """What was opened."""

    incident_id = fields.String()
    opened_at = fields.AwareDateTime()
