"""What leaves the door of the room `representation`, in JSON."""

from __future__ import annotations

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema
from apcv_backend.representation.rules import DelegationType, Portee


class RepresentationSchema(StrictSchema):
    """One representation, with the name of the other person, for the phone of one of the two."""

    reference = fields.String(required=True, metadata={"example": "iT2sYbYyS1mN0q7sQm3xLw"})
    type = fields.String(required=True, validate=validate.OneOf([one.word for one in DelegationType]))
    scope = fields.List(fields.String(validate=validate.OneOf(list(Portee))), required=True)
    given = fields.String(
        required=True, metadata={"example": "ZOE", "description": "Vide si le registre ne la connaît plus."}
    )
    use_name = fields.String(required=True, metadata={"example": "MOREAU-TEST"})
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True, metadata={"description": "Dernier jour, compris."})
    exclut_confidentiel = fields.Boolean(required=True)


class RepresentationsSchema(StrictSchema):
    """Those one represents, and those who represent one."""

    held = fields.List(fields.Nested(RepresentationSchema), required=True)
    given = fields.List(fields.Nested(RepresentationSchema), required=True)
