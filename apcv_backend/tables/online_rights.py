"""Presences, rights queries and the limits on both (rooms presences and rights).

A NIR stands in none of them: a person is a pseudonym (`subjects`) or a blind index.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from apcv_backend.tables.base import Instant, metadata

presences = Table(
    "presences",
    metadata,
    Column("presence_id", String(36), primary_key=True),
    # Check 14 for the whole country: never the bytes of a signature, which has two forms.
    Column("credential_digest", LargeBinary(32), nullable=False),
    Column("proof_t", BigInteger, nullable=False),
    Column("device_id", String(36), nullable=False),
    Column("subject_id", String(36), nullable=False, index=True),
    Column("professional_subject", String(36), nullable=False),
    Column("professional_id", String(16), nullable=False),  # IDNPS: public directory data
    Column("profession", String(8), nullable=False),
    Column("structure", String(14), nullable=False),
    Column("method", String(8), nullable=False),  # 'one_way' | 'two_way'
    Column("shape", String(8), nullable=False),
    Column("opens", JSON, nullable=False),  # the words of presences.rules.Shown
    Column("insurer", String(9), nullable=False),  # organisme of the compulsory cover, or ''
    Column("seen_elsewhere", Boolean, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),  # no renewal reaches further
    Column("closed_at", Instant),
    UniqueConstraint("credential_digest", "proof_t"),
    Index("ix_presences_device_id_opened_at", "device_id", "opened_at"),
)

uploaded_scans = Table(
    "uploaded_scans",  # made while a till was offline: compared, never a token
    metadata,
    Column("credential_digest", LargeBinary(32), primary_key=True),
    Column("proof_t", BigInteger, primary_key=True, autoincrement=False),
    Column("structure", String(14), primary_key=True),
    Column("professional_subject", String(36), nullable=False),
    Column("device_id", String(36), nullable=False, index=True),
    Column("subject_id", String(36), nullable=False),
    Column("uploaded_at", Instant, nullable=False),
)

scan_refusals = Table(
    "scan_refusals",  # why scans were refused, online and in what tills uploaded: counts, and nobody in them
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970-01-01, UTC
    Column("way", String(8), primary_key=True),  # 'online' | 'uploaded'
    Column("reason", String(48), primary_key=True),
    Column("scans", Integer, nullable=False),
)

rights_batches = Table(
    "rights_batches",  # how far a file of queries was told, so that it goes on where it stopped
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("batch_key", String(80), primary_key=True),
    Column("body_digest", LargeBinary(32), nullable=False),
    Column("lines_told", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
)

query_windows = Table(
    "query_windows",  # what an account asked without a presence proof, by minute and by day
    metadata,
    Column("account", String(120), primary_key=True),
    Column("window_s", Integer, primary_key=True, autoincrement=False),
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("asks", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

query_people = Table(
    "query_people",  # whom, by blind index: the same person asked twice in a day counts once
    metadata,
    Column("account", String(120), primary_key=True),
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("person_index", LargeBinary(32), primary_key=True),
    Column("expires_at", Instant, nullable=False, index=True),
)

query_ceilings = Table(
    "query_ceilings",  # raised by an operator for one account; the default is in quota_rules
    metadata,
    Column("account", String(120), primary_key=True),
    Column("people_a_day", Integer, nullable=False),
    Column("set_by", String(120), nullable=False),
    Column("set_at", Instant, nullable=False),
)

account_freezes = Table(
    "account_freezes",
    metadata,
    Column("account", String(120), primary_key=True),
    Column("why", String(32), nullable=False),
    Column("frozen_at", Instant, nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", String(120)),
)

canaries = Table(
    "canaries",  # people who do not exist: whoever asks about one has no reason to
    metadata,
    Column("person_index", LargeBinary(32), primary_key=True),
    Column("note", String(120), nullable=False),
    Column("planted_at", Instant, nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("alarm_id", String(36), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("account", String(120), nullable=False),
    Column("facts", Text, nullable=False),  # canonical JSON, never a payload
)
