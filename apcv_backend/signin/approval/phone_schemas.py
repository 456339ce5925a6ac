"""What phones send and get about sign-ins, in JSON: shapes and bounds. The two digits never leave."""

from __future__ import annotations

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema

_ID = validate.Regexp(r"\A[A-Za-z0-9_-]{43}\Z")
_WORD = validate.Length(max=64)


class ClaimSchema(StrictSchema):
    """What the QR of a waiting page says after `#`."""

    code = fields.String(required=True, validate=validate.Regexp(r"\A[A-Za-z0-9_-]{22}\Z"))


class ApprovalSchema(StrictSchema):
    """A gesture over one request, and what it signed (`FR-SIGNIN`, docs/walks/d-sign-in.md)."""

    credential = fields.Dict(
        required=True, metadata={"description": "AuthenticationResponseJSON (WebAuthn 3, 5.1.8)."}
    )
    digits = fields.String(
        required=True,
        validate=validate.Regexp(r"\A[0-9]{2}\Z"),
        metadata={"description": "Les deux chiffres lus sur l'autre écran, tapés par la personne."},
    )
    exercice = fields.String(load_default="", validate=_WORD)
    acts_for = fields.String(load_default="", validate=_WORD)
    t = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=2**40))


class ChoiceOfExerciceSchema(StrictSchema):
    """An exercice the professional may sign in as."""

    exercice_id = fields.String(required=True)
    label = fields.String(required=True, metadata={"example": "Médecin, Cabinet du Parc"})
    structure = fields.String(required=True, metadata={"description": "FINESS, ou vide."})


class RepresentedSchema(StrictSchema):
    """Somebody the person may sign in for."""

    representation_id = fields.String(required=True)
    name = fields.String(required=True)


class SigninRequestSchema(StrictSchema):
    """A request, as its owner must see it before answering."""

    attempt_id = fields.String(required=True, validate=_ID)
    client_id = fields.String(required=True)
    client_name = fields.String(required=True, metadata={"description": "Qui demande."})
    client_place = fields.String(required=True, metadata={"description": "D'où."})
    purpose = fields.String(required=True, metadata={"description": "Pour quoi."})
    scopes = fields.List(fields.String(), required=True, metadata={"description": "Signés tels quels."})
    scopes_in_words = fields.List(fields.String(), required=True)
    acr = fields.String(required=True)
    card = fields.String(required=True)
    unsolicited = fields.Boolean(
        required=True, metadata={"description": "Vrai si le service vous a nommé : vous n'avez rien scanné."}
    )
    asked_at = fields.DateTime(required=True, format="iso")
    expires_at = fields.DateTime(required=True, format="iso")
    tries_left = fields.Integer(required=True)
    exercices = fields.List(fields.Nested(ChoiceOfExerciceSchema), required=True)
    represented = fields.List(fields.Nested(RepresentedSchema), required=True)


class SigninSessionSchema(StrictSchema):
    """A session open at a client."""

    session_id = fields.String(required=True)
    client_id = fields.String(required=True)
    client_name = fields.String(required=True)
    client_place = fields.String(required=True)
    opened_at = fields.DateTime(required=True, format="iso")
    last_used_at = fields.DateTime(required=True, format="iso")
