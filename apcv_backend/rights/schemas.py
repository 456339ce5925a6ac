"""What enters and leaves the door of the room `rights`, in JSON."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate, validates_schema

from apcv_backend.blueprint import StrictSchema
from apcv_backend.rights.query_rules import Ground, Purpose

_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class PatientSchema(StrictSchema):
    """Who is asked about: their own NIR; or the ouvrant droit's, with a birth date and a rank."""

    nir = fields.String(
        required=True,
        validate=validate.Length(equal=15),
        metadata={"description": "Quinze caractères, clé comprise.", "example": "158032A99904296"},
    )
    birth_date = fields.String(
        load_default="",
        validate=validate.Regexp(r"^[0-9]{8}$"),
        metadata={"description": "AAAAMMJJ : le NIR est alors celui de l'ouvrant droit."},
    )
    rank = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=1, max=6))


class QuerySchema(StrictSchema):
    """One question. A presence names its patient; the two other grounds need one named."""

    ground = fields.String(required=True, validate=validate.OneOf([ground.value for ground in Ground]))
    purpose = fields.String(required=True, validate=validate.OneOf([purpose.value for purpose in Purpose]))
    care_date = fields.String(
        required=True, validate=validate.Regexp(_DAY), metadata={"example": "2026-11-21"}
    )
    presence_token = fields.String(load_default="", validate=validate.Length(max=2_048))
    patient = fields.Nested(PatientSchema, load_default=None)

    @validates_schema
    def _one_of_two(self, data: dict[str, object], **_: object) -> None:
        by_presence = data.get("ground") == Ground.PRESENCE.value
        if by_presence != bool(data.get("presence_token")):
            raise ValidationError("with the ground presence and no other", "presence_token")
        if by_presence == (data.get("patient") is not None):
            raise ValidationError("with the grounds consent and membership", "patient")


class AmoCoverSchema(StrictSchema):
    """A compulsory cover open on the care date; an end that is null is no end."""

    code_regime = fields.String(required=True)
    caisse_gestionnaire = fields.String(required=True)
    centre_gestionnaire = fields.String(required=True)
    code_gestion = fields.String(required=True)
    debut = fields.String(required=True)
    fin = fields.String(required=True, allow_none=True)


class AmcCoverSchema(StrictSchema):
    """A complementary contract open on the care date."""

    numero_amc = fields.String(required=True)
    numero_adherent = fields.String(required=True)
    type_convention = fields.String(required=True)
    csr = fields.String(required=True)
    debut = fields.String(required=True)
    fin = fields.String(required=True, allow_none=True)


class AmoSchema(StrictSchema):
    """Whether a compulsory cover is open, and which."""

    open = fields.Boolean(required=True)
    covers = fields.List(fields.Nested(AmoCoverSchema), required=True)


class AmcSchema(StrictSchema):
    """Whether a complementary contract that may be told is open, and which."""

    open = fields.Boolean(required=True)
    covers = fields.List(fields.Nested(AmcCoverSchema), required=True)


class RightsAnswerSchema(StrictSchema):
    """The least that the ground allows; a block that is not told is not there."""

    query_id = fields.String(required=True)
    ground = fields.String(required=True)
    care_date = fields.String(required=True)
    as_of = fields.String(
        required=True, metadata={"description": "Quand les droits ont été lus à leur source."}
    )
    amo = fields.Nested(AmoSchema)
    amc = fields.Nested(AmcSchema)
    matricule_ins = fields.String()
