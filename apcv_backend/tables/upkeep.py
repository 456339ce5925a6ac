"""Journal, counters and water marks."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from apcv_backend.tables.base import Instant, metadata

journal = Table(
    "journal",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, index=True),
    Column("event", String(64), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("subject", String(120), nullable=False, index=True),
    Column("facts", Text, nullable=False),  # canonical JSON, never a payload
    Column("mac", LargeBinary(32), nullable=False),
    Column("lane", Integer),  # NULL in entries written before there were lanes
    Column("place", BigInteger),  # 1, 2, 3… in its lane, without a gap
    Index("uq_journal_lane_place", "lane", "place", unique=True),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("window_start", BigInteger, primary_key=True, autoincrement=False),
    Column("hits", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

cached_values = Table(
    "cached_values",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

high_water = Table(
    "high_water",  # numbers that may never go back: the serial of the FIDO metadata, the trust list's version
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
