"""The tamper-evident log, its heads, incidents, and a key a person."""

from __future__ import annotations

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply this step."""
