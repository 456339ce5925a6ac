"""One element of a FHIR resource, read by name, with a refusal that says where; never the value itself.

FHIR is open: members this house does not read are left alone. What it does read has to be of the right type.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from cartes.errors import CarteError, InvalidValue

T = TypeVar("T")

# A FHIR date or dateTime with a full day; the hour, when there is one, is of no use here.
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?")


class EntryRefused(CarteError):
    """An element is not what the directory's profiles say; `path` is where, `why` what is wrong."""

    code = "directory_entry_refused"


@dataclass(frozen=True, slots=True)
class Period:
    """A FHIR period in whole days; either end may be unknown."""

    start: date | None
    end: date | None


class Element:
    """An object of the document at a path; its days are moved by `shift`."""

    def __init__(self, value: object, path: str, shift: timedelta) -> None:
        if not isinstance(value, dict):
            raise EntryRefused(path=path or "/", why="not_an_object")
        self._value: dict[str, object] = value
        self._path = path
        self._shift = shift

    def path(self, name: str) -> str:
        """Where `name` stands in the document, for an error."""
        return f"{self._path}.{name}".strip(".") or "/"

    def nested(self, value: object, name: str) -> Element:
        """`value`, found under this element, as an element."""
        return Element(value, self.path(name), self._shift)

    def child(self, name: str) -> Element:
        """The object under `name`."""
        if name not in self._value:
            raise EntryRefused(path=self.path(name), why="missing")
        return self.nested(self._value[name], name)

    def items(self, name: str) -> list[object]:
        """The list under `name`, empty when it is absent."""
        value = self._value.get(name, [])
        if not isinstance(value, list):
            raise EntryRefused(path=self.path(name), why="not_a_list")
        return value

    def elements(self, name: str) -> list[Element]:
        """The list of objects under `name`."""
        return [self.nested(item, f"{name}[{index}]") for index, item in enumerate(self.items(name))]

    def first(self, name: str) -> Element:
        """The first object of the list under `name`."""
        listed = self.elements(name)
        if not listed:
            raise EntryRefused(path=self.path(name), why="missing")
        return listed[0]

    def raw(self, name: str) -> str | None:
        """The text under `name`, or None when there is none."""
        value = self._value.get(name)
        return value if isinstance(value, str) else None

    def text(self, name: str) -> str:
        """The text under `name`."""
        value = self._value.get(name)
        if not isinstance(value, str) or not value:
            raise EntryRefused(path=self.path(name), why="not_text" if value is not None else "missing")
        return value

    def first_text(self, name: str) -> str:
        """The first text of the list under `name`."""
        listed = self.items(name)
        if not listed or not isinstance(listed[0], str):
            raise EntryRefused(path=self.path(name), why="not_text")
        return listed[0]

    def flag(self, name: str) -> bool:
        """The boolean under `name`."""
        value = self._value.get(name)
        if not isinstance(value, bool):
            raise EntryRefused(path=self.path(name), why="not_a_boolean")
        return value

    def day(self, name: str) -> date | None:
        """The day under `name`, moved by the shift; None when it is absent."""
        if name not in self._value:
            return None
        found = _DAY.fullmatch(self.text(name))
        if found is None:
            raise EntryRefused(path=self.path(name), why="not_a_day")
        return self.built(name, lambda: date.fromisoformat(found[1]) + self._shift)

    def period(self, name: str) -> Period:
        """The FHIR period under `name`; unknown at both ends when it is absent."""
        if name not in self._value:
            return Period(None, None)
        told = self.child(name)
        return Period(told.day("start"), told.day("end"))

    def identifiers(self, system: str) -> list[tuple[str, str]]:
        """The values of the identifiers of `system`, each with its `use` (the empty text when unsaid)."""
        return [
            (identifier.text("value"), identifier.raw("use") or "")
            for identifier in self.elements("identifier")
            if identifier.raw("system") == system
        ]

    def identifier(self, system: str) -> str | None:
        """The first value of the identifiers of `system` that is not an old one."""
        return next((value for value, use in self.identifiers(system) if use != "old"), None)

    def codings(self, name: str, inside: str | None = None) -> list[tuple[str, str]]:
        """Every (system, code) of the CodeableConcepts under `name`, or in the member `inside` of each."""
        found = []
        for concept in self.elements(name):
            held = concept.child(inside) if inside else concept
            found += [(coding.text("system"), coding.text("code")) for coding in held.elements("coding")]
        return found

    def extension(self, url: str) -> Element | None:
        """The first extension of this `url`."""
        return next((one for one in self.elements("extension") if one.raw("url") == url), None)

    def extension_day(self, url: str) -> date | None:
        """The day an extension of this `url` carries, as a date or a dateTime."""
        told = self.extension(url)
        return None if told is None else told.day("valueDate") or told.day("valueDateTime")

    def opposed_on(self, url: str) -> date | None:
        """When the person's last usable card was opposed; None while one card is not.

        A card lost and replaced is opposed, its successor is not: the person then still has a card.
        """
        cards = [one for one in self.elements("extension") if one.raw("url") == url]
        dates = []
        for card in cards:
            opposition = card.extension("oppositionDate")
            opposed = None if opposition is None else opposition.day("valueDateTime")
            if opposed is None:
                return None
            dates.append(opposed)
        return max(dates, default=None)

    def built(self, name: str, build: Callable[[], T]) -> T:
        """What `build` gives, or a refusal that names this member and the word of what was wrong."""
        try:
            return build()
        except InvalidValue as wrong:
            why = f"{wrong.facts.get('what', 'value')}_{wrong.facts.get('why', 'invalid')}"
            raise EntryRefused(path=self.path(name), why=why) from wrong
        except (ValueError, OverflowError):
            # `from None`: the message of an enum or of a date holds the value.
            raise EntryRefused(path=self.path(name), why="invalid") from None
