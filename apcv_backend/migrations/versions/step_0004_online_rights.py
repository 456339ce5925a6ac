"""Presences, queries and what insurers publish."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply this step."""
