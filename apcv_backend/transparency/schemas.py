"""The words of the log's door, as OpenAPI says them."""

from __future__ import annotations

from marshmallow import fields, validate

from apcv_backend.blueprint import StrictSchema

_LARGEST = 1 << 53
_HASH = {"description": "SHA-256, en base64 (RFC 4648 section 4)."}


class HeadSchema(StrictSchema):
    """A signed head."""

    origin = fields.String(metadata={"description": "Le nom du journal."})
    tree_size = fields.Integer(metadata={"description": "Nombre d'entrées."})
    root = fields.String(metadata=_HASH)
    signed_at = fields.AwareDateTime()
    note = fields.String(
        metadata={
            "description": "La tête signée, au format C2SP tlog-checkpoint : c'est elle qui se vérifie."
        }
    )


class InclusionQuerySchema(StrictSchema):
    """Which leaf, in which tree."""

    leaf_index = fields.Integer(required=True, validate=validate.Range(min=0, max=_LARGEST))
    tree_size = fields.Integer(required=True, validate=validate.Range(min=1, max=_LARGEST))


class InclusionSchema(StrictSchema):
    """A path from a leaf to a root (RFC 9162 section 2.1.3)."""

    leaf_hash = fields.String(metadata=_HASH)
    path = fields.List(fields.String(metadata=_HASH))


class ConsistencyQuerySchema(StrictSchema):
    """From which tree to which."""

    first = fields.Integer(required=True, validate=validate.Range(min=0, max=_LARGEST))
    second = fields.Integer(required=True, validate=validate.Range(min=0, max=_LARGEST))


class ConsistencySchema(StrictSchema):
    """What shows that one tree begins another (RFC 9162 section 2.1.4)."""

    path = fields.List(fields.String(metadata=_HASH))
