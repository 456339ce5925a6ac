"""The professionals' directory (room professionals)."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, String, Table

from apcv_backend.tables.base import Instant, metadata

practitioners = Table(
    "practitioners",
    metadata,
    Column("id_national", String(16), primary_key=True),
    Column("record", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("deceased_on", Date),
    Column("struck_off_on", Date),
    Column("card_opposed_on", Date),
    Column("source", String(200), nullable=False),
    Column("loaded_at", Instant, nullable=False),
)

practitioner_aliases = Table(
    "practitioner_aliases",  # ADELI numbers that became RPPS ones
    metadata,
    Column("former_id", String(16), primary_key=True),
    Column("id_national", String(16), nullable=False, index=True),
)
