"""What the room `professionals` offers and needs, in its own words. `bootstrap` connects the ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.professionals.rules import FicheProfessionnel
from cartes.identifiers.idnps import Idnps
from cartes.professionnel import Professionnel

T = TypeVar("T")
Fact = str | int | bool | None


class Directory(Protocol):
    """The directory, read."""

    def professionnel(self, idnps: Idnps, at: datetime) -> FicheProfessionnel:
        """The professional who has, or once had, the number `idnps`, as known at `at` (aware UTC).

        Raises:
            PersonUnknown: nobody has or had this number.
        """
        ...


class DirectoryRegister(Protocol):
    """The directory, written, inside one open transaction."""

    def known(self, numbers: Sequence[str]) -> Mapping[str, Professionnel]:
        """Those already known among these current IDNPS."""
        ...

    def put(self, person: Professionnel, source: str, at: datetime) -> None:
        """Enter `person`, over what was known; former numbers point to the current one."""
        ...

    def revoke(self, person: Professionnel, exercices: Sequence[str] | None, at: datetime) -> int:
        """Revoke the status slots of the person's cards, of these exercices or (None) of all; how many."""
        ...

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class DirectoryRegisters(Protocol):
    """Opens the directory for the time of one transaction."""

    def run(self, work: Callable[[DirectoryRegister], T]) -> T:
        """Run `work` in one transaction: all of it or nothing; again when the database lost it to another."""
        ...
