"""A clock that tests steer: it stands still until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MORNING = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class SteerableClock:
    """Call it for the instant; `advance` moves it, backwards too."""

    def __init__(self, at: datetime = MORNING) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> datetime:
        """Move by `seconds` and give the new instant."""
        self.at += timedelta(seconds=seconds)
        return self.at
