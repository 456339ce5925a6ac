"""What enters and leaves the door of the room `complementary`, in JSON."""

from __future__ import annotations

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema
from cartes.amc import EtatContrat, Lien

_LONG = validate.Length(max=80)


class ContractSchema(StrictSchema):
    """One beneficiary under one contract. Its reference is in the path; who they are, never."""

    personne = fields.String(
        required=True,
        validate=_LONG,
        metadata={"description": "NIR et clé, ou NIR de l'ouvrant droit/AAAAMMJJ/rang.", "example": "…"},
    )
    numero_adherent = fields.String(required=True, validate=_LONG, metadata={"example": "F0000001"})
    lien = fields.String(required=True, validate=validate.OneOf([one.word for one in Lien]))
    nom_amc = fields.String(required=True, validate=_LONG, metadata={"example": "MUTUELLE FICTIVE"})
    type_convention = fields.String(required=True, validate=_LONG, metadata={"example": "ZZ"})
    csr = fields.String(load_default="", validate=_LONG, metadata={"example": "TEST01"})
    garantie = fields.String(load_default="", validate=_LONG, metadata={"example": "R1"})
    debut = fields.String(required=True, validate=_LONG, metadata={"example": "2026-01-01"})
    fin = fields.String(load_default="", validate=_LONG, metadata={"example": "2026-12-31"})
    responsable = fields.Boolean(required=True)
    gestion = fields.String(required=True, validate=_LONG, metadata={"example": "3"})
    domaines = fields.List(fields.String(validate=_LONG), load_default=list, validate=validate.Length(max=8))
    services = fields.List(fields.String(validate=_LONG), load_default=list, validate=validate.Length(max=8))
    etat = fields.String(required=True, validate=validate.OneOf([one.word for one in EtatContrat]))
    date_resiliation = fields.String(load_default="", validate=_LONG)


class OutcomeSchema(StrictSchema):
    """What became of it."""

    outcome = fields.String(required=True, validate=validate.OneOf(["entered", "changed", "same"]))


class RefusedLineSchema(StrictSchema):
    """A line of a file that was not taken; nothing of its content is repeated."""

    line = fields.Integer(required=True, metadata={"example": 17})
    field = fields.String(required=True, metadata={"example": "debut"})
    code = fields.String(required=True, metadata={"example": "not_a_day"})


class LoadReportSchema(StrictSchema):
    """What became of a file; of the lines that were not taken the first thousand."""

    entered = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    same = fields.Integer(required=True)
    refused = fields.List(fields.Nested(RefusedLineSchema), required=True)
    refused_lines = fields.Integer(required=True, metadata={"description": "Combien, dites ou non."})
