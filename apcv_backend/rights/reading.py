"""Reads an object from outside member by member, and says the path of the one at fault; never its value.

A member that is missing, or that nobody reads, is a fault too: a misspelt name would otherwise be silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from cartes.droits import PeriodeDroits
from cartes.errors import InvalidValue

T = TypeVar("T")

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class RightsAnswerInvalid(InvalidValue):
    """An answer about rights is not what it should be; `path` is the member at fault, `why` what is wrong."""

    code = "rights_answer_invalid"


def members(names: str) -> frozenset[str]:
    """The member names an object has, all of them, written in one line."""
    return frozenset(names.split())


class Node:
    """One object of the document: its members are exactly `names`, its days move by `shift`."""

    def __init__(self, value: object, path: str, shift: timedelta, names: frozenset[str]) -> None:
        self._path = path
        if not isinstance(value, dict):
            raise RightsAnswerInvalid(path=path or "/", why="not_an_object")
        self._value: dict[str, object] = value
        self._shift = shift
        for wrong, why in ((set(value) - names, "unknown"), (names - set(value), "missing")):
            if wrong:
                raise RightsAnswerInvalid(path=self.path(min(wrong)[:60]), why=why)

    def path(self, name: str) -> str:
        """Where `name` stands in the whole document, for an error."""
        return f"{self._path}.{name}".strip(".") or "/"

    def child(self, name: str, names: frozenset[str]) -> Node:
        """The object under `name`, which has exactly the members `names`."""
        return Node(self._value[name], self.path(name), self._shift, names)

    def optional_object(self, name: str, names: frozenset[str]) -> Node | None:
        """The object under `name`, or None for null."""
        value = self._value[name]
        return None if value is None else Node(value, self.path(name), self._shift, names)

    def items(self, name: str) -> list[object]:
        """The list under `name`."""
        value = self._value[name]
        if not isinstance(value, list):
            raise RightsAnswerInvalid(path=self.path(name), why="not_a_list")
        return value

    def texts(self, name: str) -> list[str]:
        """The list of texts under `name`."""
        listed = self.items(name)
        if not all(isinstance(item, str) for item in listed):
            raise RightsAnswerInvalid(path=self.path(name), why="not_text")
        return [str(item) for item in listed]

    def objects(self, name: str, names: frozenset[str]) -> list[Node]:
        """The list of objects under `name`, each with exactly the members `names`."""
        return [
            Node(item, f"{self.path(name)}[{at}]", self._shift, names)
            for at, item in enumerate(self.items(name))
        ]

    def optional_text(self, name: str) -> str | None:
        """The text under `name`, or None for null."""
        value = self._value[name]
        if value is None:
            return None
        if not isinstance(value, str):
            raise RightsAnswerInvalid(path=self.path(name), why="not_text")
        return value

    def text(self, name: str) -> str:
        """The text under `name`."""
        value = self.optional_text(name)
        if value is None:
            raise RightsAnswerInvalid(path=self.path(name), why="null")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        """The text under `name`, one of `allowed`."""
        value = self.text(name)
        if value not in allowed:
            raise RightsAnswerInvalid(path=self.path(name), why="unknown_value")
        return value

    def flag(self, name: str) -> bool:
        """The boolean under `name`."""
        value = self._value[name]
        if not isinstance(value, bool):
            raise RightsAnswerInvalid(path=self.path(name), why="not_a_boolean")
        return value

    def optional_day(self, name: str) -> date | None:
        """The day under `name` (`AAAA-MM-JJ`), moved by the shift; None for null."""
        text = self.optional_text(name)
        if text is None:
            return None
        if not _DAY.fullmatch(text):
            raise RightsAnswerInvalid(path=self.path(name), why="not_a_day")
        return self.built(name, lambda: date.fromisoformat(text) + self._shift)

    def instant(self, name: str) -> datetime:
        """The instant under `name` (RFC 3339, whole seconds, Z), moved by the shift."""
        text = self.text(name)
        if not _INSTANT.fullmatch(text):
            raise RightsAnswerInvalid(path=self.path(name), why="not_a_utc_instant")
        return self.built(name, lambda: datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC) + self._shift)

    def period(self) -> PeriodeDroits:
        """The `dateDebut` and `dateFin` of this object; an end may be null, a start may not."""
        debut = self.optional_day("dateDebut")
        if debut is None:
            raise RightsAnswerInvalid(path=self.path("dateDebut"), why="null")
        return self.built("dateFin", lambda: PeriodeDroits(debut, self.optional_day("dateFin")))

    def built(self, name: str, build: Callable[[], T]) -> T:
        """What `build` gives, or a refusal that names this member and the word of what was wrong."""
        try:
            return build()
        except RightsAnswerInvalid:
            raise
        except InvalidValue as wrong:
            why = f"{wrong.facts.get('what', 'value')}_{wrong.facts.get('why', 'invalid')}"
            raise RightsAnswerInvalid(path=self.path(name), why=why) from wrong
        except (ValueError, OverflowError):
            # `from None`: the message of an enum or of a date holds the value.
            raise RightsAnswerInvalid(path=self.path(name), why="invalid") from None
