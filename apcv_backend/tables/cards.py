"""Cards (room issuance)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from apcv_backend.tables.base import Instant, metadata

used_once = Table(
    "used_once",  # nonces and DPoP proof identifiers: inserted once, in the transaction they permit
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", LargeBinary(32), primary_key=True),
    Column("expires_at", Instant, nullable=False, index=True),
)

status_slots = Table(
    "status_slots",
    metadata,
    Column("list_id", Integer, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("device_id", String(36), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("exercice", String(64), nullable=False, default=""),
    Column("state", String(10), nullable=False, default="valid"),  # 'valid' | 'suspended' | 'revoked'
    Column("changed_at", Instant, nullable=False),
    Column("taken_until", Instant, nullable=False),  # expiry of the last card issued on this slot
    UniqueConstraint("device_id", "kind", "exercice"),
    Index("ix_status_slots_list_state", "list_id", "state"),
)

issuances = Table(
    "issuances",
    metadata,
    Column("issuance_id", String(36), primary_key=True),
    Column("device_id", String(36), nullable=False),
    Column("idempotency_key", String(80), nullable=False),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("sealed_intent", LargeBinary, nullable=False),  # vault envelope: what we are about to sign
    Column("sealed_cards", LargeBinary),  # vault envelope: what was signed
    Column("recorded_at", Instant, nullable=False, index=True),
    Column("issued_at", Instant),
    Column("expires_at", Instant, nullable=False),
    UniqueConstraint("device_id", "idempotency_key"),
)
