"""What the room `operations` needs done by others: counts, and the age of the trust list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from apcv_backend.operations.rules import Counted, Standing, TrustAge


class Counts(Protocol):
    """Counts made by the database: no row of anybody leaves it."""

    def standing(self, at: datetime) -> Standing:
        """How many there are at `at`."""
        ...

    def events(self, names: Mapping[str, str], since: datetime) -> Counted:
        """Lines of the journal by day since `since`; `names` gives each event the name it is shown under."""
        ...

    def outcomes(self, event: str, fact: str, words: tuple[str, ...], since: datetime) -> Counted:
        """Lines of one event by day and by the word that their `fact` has, among `words`."""
        ...

    def revocations(self, since: datetime) -> Counted:
        """Cards' slots that are revoked or suspended, by the day they last changed."""
        ...

    def alarms(self, since: datetime) -> Counted:
        """Alarms by kind and day."""
        ...

    def verdicts(self, since: datetime) -> Counted:
        """Refused scans by reason and day."""
        ...

    def contracts(self, insurer: str, told_since: datetime) -> tuple[int, int]:
        """How many contracts an insurer published, and how many of them since `told_since`."""
        ...

    def publications(self, insurer: str, since: datetime) -> Counted:
        """An insurer's contracts by the day they were last published."""
        ...

    def questions(self, insurer: str, words: tuple[str, ...], since: datetime) -> Counted:
        """Questions of an insurer's clerks by outcome and day."""
        ...


class TrustList(Protocol):
    """The publication in force."""

    def age(self) -> TrustAge:
        """When it was signed, and until when it holds."""
        ...
