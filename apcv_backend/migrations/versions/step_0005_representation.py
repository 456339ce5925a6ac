"""Delegations and complementary cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "representations",
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("beneficiary_subject", sa.String(length=36), nullable=False),
        sa.Column("delegate_subject", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("proof", sa.String(length=24), nullable=False),
        sa.Column("sealed_terms", sa.LargeBinary(), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=24), nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_representations")),
    )
    op.create_index(
        op.f("ix_representations_beneficiary_subject"), "representations", ["beneficiary_subject"]
    )
    op.create_index(op.f("ix_representations_delegate_subject"), "representations", ["delegate_subject"])
    op.create_table(
        "contracts",
        sa.Column("contract_id", sa.String(length=36), nullable=False),
        sa.Column("numero_amc", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_contract", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("numero_amc", "reference", name=op.f("uq_contracts_numero_amc_reference")),
    )
    op.create_index(op.f("ix_contracts_subject_id"), "contracts", ["subject_id"])
