"""What enters and leaves the door of the room `issuance`, in JSON, for the documentation and the answers.

The request itself is read by `openid4vci.parse_credential_request`, which has that protocol's words for what
is wrong; its schema here only documents it.
"""

from __future__ import annotations

from typing import ClassVar

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema
from cartes.cards import CardKind

_CARDS = [kind.value for kind in CardKind]


class NonceSchema(StrictSchema):
    """A nonce (OpenID4VCI 1.0 section 7.2), and how many seconds it lasts."""

    c_nonce = fields.String(
        required=True, metadata={"example": "aiD0c5VJvK2d8X9w1QmTt6YpRkS3eLbU4nZoGhFjCsM"}
    )
    c_nonce_expires_in = fields.Integer(required=True, metadata={"example": 300})


class ProofsSchema(StrictSchema):
    """Exactly one WebAuthn assertion (AuthenticationResponseJSON), by the key the cards will be bound to."""

    webauthn = fields.List(fields.Dict(), required=True, validate=validate.Length(equal=1))


class CredentialRequestSchema(StrictSchema):
    """A request for a batch of cards. What the phone signs is the canonical JSON of all but `proofs`."""

    credential_configuration_id = fields.String(required=True, validate=validate.OneOf(_CARDS))
    nonce = fields.String(required=True, metadata={"description": "Le c_nonce reçu."})
    exercice = fields.String(
        validate=validate.Length(min=1, max=40),
        metadata={"description": "e-CPS : un seul exercice ; sans lui, tous ceux qui sont ouverts."},
    )
    proofs = fields.Nested(ProofsSchema)

    class Meta(StrictSchema.Meta):
        """`for` is a word of Python, and the name of a member: whom the card is asked for."""

        include: ClassVar = {
            "for": fields.String(
                validate=validate.Length(min=1, max=32),
                metadata={
                    "description": "apCV : référence d'une délégation ; la carte est celle du représenté."
                },
            )
        }


class IssuedCardSchema(StrictSchema):
    """One card: base64url of its SQ1 credential, and what it is called in the batch."""

    credential = fields.String(required=True)
    format = fields.String(required=True, validate=validate.Equal("sq1"))
    shape = fields.String(validate=validate.OneOf(["identite", "soins", "complet"]))
    exercice = fields.String()
    contract = fields.String(metadata={"description": "AMC : l'identifiant du contrat, un point, la forme."})
    expires_at = fields.String(required=True, metadata={"example": "2026-11-24T10:00:00Z"})
    as_of = fields.String(
        required=True,
        metadata={
            "example": "2026-11-20T18:05:00Z",
            "description": "Date de lecture des droits à la source.",
        },
    )


class CredentialResponseSchema(StrictSchema):
    """The batch, and until when a renewal needs no gesture."""

    credentials = fields.List(fields.Nested(IssuedCardSchema), required=True)
    renew_until = fields.String(required=True, metadata={"example": "2027-02-19T10:00:00Z"})


class IssuedKindSchema(StrictSchema):
    """One kind of card: RP ID, client-data profiles, longest life, life by binding, batch."""

    rp_id = fields.String(required=True, metadata={"example": "apcv.localhost"})
    profiles = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    max_ttl_s = fields.Integer(required=True, metadata={"example": 259200})
    ttl_s = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    batch = fields.List(fields.String(), required=True)


class IssuerSchema(StrictSchema):
    """The issuer's metadata."""

    credential_issuer = fields.String(required=True)
    credential_endpoint = fields.String(required=True)
    nonce_endpoint = fields.String(required=True)
    format = fields.String(required=True)
    proof_types_supported = fields.List(fields.String(), required=True)
    kinds = fields.Dict(keys=fields.String(), values=fields.Nested(IssuedKindSchema), required=True)
