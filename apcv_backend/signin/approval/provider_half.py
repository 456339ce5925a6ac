"""What the half of sign-in that phones answer asks of the half that gives codes, tokens and sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class FinishSignin(Protocol):
    """The provider's last step: where the browser goes, with a code or an error for the client."""

    def finish(self, attempt_id: str, browser_secret: bytes | None, at: datetime) -> str:
        """The address to send the browser to."""
        ...


class OpenSession(Protocol):
    """A session as a phone shows it."""

    @property
    def session_id(self) -> str: ...  # noqa: D102 - the names say it
    @property
    def client_id(self) -> str: ...  # noqa: D102
    @property
    def client_name(self) -> str: ...  # noqa: D102
    @property
    def client_place(self) -> str: ...  # noqa: D102
    @property
    def opened_at(self) -> datetime: ...  # noqa: D102
    @property
    def last_used_at(self) -> datetime: ...  # noqa: D102


class Sessions(Protocol):
    """A person's sessions at clients (the provider's half of this room)."""

    def list(self, subject_id: str, at: datetime) -> Sequence[OpenSession]:
        """Those open at `at`, newest first."""
        ...

    def close(self, subject_id: str, session_id: str, why: str, at: datetime) -> None:
        """Close one of this person's. Raises a `CarteError` when there is no such session."""
        ...

    def close_every(self, subject_id: str, why: str, at: datetime) -> None:
        """Close all."""
        ...
