"""What the town hall asks of whoever knows rights, in its own words.

The real service is ADRi, which answers a professional with a CPS; here a demonstration source reads files
(`demo_source.py`). Both answer the same question under the same contract (`tests/contracts/`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from apcv_backend.callers import Caller
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.presences.rules import OpenPresence
from apcv_backend.quota_rules import Charge
from apcv_backend.rights.rules import ContratAmc, ReponseDroits

T = TypeVar("T")


class RightsSource(Protocol):
    """Whoever knows the rights of insured persons."""

    def droits_of(self, person: PersonKey, at: datetime) -> ReponseDroits:
        """What is known of the rights of `person` at `at` (aware UTC); `as_of` is never later than `at`.

        Raises:
            PersonUnknown: nobody is known under this key.
        """
        ...


class Presences(Protocol):
    """Whoever opens presence tokens (the room `presences`)."""

    def opened(self, token: str, at: datetime) -> OpenPresence:
        """The presence behind a token, alive at `at`. Raises `PresenceRefused`."""
        ...


class Consents(Protocol):
    """Whoever keeps what patients agreed to (the room `record_access`)."""

    def covers(self, patient: PersonKey, caller: Caller, purpose: str, at: datetime) -> bool:
        """Whether `patient` agreed that `caller` asks for `purpose`, and has not withdrawn it at `at`."""
        ...

    def objecting(self, patients: Sequence[PersonKey], caller: Caller, at: datetime) -> frozenset[PersonKey]:
        """Those of `patients` who object at `at` to the queries of `caller`, an insurer: in one look."""
        ...


class Memberships(Protocol):
    """Whoever keeps the contracts that insurers publish (the room `complementary`)."""

    def of(self, organisation: str, person: PersonKey, day: date, at: datetime) -> ContratAmc | None:
        """The contract of `person` with the insurer numbered `organisation`, if it has one about `day`.

        As it is believed at `at` (aware UTC): an insurer that said nothing for long is believed no more.
        """
        ...

    def of_each(
        self, organisation: str, people: Sequence[PersonKey], day: date, at: datetime
    ) -> Mapping[PersonKey, ContratAmc]:
        """The same for each of many people, in one look; who has no contract is not in it."""
        ...


class NoConsents:
    """Until a room keeps consents: nobody agreed to anything."""

    def covers(self, patient: PersonKey, caller: Caller, purpose: str, at: datetime) -> bool:
        """See `Consents.covers`."""
        del patient, caller, purpose, at
        return False

    def objecting(self, patients: Sequence[PersonKey], caller: Caller, at: datetime) -> frozenset[PersonKey]:
        """See `Consents.objecting`."""
        del patients, caller, at
        return frozenset()


class NoMemberships:
    """Until a room keeps contracts: nobody is a member."""

    def of(self, organisation: str, person: PersonKey, day: date, at: datetime) -> ContratAmc | None:
        """See `Memberships.of`."""
        del organisation, person, day, at
        return None

    def of_each(
        self, organisation: str, people: Sequence[PersonKey], day: date, at: datetime
    ) -> Mapping[PersonKey, ContratAmc]:
        """See `Memberships.of_each`."""
        del organisation, people, day, at
        return {}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the journal tells it: on what ground, what for, what became of it, and why (`rule`)."""

    person: PersonKey
    is_known: bool
    ground: str
    purpose: str
    outcome: str
    rule: str = ""


class QueryRegister(Protocol):
    """One transaction over queries."""

    def person_of(self, subject_id: str) -> PersonKey | None:
        """The person behind a pseudonym; None when nothing is known of it any more."""
        ...

    def is_frozen(self, caller: Caller) -> bool:
        """Whether one of the caller's accounts waits for a person to look at it."""
        ...

    def room_left(self, caller: Caller, at: datetime) -> int:
        """How many more people the caller may ask about today without a presence."""
        ...

    def charge(self, caller: Caller, people: Sequence[PersonKey], misses: int, at: datetime) -> Charge:
        """Count a question about `people`, `misses` of them in vain, on every account of the caller's."""
        ...

    def tell(self, asked: Asked, caller: Caller, query_id: str, at: datetime) -> None:
        """Write the patient's line of the journal. Somebody unknown has the subject `nobody`."""
        ...

    def tell_all(self, asked: Sequence[tuple[Asked, str]], caller: Caller, at: datetime) -> None:
        """The same for many questions with their identifiers, in as many statements as for one."""
        ...

    def begin_batch(self, client_id: str, key: str, digest: bytes, at: datetime) -> int | None:
        """How many lines of this question were told; None when the key served for another, or a day ago."""
        ...

    def advance_batch(self, client_id: str, key: str, told: int, now_told: int) -> bool:
        """Move a file on from `told` to `now_told` lines (the judge of "told once").

        False, at once, if it moved or if another transaction is moving it: nobody waits for a file.
        """
        ...


class QueryRegisters(Protocol):
    """Opens transactions."""

    def run(self, work: Callable[[QueryRegister], T]) -> T:
        """Run `work` in one transaction; again when the database lost it to another one."""
        ...
