"""The OpenID Provider (room signin): clients, pushed requests, codes, sessions, refresh tokens, log-outs.

Whatever opens a door stands here under a keyed hash. What a client asked lies in sealed envelopes: it may
hold a national number. A session is found by its subject, by its device, and dies with them.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table

from apcv_backend.tables.base import Instant, metadata

oidc_clients = Table(
    "oidc_clients",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("document", JSON, nullable=False),  # what was registered, without a secret
    Column("secret_mac", LargeBinary(32)),
    Column("former_secret_mac", LargeBinary(32)),  # accepted a little longer while the client changes it
    Column("former_secret_until", Instant),
    Column("registered_by", String(120), nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_why", String(200)),
)

pushed_requests = Table(
    "pushed_requests",
    metadata,
    Column("request_mac", LargeBinary(32), primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("sealed_request", LargeBinary, nullable=False),  # vault envelope: the parameters as they came
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

signin_sessions = Table(
    "signin_sessions",
    metadata,
    Column("session_id", String(36), primary_key=True),  # the `sid` of the tokens
    Column("kind", String(8), nullable=False),
    Column("subject_id", String(36), nullable=False),
    Column("client_id", String(64), nullable=False, index=True),
    Column("device_id", String(36), nullable=False, index=True),
    Column("exercice_id", String(64), nullable=False),
    Column("structure", String(16), nullable=False),
    Column("acts_for", String(36)),  # the subject_id of the person represented
    Column("scopes", JSON, nullable=False),
    Column("acr", String(32), nullable=False),
    Column("amr", JSON, nullable=False),
    Column("auth_time", Instant, nullable=False),
    Column("place", String(120), nullable=False),  # where the client says it is: told to the person
    Column("purpose", String(64), nullable=False),
    Column("nonce", String(512), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("closed_at", Instant),
    Column("closed_why", String(32)),
    Index("ix_signin_sessions_subject_closed", "subject_id", "closed_at"),
)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("code_mac", LargeBinary(32), primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("session_id", String(36), nullable=False),
    Column("redirect_uri", String(2000), nullable=False),
    Column("code_challenge", String(43), nullable=False),
    Column("dpop_jkt", String(43), nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_mac", LargeBinary(32), primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("session_id", String(36), nullable=False, index=True),
    Column("jkt", String(43), nullable=False),  # the key it is bound to, or empty
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("replaced_at", Instant),
    Column("successor_used", Boolean, nullable=False, default=False),
    Column("former_mac", LargeBinary(32)),  # the token this one replaced
)

logout_deliveries = Table(
    "logout_deliveries",  # back-channel log-out: what clients are to be told, written with what it tells
    metadata,
    Column("delivery_id", String(36), primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("session_id", String(36), nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", Instant, nullable=False, index=True),
    Column("expires_at", Instant, nullable=False),
    Column("delivered_at", Instant),
)
