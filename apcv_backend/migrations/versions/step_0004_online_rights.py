"""Presences, rights queries and the limits on both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply this step."""
    _presences()
    _queries()
    _limits()


def _presences() -> None:
    op.create_table(
        "presences",
        sa.Column("presence_id", sa.String(length=36), nullable=False),
        sa.Column("credential_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("proof_t", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("professional_subject", sa.String(length=36), nullable=False),
        sa.Column("professional_id", sa.String(length=16), nullable=False),
        sa.Column("profession", sa.String(length=8), nullable=False),
        sa.Column("structure", sa.String(length=14), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("shape", sa.String(length=8), nullable=False),
        sa.Column("opens", sa.JSON(), nullable=False),
        sa.Column("insurer", sa.String(length=9), nullable=False),
        sa.Column("seen_elsewhere", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("presence_id", name=op.f("pk_presences")),
        sa.UniqueConstraint(
            "credential_digest", "proof_t", name=op.f("uq_presences_credential_digest_proof_t")
        ),
    )
    op.create_index(op.f("ix_presences_subject_id"), "presences", ["subject_id"], unique=False)
    op.create_index("ix_presences_device_id_opened_at", "presences", ["device_id", "opened_at"], unique=False)
    op.create_table(
        "uploaded_scans",
        sa.Column("credential_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("proof_t", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("structure", sa.String(length=14), nullable=False),
        sa.Column("professional_subject", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("credential_digest", "proof_t", "structure", name=op.f("pk_uploaded_scans")),
    )
    op.create_index(op.f("ix_uploaded_scans_device_id"), "uploaded_scans", ["device_id"], unique=False)


def _queries() -> None:
    op.create_table(
        "rights_batches",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("batch_key", sa.String(length=80), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("lines_told", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "batch_key", name=op.f("pk_rights_batches")),
    )
    op.create_table(
        "query_windows",
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("window_s", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asks", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "window_s", "window_start", name=op.f("pk_query_windows")),
    )
    op.create_index(op.f("ix_query_windows_expires_at"), "query_windows", ["expires_at"], unique=False)
    op.create_table(
        "query_people",
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "window_start", "person_index", name=op.f("pk_query_people")),
    )
    op.create_index(op.f("ix_query_people_expires_at"), "query_people", ["expires_at"], unique=False)


def _limits() -> None:
    op.create_table(
        "query_ceilings",
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("people_a_day", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_query_ceilings")),
    )
    op.create_table(
        "account_freezes",
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_account_freezes")),
    )
    op.create_table(
        "canaries",
        sa.Column("person_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.String(length=120), nullable=False),
        sa.Column("planted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_index", name=op.f("pk_canaries")),
    )
    op.create_table(
        "alarms",
        sa.Column("alarm_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarms")),
    )
    op.create_index(op.f("ix_alarms_at"), "alarms", ["at"], unique=False)
    op.create_table(
        "scan_refusals",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=48), nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "way", "reason", name=op.f("pk_scan_refusals")),
    )
