"""What the room `complementary` needs done by others, in its own words. `bootstrap` connects the ends."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.complementary.rules import Contract, KnownContract
from apcv_backend.enrolment.rules import PersonKey

T = TypeVar("T")
Fact = str | int | bool | None


class Outcome(enum.Enum):
    """What became of one published line."""

    ENTERED = "entered"
    CHANGED = "changed"
    SAME = "same"


class Register(Protocol):
    """The register of contracts, inside one open transaction."""

    def keep_all(
        self, numero_amc: str, told: Sequence[tuple[PersonKey, Contract]], at: datetime
    ) -> list[Outcome]:
        """Keep what the insurer `numero_amc` says, line after line, in as many statements as for one.

        What changes what was said revokes the cards issued on it. Saying the same again changes nothing but
        when it was last said. `told` holds each person under one key.
        """
        ...

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class Registers(Protocol):
    """Opens the register, and answers what changes nothing."""

    def run(self, work: Callable[[Register], T]) -> T:
        """Run `work` in one transaction: all of it or nothing."""
        ...

    def of_person(self, person: PersonKey) -> Sequence[KnownContract]:
        """Every contract told of this person, oldest first."""
        ...

    def of_people(
        self, organisation: str, people: Sequence[PersonKey]
    ) -> Mapping[PersonKey, Sequence[KnownContract]]:
        """The contracts of each of `people` with the insurer numbered `organisation`, in one look."""
        ...
