"""What a patient decided about access to their record: consents, blocks, oppositions, hidden documents."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, UniqueConstraint

from apcv_backend.tables.base import Instant, metadata

record_consents = Table(
    "record_consents",
    metadata,
    Column("consent_id", String(36), primary_key=True),
    Column("subject_id", String(36), nullable=False),
    # 'professional' (IDNPS), 'structure' (FINESS), 'organisation' (AMC), 'purpose' (an emergency's)
    Column("target_kind", String(16), nullable=False),
    Column("target", String(64), nullable=False),
    Column("scope", String(16), nullable=False),  # 'record' | 'rights'
    Column("decision", String(8), nullable=False),  # 'granted' | 'blocked'
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    # A patient says one thing at a time about one target.
    UniqueConstraint("subject_id", "target_kind", "target", "scope"),
)

hidden_documents = Table(
    "hidden_documents",
    metadata,
    Column("hidden_id", String(36), primary_key=True),
    Column("subject_id", String(36), nullable=False),
    Column("document", String(120), nullable=False),
    Column("from_whom", String(16), nullable=False),  # 'professionals' (masked) | 'patient' (R1111-53)
    Column("by", String(64), nullable=False),  # 'patient', or the professional's IDNPS
    Column("since", Instant, nullable=False),
    Column("until", Instant),  # R1111-53: a month, then the patient sees it
    UniqueConstraint("subject_id", "document", "from_whom"),
)
