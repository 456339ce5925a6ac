"""Sign-in: clients, attempts, codes, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply this step."""
    _attempts()


def _attempts() -> None:
    op.create_table(
        "signin_attempts",
        sa.Column("attempt_id", sa.String(length=43), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("sealed_order", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("digits", sa.String(length=2), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("browser_mac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("claim_mac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("person_index", sa.LargeBinary(length=32), nullable=True),
        sa.Column("subject_id", sa.String(length=36), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("reached_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("device_id", sa.String(length=36), nullable=True),
        sa.Column("exercice_id", sa.String(length=64), nullable=False),
        sa.Column("structure", sa.String(length=16), nullable=False),
        sa.Column("sealed_acts_for", sa.LargeBinary(), nullable=True),
        sa.Column("amr", sa.JSON(), nullable=True),
        sa.Column("return_mac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("exercice_due", sa.Boolean(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_signin_attempts")),
        sa.UniqueConstraint("claim_mac", name=op.f("uq_signin_attempts_claim_mac")),
    )
    op.create_index(op.f("ix_signin_attempts_expires_at"), "signin_attempts", ["expires_at"], unique=False)
    op.create_index(
        "ix_signin_attempts_subject_state", "signin_attempts", ["subject_id", "state"], unique=False
    )
    op.create_table(
        "signin_reach",
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("pending_attempt", sa.String(length=43), nullable=False),
        sa.Column("pending_until", sa.BigInteger(), nullable=False),
        sa.Column("prompt_1", sa.BigInteger(), nullable=False),
        sa.Column("prompt_2", sa.BigInteger(), nullable=False),
        sa.Column("prompt_3", sa.BigInteger(), nullable=False),
        sa.Column("prompt_4", sa.BigInteger(), nullable=False),
        sa.Column("prompt_5", sa.BigInteger(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_signin_reach")),
    )
    op.create_table(
        "signin_pings",
        sa.Column("attempt_id", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("endpoint", sa.String(length=2000), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_signin_pings")),
    )
    op.create_index(op.f("ix_signin_pings_due_at"), "signin_pings", ["due_at"], unique=False)
