"""Consents and decisions of access to the record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "record_consents",
        sa.Column("consent_id", sa.String(length=36), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("target_kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_record_consents")),
        sa.UniqueConstraint(
            "subject_id",
            "target_kind",
            "target",
            "scope",
            name=op.f("uq_record_consents_subject_id_target_kind_target_scope"),
        ),
    )
    op.create_table(
        "hidden_documents",
        sa.Column("hidden_id", sa.String(length=36), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("document", sa.String(length=120), nullable=False),
        sa.Column("from_whom", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hidden_id", name=op.f("pk_hidden_documents")),
        sa.UniqueConstraint(
            "subject_id",
            "document",
            "from_whom",
            name=op.f("uq_hidden_documents_subject_id_document_from_whom"),
        ),
    )
