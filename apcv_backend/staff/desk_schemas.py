"""What enters and leaves the doors of the desk, in JSON. People are named in bodies, never in addresses."""

from __future__ import annotations

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema
from apcv_backend.representation.rules import DelegationType, EndedBy, Portee, Preuve
from cartes.cards import ENROLLED_KINDS

_CARDS = [kind.value for kind in ENROLLED_KINDS]
_NUMBER = validate.Length(min=1, max=64)
_TYPES = [one.word for one in DelegationType]


class PresentPersonSchema(StrictSchema):
    """Somebody who stands at the desk: which card, and the number their papers give."""

    card = fields.String(required=True, validate=validate.OneOf(_CARDS))
    person = fields.String(
        required=True,
        validate=_NUMBER,
        metadata={
            "description": "NIR, ou NIR de l'ouvrant droit / AAAAMMJJ / rang ; RPPS ou IDNPS.",
            "example": "158032A99904296",
        },
    )


class HandedCodeSchema(StrictSchema):
    """A code to hand over: its secrets are shown once."""

    card = fields.String(required=True)
    reference = fields.String(required=True, metadata={"example": "7K3M-9QRT"})
    secrets = fields.List(fields.String(), required=True)
    expires_at = fields.DateTime(required=True, format="iso")
    agent = fields.String(required=True)
    place = fields.String(required=True)


class SeenPhoneSchema(StrictSchema):
    """One of the person's live phones."""

    reference = fields.String(required=True)
    name = fields.String(required=True)
    card = fields.String(required=True)
    enrolled_at = fields.DateTime(required=True, format="iso")
    last_used_at = fields.DateTime(required=True, format="iso")


class LostPhoneSchema(PresentPersonSchema):
    """A phone the person no longer has."""

    reference = fields.String(required=True, validate=_NUMBER, metadata={"example": "7K3M-9QRT"})


class OpenDelegationSchema(StrictSchema):
    """Who represents whom, and the paper that says so."""

    beneficiary = fields.String(required=True, validate=_NUMBER)
    delegate = fields.String(required=True, validate=_NUMBER)
    type = fields.String(required=True, validate=validate.OneOf(_TYPES))
    proof = fields.String(required=True, validate=validate.OneOf(list(Preuve)))
    until = fields.Date()
    scope = fields.List(
        fields.String(validate=validate.OneOf(list(Portee))), validate=validate.Length(min=1, max=3)
    )


class DelegationSchema(StrictSchema):
    """A delegation, without a name or a number."""

    reference = fields.String(required=True)
    type = fields.String(required=True)
    scope = fields.List(fields.String(), required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    in_force = fields.Boolean(required=True)
    represents = fields.Boolean(
        metadata={"description": "La personne cherchée représente ; sinon, elle est représentée."}
    )


class PersonSchema(StrictSchema):
    """An insured person who stands at the desk."""

    person = fields.String(required=True, validate=_NUMBER)


class EndDelegationSchema(StrictSchema):
    """Which delegation is over, and on whose word."""

    reference = fields.String(required=True, validate=validate.Length(min=1, max=32))
    by = fields.String(required=True, validate=validate.OneOf(list(EndedBy)))
