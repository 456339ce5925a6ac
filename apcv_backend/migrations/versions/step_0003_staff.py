"""Staff accounts, roles and what takes two people."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply this step."""
