"""Who presents whose card, and what insurers say of their members (rooms representation, complementary)."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, String, Table, UniqueConstraint

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

contracts = Table(
    "contracts",  # what insurers publish of their members (room complementary)
    metadata,
    Column("contract_id", String(36), primary_key=True),
    Column("numero_amc", String(10), nullable=False),
    Column("reference", String(40), nullable=False),
    Column("subject_id", String(36), nullable=False, index=True),
    Column("content_digest", LargeBinary(32), nullable=False),  # keyed
    Column("sealed_contract", LargeBinary, nullable=False),
    Column("published_at", Instant, nullable=False),
    UniqueConstraint("numero_amc", "reference"),
)
