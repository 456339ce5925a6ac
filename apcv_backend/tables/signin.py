"""Sign-in: clients, attempts, codes and tokens (room signin)."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table

from apcv_backend.tables.base import Instant, metadata

# --- attempts: what a phone is asked, and how it answered ------------------------------------------------

signin_attempts = Table(
    "signin_attempts",
    metadata,
    Column("attempt_id", String(43), primary_key=True),  # 256 random bits; CIBA's auth_req_id
    Column("origin", String(8), nullable=False),  # 'browser' | 'ciba'
    Column("kind", String(8), nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("sealed_order", LargeBinary, nullable=False),  # vault envelope: what the client asked
    Column("state", String(10), nullable=False),
    Column("digits", String(2), nullable=False),
    Column("errors", Integer, nullable=False, default=0),
    Column("browser_mac", LargeBinary(32)),  # of the browser's cookie; none for CIBA
    Column("claim_mac", LargeBinary(32), unique=True),  # of what the QR of the waiting page says
    Column("person_index", LargeBinary(32)),  # blind index of whom the client named: nobody else may answer
    Column("subject_id", String(36)),  # whom it reached, or who scanned it
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("reached_at", Instant),
    Column("answered_at", Instant),
    Column("device_id", String(36)),
    Column("exercice_id", String(64), nullable=False, default=""),
    Column("structure", String(16), nullable=False, default=""),
    Column("sealed_acts_for", LargeBinary),  # vault envelope: the person represented
    Column("amr", JSON),
    Column("return_mac", LargeBinary(32)),  # approved on the same device, and not yet back in the browser
    Column("exercice_due", Boolean, nullable=False, default=False),  # approved, and still to be chosen
    Column("taken_at", Instant),
    Index("ix_signin_attempts_subject_state", "subject_id", "state"),
)

signin_reach = Table(
    "signin_reach",  # one row a person somebody once named: what limits unsolicited requests
    metadata,
    Column("subject_id", String(36), primary_key=True),
    Column("pending_attempt", String(43), nullable=False, default=""),
    Column("pending_until", Instant, nullable=False),
    # The last five prompts, oldest first: a sixth waits until the oldest is an hour old.
    Column("prompt_1", Instant, nullable=False),
    Column("prompt_2", Instant, nullable=False),
    Column("prompt_3", Instant, nullable=False),
    Column("prompt_4", Instant, nullable=False),
    Column("prompt_5", Instant, nullable=False),
    Column("refusals", Integer, nullable=False, default=0),
    Column("locked_until", Instant, nullable=False),
)

signin_pings = Table(
    "signin_pings",  # CIBA ping: what clients are to be told, written with what it tells
    metadata,
    Column("attempt_id", String(43), primary_key=True),
    Column("client_id", String(120), nullable=False),
    Column("endpoint", String(2000), nullable=False),
    Column("sealed_token", LargeBinary, nullable=False),  # vault envelope: client_notification_token
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", Instant, nullable=False, index=True),
    Column("expires_at", Instant, nullable=False),
)
