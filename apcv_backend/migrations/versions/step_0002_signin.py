"""Sign-in: clients, attempts, codes, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply this step."""
    _provider()
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


def _provider() -> None:
    _oidc_clients()
    _pushed_requests()
    _signin_sessions()
    _authorization_codes()
    _refresh_tokens()
    _logout_deliveries()


def _oidc_clients() -> None:
    op.create_table(
        "oidc_clients",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("secret_mac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("former_secret_mac", sa.LargeBinary(length=32), nullable=True),
        sa.Column("former_secret_until", sa.BigInteger(), nullable=True),
        sa.Column("registered_by", sa.String(length=120), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_why", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_oidc_clients")),
    )


def _pushed_requests() -> None:
    op.create_table(
        "pushed_requests",
        sa.Column("request_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("sealed_request", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("request_mac", name=op.f("pk_pushed_requests")),
    )
    op.create_index(op.f("ix_pushed_requests_expires_at"), "pushed_requests", ["expires_at"], unique=False)


def _signin_sessions() -> None:
    op.create_table(
        "signin_sessions",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("exercice_id", sa.String(length=64), nullable=False),
        sa.Column("structure", sa.String(length=16), nullable=False),
        sa.Column("acts_for", sa.String(length=36), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("acr", sa.String(length=32), nullable=False),
        sa.Column("amr", sa.JSON(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=512), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_why", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_signin_sessions")),
    )
    op.create_index(op.f("ix_signin_sessions_client_id"), "signin_sessions", ["client_id"], unique=False)
    op.create_index(op.f("ix_signin_sessions_device_id"), "signin_sessions", ["device_id"], unique=False)
    op.create_index(op.f("ix_signin_sessions_expires_at"), "signin_sessions", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_signin_sessions_subject_closed"),
        "signin_sessions",
        ["subject_id", "closed_at"],
        unique=False,
    )


def _authorization_codes() -> None:
    op.create_table(
        "authorization_codes",
        sa.Column("code_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("redirect_uri", sa.String(length=2000), nullable=False),
        sa.Column("code_challenge", sa.String(length=43), nullable=False),
        sa.Column("dpop_jkt", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code_mac", name=op.f("pk_authorization_codes")),
    )
    op.create_index(
        op.f("ix_authorization_codes_expires_at"), "authorization_codes", ["expires_at"], unique=False
    )


def _refresh_tokens() -> None:
    op.create_table(
        "refresh_tokens",
        sa.Column("token_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("jkt", sa.String(length=43), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=True),
        sa.Column("successor_used", sa.Boolean(), nullable=False),
        sa.Column("former_mac", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("token_mac", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_expires_at"), "refresh_tokens", ["expires_at"], unique=False)
    op.create_index(op.f("ix_refresh_tokens_session_id"), "refresh_tokens", ["session_id"], unique=False)


def _logout_deliveries() -> None:
    op.create_table(
        "logout_deliveries",
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_logout_deliveries")),
    )
    op.create_index(op.f("ix_logout_deliveries_due_at"), "logout_deliveries", ["due_at"], unique=False)
