"""What presences ask of the rest of the town hall."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.presences.rules import OpenPresence, ProvenScan, States
from cartes.trust import TrustList

T = TypeVar("T")
Fact = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Redeemer:
    """A professional signed in at a till: their pseudonym, IDNPS, profession, and where they work now."""

    subject_id: str
    professional_id: str
    profession: str
    structure: str


@dataclass(frozen=True, slots=True)
class KnownPhone:
    """The live phone a card was issued to, and whose card it is, both by pseudonym."""

    device_id: str
    subject_id: str


class OwnTrust(Protocol):
    """The trust list this house publishes now."""

    def __call__(self, at: datetime) -> TrustList:
        """The list as of `at`."""
        ...


class OwnStates(Protocol):
    """The states of slots in our own database, asked one by one."""

    def __call__(self, at: datetime) -> States:
        """The states as of now; they count as made at `at`."""
        ...


class PresenceRegister(Protocol):
    """One transaction over presences."""

    def hold_phone(self, scan: ProvenScan, at: datetime) -> KnownPhone | None:
        """The phone of a proven scan, its row held until the end; None when it was withdrawn or is not ours.

        Judge of "the phone lives", and what puts two scans of one phone one after the other.
        """
        ...

    def owner(self, scan: ProvenScan, at: datetime) -> str | None:
        """Whose card it is, by pseudonym, whatever became of it or of its phone; None when nobody knows."""
        ...

    def elsewhere_since(self, device_id: str, structure: str, since: datetime) -> datetime | None:
        """When this phone was last redeemed in another structure, from `since` on."""
        ...

    def open(self, presence: OpenPresence, device_id: str, digest: bytes, t: int) -> bool:
        """Write a presence; False when this proof has given one already (the judge: UNIQUE)."""
        ...

    def is_redeemed(self, digest: bytes, t: int) -> str | None:
        """In which structure this proof was redeemed online, if it was."""
        ...

    def keep_upload(self, scan: ProvenScan, phone: KnownPhone, by: Redeemer, at: datetime) -> list[str]:
        """Keep an offline scan; the other structures that uploaded the very same proof."""
        ...

    def is_first_upload(self, scan: ProvenScan, by: Redeemer, at: datetime) -> bool:
        """Whether this proof is uploaded from their structure for the first time (the judge: a primary key).

        What it tells, it tells then; repeating it drowns no journal.
        """
        ...

    def is_first_refusal(self, scan: ProvenScan, by: Redeemer, at: datetime) -> bool:
        """The same of a proof refused online: whether their structure is refused it for the first time."""
        ...

    def get(self, presence_id: str) -> tuple[OpenPresence, bool] | None:
        """A presence, whatever its state, and whether it is over: closed, or its card is of no more use."""
        ...

    def renew(self, presence_id: str, by: Redeemer, until: datetime, at: datetime) -> bool:
        """Move the end of a presence that lives and is theirs (the judge: a conditional UPDATE)."""
        ...

    def close(self, presence_id: str, by: Redeemer, at: datetime) -> bool:
        """End it now; whether it was alive and theirs."""
        ...

    def count(self, by: Redeemer, at: datetime) -> bool:
        """Count one redemption of theirs; whether it is within what a person can do in a day."""
        ...

    def tell(
        self, event: str, subject_id: str, by: Redeemer, facts: Mapping[str, Fact], at: datetime
    ) -> None:
        """Write a line of the journal about the patient."""
        ...

    def alarm(self, kind: str, by: Redeemer, facts: Mapping[str, Fact], at: datetime) -> None:
        """Raise an alarm about the professional's account."""
        ...

    def count_refusal(self, way: str, reason: str, at: datetime) -> None:
        """Add one to the refused scans of the day; `way` is online or uploaded. Nobody is named."""
        ...


class PresenceRegisters(Protocol):
    """Opens transactions."""

    def run(self, work: Callable[[PresenceRegister], T]) -> T:
        """Run `work` in one transaction; again when the database lost it to another one."""
        ...


class Tokens(Protocol):
    """Signs presence tokens and reads them back."""

    def sign(self, claims: Mapping[str, object], at: datetime) -> str:
        """The compact JWT of these claims."""
        ...

    def read(self, token: str, at: datetime) -> Mapping[str, object]:
        """The claims of a token that we signed. Dates are the caller's to judge. Raises `PresenceRefused`."""
        ...


class References(Protocol):
    """Makes references to a patient that only this house resolves."""

    def __call__(self, subject_id: str, structure: str, /) -> str:
        """The patient as one structure knows them: the same every time there, another one elsewhere."""
        ...
