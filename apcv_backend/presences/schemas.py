"""What enters and leaves the door of the room `presences`, in JSON."""

from __future__ import annotations

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema
from apcv_backend.presences.rules import MOST_UPLOADED, Method
from apcv_backend.presences.uploads import Verdict

_LONGEST_CODE = 2_048


class ScanSchema(StrictSchema):
    """A scanned code: its digits, and in the two-way mode those of the till's request it answers."""

    scan = fields.String(
        required=True,
        validate=validate.Length(min=1, max=_LONGEST_CODE),
        metadata={
            "description": "Les chiffres du code SQ1 ; en mode double sens, ceux de la réponse descellée."
        },
    )
    request = fields.String(
        load_default="",
        validate=validate.Length(max=_LONGEST_CODE),
        metadata={"description": "Mode double sens : les chiffres de la demande du poste."},
    )


class PresenceSchema(StrictSchema):
    """A presence: its token, until when it lives, and what a query on it may be told."""

    presence_id = fields.String(required=True)
    presence_token = fields.String(required=True, metadata={"description": "JWT `presence+jwt`, ES256."})
    method = fields.String(required=True, validate=validate.OneOf([method.value for method in Method]))
    opens = fields.List(fields.String(), required=True, metadata={"example": ["amo", "number"]})
    seen_elsewhere = fields.Boolean(
        required=True,
        metadata={"description": "Ce téléphone a été lu dans un autre établissement depuis dix minutes."},
    )
    expires_at = fields.String(required=True, metadata={"example": "2026-11-21T10:30:00Z"})
    renew_until = fields.String(required=True, metadata={"example": "2026-11-21T18:00:00Z"})


class UploadSchema(StrictSchema):
    """Scans made offline, in the order they were made."""

    scans = fields.List(
        fields.Nested(ScanSchema), required=True, validate=validate.Length(min=1, max=MOST_UPLOADED)
    )


class ComparedSchema(StrictSchema):
    """What became of one of them; `why` is the code of what refused it."""

    verdict = fields.String(required=True, validate=validate.OneOf([verdict.value for verdict in Verdict]))
    why = fields.String()


class UploadAnswerSchema(StrictSchema):
    """One answer a scan, in the same order. Never a token."""

    results = fields.List(fields.Nested(ComparedSchema), required=True)
