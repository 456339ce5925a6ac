"""One line of the journal as a plain value, for rooms that know no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Entry:
    """One line of the journal, as it was read back. `lane` and `place` are None in lines older than lanes."""

    entry_id: int
    at: datetime
    event: str
    actor: str
    subject: str
    facts: str
    mac: bytes
    lane: int | None = None
    place: int | None = None
