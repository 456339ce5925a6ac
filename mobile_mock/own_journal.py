"""What was done with the data of the person who holds this phone: read, taken away, contested.

The same for somebody they represent, when they answer for all their care (a small child, a ward). Every
request is signed by this phone's app key (DPoP), a fresh proof each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cartes.cards import CardKind
from mobile_mock.backend_client import BackendClient
from mobile_mock.errors import BackendNonsense
from mobile_mock.pocket import Pocket

_PATH = "/v1/journal"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line, in the language the backend was asked in."""

    entry: str
    at: str
    event: str
    what: str
    who: str
    why: str
    is_contested: bool
    insurer: str = ""
    """The number of the insurer that asked, by which one objects to it; empty when it was none."""

    @classmethod
    def parse(cls, told: dict[str, Any]) -> JournalLine:
        """Read one line. Raises `BackendNonsense`."""
        words = {name: told.get(name) for name in ("entry", "at", "event", "what", "who", "why")}
        read = {name: word for name, word in words.items() if isinstance(word, str)}
        if len(read) != len(words):
            raise BackendNonsense(what="journal_line")
        insurer = told.get("insurer", "")  # a backend of before does not tell it
        if not isinstance(insurer, str):
            raise BackendNonsense(what="journal_line")
        return cls(**read, is_contested=told.get("contested_at") is not None, insurer=insurer)


class OwnJournal:
    """The journal of the person who holds this phone, for one kind of card at a time.

    `of` is the reference of a representation, for the journal of the person represented; empty for one's own.
    """

    def __init__(self, pocket: Pocket, backend: BackendClient, *, random: Callable[[int], bytes]) -> None:
        self._pocket = pocket
        self._backend = backend
        self._random = random

    def read(self, kind: CardKind, at: datetime, *, of: str = "") -> tuple[JournalLine, ...]:
        """The latest page, newest first. Raises NotEnrolled, BackendRefused, BackendUnreachable."""
        return self._lines(kind, _path(of), at)

    def export(self, kind: CardKind, at: datetime, *, of: str = "") -> tuple[JournalLine, ...]:
        """All of it; of a very long one, the latest thousands of lines."""
        return self._lines(kind, f"{_path(of)}/export", at)

    def contest(self, kind: CardKind, entry: str, at: datetime, *, of: str = "") -> str:
        """Say of a line "this was not me"; the number of the incident."""
        path = f"{_path(of)}/{quote(entry, safe='')}/incident"
        told = self._backend.send(path, None, self._proof(kind, "POST", path, at))
        return str(told.get("incident_id", ""))

    def _lines(self, kind: CardKind, path: str, at: datetime) -> tuple[JournalLine, ...]:
        told = self._backend.read_object(path, lambda: self._proof(kind, "GET", path, at))
        entries = told.get("entries")
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            raise BackendNonsense(what=path)
        return tuple(JournalLine.parse(one) for one in entries)

    def _proof(self, kind: CardKind, method: str, path: str, at: datetime) -> str:
        app_key = self._pocket.device(kind).app_key
        return app_key.proof(method, self._backend.url(path), at, random=self._random)


def _path(of: str) -> str:
    return f"/v1/representations/{quote(of, safe='')}/journal" if of else _PATH
