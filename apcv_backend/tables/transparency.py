"""The journal as a tree of hashes, the heads that were signed, a key a person, and what patients contest."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from apcv_backend.tables.base import Instant, metadata

journal_lanes = Table(
    "journal_lanes",  # how many entries each lane of the journal has, counted where one is added
    metadata,
    Column("lane", Integer, primary_key=True, autoincrement=False),
    Column("places", BigInteger, nullable=False),
)

log_leaves = Table(
    "log_leaves",
    metadata,
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, nullable=False, unique=True),
    Column("lane", Integer, nullable=False),  # -1: an entry older than lanes, its place is its number
    Column("place", BigInteger, nullable=False),
    Column("leaf_hash", LargeBinary(32), nullable=False),
    UniqueConstraint("lane", "place"),
)

log_tiles = Table(
    "log_tiles",  # hashes of whole subtrees of 256, 65,536… leaves, so that a proof reads few rows
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)

log_heads = Table(
    "log_heads",
    metadata,
    Column("tree_size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("at", Instant, nullable=False),  # of the latest signature over this size
    Column("note", Text, nullable=False),  # the signed note, as it was given out
)

person_keys = Table(
    "person_keys",  # never in a backup beside what they open: see backup.py
    metadata,
    Column("subject_id", String(36), primary_key=True),
    Column("wrapped_key", LargeBinary, nullable=False),  # vault envelope of 32 bytes
    Column("made_at", Instant, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String(36), primary_key=True),
    Column("subject_id", String(36), nullable=False, index=True),
    Column("entry_id", BigInteger, nullable=False, unique=True),  # once an entry
    Column("event", String(64), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", String(120)),
    Column("outcome", String(400)),
)
