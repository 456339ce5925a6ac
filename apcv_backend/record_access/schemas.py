"""What enters and leaves the doors of the room `record_access`, in JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from apcv_backend.blueprint import StrictSchema
from apcv_backend.record_access.rules import RULES, Answer, Decision, Purpose, Scope, TargetKind

_NUMBER = validate.Length(min=1, max=64)
_DOCUMENT = validate.Length(min=1, max=120)


class SayConsentSchema(StrictSchema):
    """What the patient says of one professional, structure, insurer, or of an emergency's purpose."""

    target = fields.String(required=True, validate=validate.OneOf(list(TargetKind)))
    number = fields.String(
        required=True,
        validate=_NUMBER,
        metadata={"description": "IDNPS, FINESS, numéro AMC ; ou bris_de_glace, centre_15 pour s'opposer."},
    )
    decision = fields.String(
        required=True,
        validate=validate.OneOf(list(Decision)),
        metadata={
            "description": "`blocked` d'une `organisation`, de portée `rights` : s'opposer à ses "
            "consultations de droits, sauf sur présentation de la carte."
        },
    )
    scope = fields.String(
        load_default=Scope.RECORD.value,
        validate=validate.OneOf(list(Scope)),
        metadata={"description": "`record` : le dossier. `rights` : les droits demandés en ligne."},
    )
    until = fields.AwareDateTime(format="iso", metadata={"description": "Fin, si elle est dite d'avance."})


class ConsentSchema(StrictSchema):
    """What the patient said, in force."""

    consent_id = fields.UUID(required=True)
    target = fields.String(required=True)
    number = fields.String(required=True)
    decision = fields.String(required=True)
    scope = fields.String(required=True)
    since = fields.DateTime(required=True, format="iso")
    until = fields.DateTime(format="iso", allow_none=True)


class HideSchema(StrictSchema):
    """A document to mask."""

    document = fields.String(required=True, validate=_DOCUMENT)


class HiddenSchema(StrictSchema):
    """A document hidden."""

    hidden_id = fields.UUID(required=True)
    document = fields.String(required=True)
    since = fields.DateTime(required=True, format="iso")
    until = fields.DateTime(format="iso", allow_none=True)


class WithholdSchema(StrictSchema):
    """A document its patient should hear explained first."""

    patient = fields.String(required=True, validate=_NUMBER, metadata={"description": "Comme au guichet."})
    document = fields.String(required=True, validate=_DOCUMENT)


class AccessRequestSchema(StrictSchema):
    """May I open this record, now, for this?"""

    patient = fields.String(required=True, validate=_NUMBER, metadata={"example": "158032A99904296"})
    purpose = fields.String(required=True, validate=validate.OneOf(list(Purpose)))
    care_team = fields.Boolean(
        required=True,
        truthy={True},
        falsy={False},
        metadata={"description": "Le logiciel déclare que ce professionnel est de l'équipe de soins."},
    )
    document = fields.String(validate=_DOCUMENT)
    author = fields.String(validate=_NUMBER, metadata={"description": "IDNPS de l'auteur du document."})
    confidential = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Un mineur a gardé cet événement pour lui (CSP L1111-5)."},
    )
    to_representative = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Ce sera montré à qui représente le patient."},
    )

    @validates_schema
    def _an_emergency_shows_nobody_else(self, data: dict[str, Any], **_kwargs: object) -> None:
        """Showing something to a representative is never what an emergency is for."""
        if data["to_representative"] and data["purpose"] != Purpose.NORMAL:
            raise ValidationError("with the purpose normal only", "to_representative")
        if "author" in data and "document" not in data:
            raise ValidationError("of which document", "author")


class AccessDecisionSchema(StrictSchema):
    """The answer, the rule that gave it, and where that is written."""

    decision = fields.String(required=True, validate=validate.OneOf(list(Answer)))
    rule = fields.String(required=True, validate=validate.OneOf([rule.name for rule in RULES]))
    source = fields.String(required=True, metadata={"example": "CSP L1111-17, R1111-46"})
    patient_is_told = fields.Boolean(required=True)
