"""What enters and leaves the doors of the room `staff`, in JSON."""

from __future__ import annotations

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema
from apcv_backend.quota_rules import MOST_RAISED
from apcv_backend.staff.rules import MOST_DAILY_CODES, ProposalKind
from apcv_backend.staff_callers import StaffRole

_LINE = validate.Length(min=1, max=120)
_HALF = validate.Length(min=1, max=64)
_ROLES = [role.value for role in StaffRole]
_STRUCTURE = validate.Regexp(r"^[A-Za-z0-9]{1,32}\Z")


class InvitationSchema(StrictSchema):
    """An invitation: the half of whoever proposed, and the half of whoever approved."""

    first_half = fields.String(required=True, validate=_HALF)
    second_half = fields.String(required=True, validate=_HALF)


class StaffBegunSchema(StrictSchema):
    """A WebAuthn exchange: its options, and until when to answer."""

    ceremony_id = fields.UUID(required=True)
    expires_at = fields.DateTime(required=True, format="iso")
    public_key = fields.Dict(required=True, metadata={"description": "Options WebAuthn 3, en JSON."})


class StaffAnswerSchema(StrictSchema):
    """What the browser answered: RegistrationResponseJSON or AuthenticationResponseJSON."""

    credential = fields.Dict(keys=fields.String(), required=True)


class MemberSchema(StrictSchema):
    """A colleague."""

    member_id = fields.UUID(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(_ROLES))
    structure = fields.String(required=True)
    place = fields.String(required=True)
    daily_codes = fields.Integer(required=True)
    has_key = fields.Boolean(required=True)


class SignedInSchema(StrictSchema):
    """Who is signed in, until when, and the word that goes with every change."""

    member = fields.Nested(MemberSchema, required=True)
    session_id = fields.UUID(required=True)
    expires_at = fields.DateTime(required=True, format="iso")
    idle_s = fields.Integer(required=True, metadata={"description": "Secondes sans rien faire, au plus."})
    csrf = fields.String(
        required=True, metadata={"description": "À renvoyer dans `X-Staff-Csrf` à chaque changement."}
    )


class WhoSchema(StrictSchema):
    """Who is signed in here."""

    member_id = fields.UUID(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True, validate=validate.OneOf(_ROLES))
    structure = fields.String(required=True)
    place = fields.String(required=True)
    session_id = fields.UUID(required=True)
    csrf = fields.String(required=True)


class SessionSchema(StrictSchema):
    """One of the colleague's sessions."""

    session_id = fields.UUID(required=True)
    opened_at = fields.DateTime(required=True, format="iso")
    last_used_at = fields.DateTime(required=True, format="iso")
    expires_at = fields.DateTime(required=True, format="iso")
    this_session = fields.Boolean(required=True)


class ProposeSchema(StrictSchema):
    """What one administrator proposes; which members are needed depends on `kind`."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in ProposalKind]))
    member_id = fields.UUID(metadata={"description": "change_role, raise_limit, new_key."})
    name = fields.String(validate=_LINE, metadata={"description": "add_member."})
    role = fields.String(validate=validate.OneOf(_ROLES))
    structure = fields.String(validate=_STRUCTURE, metadata={"description": "FINESS, SIRET ou numéro AMC."})
    place = fields.String(validate=_LINE, metadata={"example": "Accueil de Corte"})
    daily_codes = fields.Integer(strict=True, validate=validate.Range(1, MOST_DAILY_CODES))
    account = fields.String(
        validate=_LINE, metadata={"description": "lift_account, set_ceiling ; tel que l'alarme le nomme."}
    )
    people_a_day = fields.Integer(strict=True, validate=validate.Range(1, MOST_RAISED))


class ProposalSchema(StrictSchema):
    """A proposal that waits for a second person."""

    proposal_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    wanted = fields.Dict(required=True)
    digest = fields.String(required=True, metadata={"description": "SHA-256, hexadécimal : ce qu'on signe."})
    proposed_by = fields.UUID(required=True)
    proposed_at = fields.DateTime(required=True, format="iso")
    expires_at = fields.DateTime(required=True, format="iso")


class ProposedSchema(ProposalSchema):
    """A proposal just made."""

    first_half = fields.String(
        metadata={"description": "La moitié d'invitation de qui propose : montrée une fois."}
    )


class ApprovalBegunSchema(StaffBegunSchema):
    """What to sign with; the challenge is SHA-256("FR-STAFF" || 00 || nonce || digest)."""

    nonce = fields.String(required=True)


class ApproveSchema(StaffAnswerSchema):
    """The approver's fresh signature."""

    ceremony_id = fields.UUID(required=True)


class ApprovedSchema(StrictSchema):
    """A proposal applied."""

    proposal_id = fields.UUID(required=True)
    member_id = fields.UUID(metadata={"description": "Absent quand il s'agit d'un accès."})
    second_half = fields.String(
        metadata={"description": "La moitié d'invitation de qui approuve : montrée une fois."}
    )
    invitation_until = fields.DateTime(format="iso")
