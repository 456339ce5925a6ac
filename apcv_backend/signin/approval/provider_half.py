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
    def session_id(self) -> str:
        """What its tokens call it (`sid`), and what the phone closes it by."""
        ...

    @property
    def client_id(self) -> str:
        """The identifier of the client it is at."""
        ...

    @property
    def client_name(self) -> str:
        """That client's name, as registered."""
        ...

    @property
    def client_place(self) -> str:
        """Where the client said it is, when the session was opened."""
        ...

    @property
    def opened_at(self) -> datetime:
        """Since when, aware UTC."""
        ...

    @property
    def last_used_at(self) -> datetime:
        """When something was last given under it, aware UTC."""
        ...


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
