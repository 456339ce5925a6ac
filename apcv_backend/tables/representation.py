"""Who presents whose card (room representation)."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, String, Table

from apcv_backend.tables.base import Instant, metadata

representations = Table(
    "representations",
    metadata,
    Column("reference", String(32), primary_key=True),
    Column("beneficiary_subject", String(36), nullable=False, index=True),
    Column("delegate_subject", String(36), nullable=False, index=True),
    Column("type", String(24), nullable=False),
    Column("proof", String(24), nullable=False),
    # vault envelope: both people, the scope and the days (a parent's last day tells a child's birth date)
    Column("sealed_terms", LargeBinary, nullable=False),
    Column("opened_by", String(120), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String(24)),
)
