"""What enters and leaves the door of the room `enrolment`, in JSON: shapes, bounds, words and examples.

A schema says what a request looks like; it decides nothing. Binary values are unpadded base64url.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from apcv_backend.blueprint import StrictSchema
from cartes.cards import ENROLLED_KINDS, CardKind

_CARDS = [kind.value for kind in ENROLLED_KINDS]
_TYPED = validate.Length(min=1, max=64)
_COORDINATE = validate.Length(equal=43)
_NAME = validate.Length(min=1, max=60)
_TWO = 2


class ProofOfIdentitySchema(StrictSchema):
    """An activation code: its reference, and its secret (apCV) or both its secrets (e-CPS)."""

    method = fields.String(required=True, validate=validate.OneOf(["activation_code"]))
    reference = fields.String(required=True, validate=_TYPED, metadata={"example": "7K3M-9QRT"})
    secret = fields.String(validate=_TYPED, metadata={"example": "4F7QX-02ZKM-8WN3J", "description": "apCV."})
    secrets = fields.List(
        fields.String(validate=_TYPED),
        validate=validate.Length(equal=_TWO),
        metadata={
            "example": ["4F7QX-02ZKM-8WN3J", "P1DDE-77RVA-M0S5C"],
            "description": "e-CPS : le code reçu par téléphone, puis le code reçu par courriel.",
        },
    )


class AppKeySchema(StrictSchema):
    """The phone's second key, public part: a JWK on P-256 (RFC 7517, RFC 7518 section 6.2)."""

    kty = fields.String(required=True, validate=validate.Equal("EC"))
    crv = fields.String(required=True, validate=validate.Equal("P-256"))
    x = fields.String(required=True, validate=_COORDINATE)
    y = fields.String(required=True, validate=_COORDINATE)
    use = fields.String(validate=validate.Equal("sig"))
    alg = fields.String(validate=validate.Equal("ES256"))
    kid = fields.String(validate=_TYPED)
    ext = fields.Boolean(truthy={True}, falsy={False})
    key_ops = fields.List(
        fields.String(validate=validate.OneOf(["verify"])), validate=validate.Length(equal=1)
    )


class BeginSchema(StrictSchema):
    """A person with a phone in hand asks for a card."""

    card = fields.String(required=True, validate=validate.OneOf(_CARDS))
    proof = fields.Nested(ProofOfIdentitySchema, required=True)
    device_name = fields.String(required=True, validate=_NAME, metadata={"example": "Téléphone de Nadia"})
    app_key = fields.Nested(AppKeySchema, required=True)

    @validates_schema
    def _as_many_secrets_as_the_card_takes(self, data: dict[str, Any], **_kwargs: object) -> None:
        """One secret for the apCV, two for the e-CPS."""
        two = data["card"] == CardKind.ECPS.value
        proof = data["proof"]
        if ("secrets" in proof) != two:
            raise ValidationError({"proof": {"secrets": ["one for each way, e-CPS only"]}})
        if ("secret" in proof) == two:
            raise ValidationError({"proof": {"secret": ["apCV only"]}})


class BegunSchema(StrictSchema):
    """What to make the key with, and until when to answer."""

    ceremony_id = fields.UUID(required=True)
    expires_at = fields.DateTime(required=True, format="iso")
    public_key = fields.Dict(
        required=True, metadata={"description": "PublicKeyCredentialCreationOptionsJSON (WebAuthn 3, 5.1.8)."}
    )


class FinishSchema(StrictSchema):
    """The key the phone made."""

    credential = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "RegistrationResponseJSON (WebAuthn 3, 5.1.8)."},
    )


class EnrolledSchema(StrictSchema):
    """The phone registered. `loss_code` is shown once, for the slip that is kept at home."""

    device_id = fields.UUID(required=True)
    reference = fields.String(required=True, metadata={"description": "Pour déclarer une perte."})
    card = fields.String(required=True, validate=validate.OneOf(_CARDS))
    binding = fields.String(required=True, metadata={"example": "hardware_attested"})
    attestation_format = fields.String(required=True, metadata={"example": "android-key"})
    loss_code = fields.String(required=True, metadata={"example": "9QK2-77RV-AM0S-5C4F"})
    renew_until = fields.DateTime(required=True, format="iso")


class DeviceSchema(StrictSchema):
    """One of the person's phones."""

    device_id = fields.UUID(required=True)
    reference = fields.String(required=True)
    name = fields.String(required=True)
    card = fields.String(required=True, validate=validate.OneOf(_CARDS))
    binding = fields.String(required=True)
    enrolled_at = fields.DateTime(required=True, format="iso")
    last_used_at = fields.DateTime(required=True, format="iso")
    this_device = fields.Boolean(required=True)


class RenameSchema(StrictSchema):
    """Another name for a phone."""

    name = fields.String(required=True, validate=_NAME, metadata={"example": "Ancien téléphone"})


class NoticeSchema(StrictSchema):
    """Something the person should know about their phones."""

    notice_id = fields.UUID(required=True)
    kind = fields.String(
        required=True,
        validate=validate.OneOf(
            [
                "device_added",
                "device_withdrawn",
                "device_lost",
                "record_opened_in_emergency",
                "represented_record_in_emergency",
            ]
        ),
    )
    at = fields.DateTime(required=True, format="iso")
    device_name = fields.String(required=True)


class LossReportSchema(StrictSchema):
    """A phone is lost, and here is its slip."""

    reference = fields.String(required=True, validate=_TYPED, metadata={"example": "7K3M-9QRT"})
    loss_code = fields.String(required=True, validate=_TYPED, metadata={"example": "9QK2-77RV-AM0S-5C4F"})
