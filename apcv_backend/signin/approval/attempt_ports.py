"""What the approval of sign-ins needs done by others, in its own words. `bootstrap` connects the ends.

As everywhere in the house, what must be true together is written through one `AttemptRegister`, inside one
transaction; its conditional statements decide what happens once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.enrolment.rules import Dossier, PersonKey
from apcv_backend.signin.approval.attempt_rules import Attempt, AttemptOrder, AttemptState
from cartes.cards import Binding, CardKind

T = TypeVar("T")
Fact = str | int | bool | None

# --- Phones and people ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SigninPhone:
    """A registered phone, live or withdrawn, as far as an approval depends on it."""

    device_id: str
    subject_id: str
    kind: CardKind
    person: PersonKey
    credential_id: bytes = field(repr=False)
    cose_key: bytes = field(repr=False)
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    binding: Binding
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class SigninGesture:
    """A WebAuthn assertion that holds: its counter, and whether the key is backed up (BS)."""

    sign_count: int
    backed_up: bool


class Phones(Protocol):
    """Finds the phone that answers, outside any transaction."""

    def by_credential(self, credential_id: bytes) -> SigninPhone | None:
        """By the WebAuthn credential its assertion names."""
        ...

    def by_app_key(self, jkt: str) -> SigninPhone | None:
        """By the thumbprint of the app key that signed its DPoP proof."""
        ...


class CheckAssertion(Protocol):
    """The one wrapper around WebAuthn assertions (the room `enrolment`)."""

    def __call__(
        self, phone: SigninPhone, unverified: Mapping[str, object], *, challenge: bytes, at: datetime
    ) -> SigninGesture:
        """Prove that `phone` and its owner answered `challenge`. Raises a CeremonyRefused leaf."""
        ...


class People(Protocol):
    """The registers that know people: rights for insured persons, the directory for professionals."""

    def find(self, person: PersonKey, at: datetime) -> Dossier:
        """What is known of `person`. Raises PersonUnknown."""
        ...


@dataclass(frozen=True, slots=True)
class Represented:
    """Somebody whom a person may sign in for; `representation_id` is what the phone names and signs."""

    representation_id: str
    person: PersonKey
    name: str


class Representations(Protocol):
    """Whom a person represents (the room `representation`)."""

    def of(self, subject_id: str, at: datetime) -> Sequence[Represented]:
        """Those this person may sign in for at `at`."""
        ...


class Macs(Protocol):
    """The vault, as far as this room needs it."""

    def code_mac(self, reference: str, secret: str, purpose: str) -> bytes:
        """The keyed hash, 32 bytes, under which a secret of `reference` is kept for `purpose`."""
        ...


# --- Attempts -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """An attempt about to be kept, with what recognises its browser and its QR again.

    `named` is whom the client named, under each number they may be entered by, the one it gave first; empty
    when it named nobody.
    """

    attempt_id: str = field(repr=False)
    order: AttemptOrder
    digits: str = field(repr=False)
    named: tuple[PersonKey, ...]
    browser_mac: bytes | None = field(repr=False)
    claim_mac: bytes | None = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeptAttempt:
    """An attempt, and what only this side knows of it.

    `was_named`: the client named a person; `is_reached`: it was put before `subject_id`, or scanned by them.
    `return_due`: approved on the same device, and the browser has not come back with the proof of it;
    `exercice_due`: approved, the exercice still to be chosen.
    """

    attempt: Attempt
    was_named: bool
    subject_id: str | None
    is_reached: bool
    browser_mac: bytes | None = field(repr=False)
    return_due: bool
    exercice_due: bool


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """What is written when an attempt is approved."""

    phone: SigninPhone
    exercice_id: str
    structure: str
    acts_for: PersonKey | None
    amr: tuple[str, ...]
    return_mac: bytes | None = field(repr=False)
    exercice_due: bool
    take_before: datetime


class AttemptRegister(Protocol):
    """The register of attempts, inside one open transaction."""

    def add(self, new: NewAttempt, at: datetime) -> None:
        """Keep a new attempt, pending."""
        ...

    def reach(self, new: NewAttempt, at: datetime) -> bool:
        """Put it before the person it names, if there is one and the limits let it; whether it was.

        The limits: one pending request a person, five an hour, none while locked.
        """
        ...

    def claim(self, claim_mac: bytes, phone: SigninPhone, at: datetime) -> str | None:
        """The pending browser attempt whose QR this person scanned, theirs from now on; or None."""
        ...

    def get(self, attempt_id: str) -> KeptAttempt | None:
        """As it stands in this transaction."""
        ...

    def approve(self, attempt_id: str, record: ApprovalRecord, at: datetime) -> bool:
        """Pending becomes approved, once; False when it was not pending, or is another person's."""
        ...

    def count_wrong_digits(self, attempt_id: str, at: datetime) -> tuple[AttemptState, int] | None:
        """One error more, the third one locks; its state and errors now, None when it was not pending."""
        ...

    def end(self, attempt_id: str, state: AttemptState, at: datetime) -> bool:
        """Pending becomes refused, reported or locked, once."""
        ...

    def release(self, subject_id: str, attempt_id: str, at: datetime) -> None:
        """The person has answered: another request may reach them."""
        ...

    def count_refusal(self, subject_id: str, at: datetime, *, lock_now: bool) -> bool:
        """A request nobody wanted: the third in a row, or one reported, locks; whether it is locked now."""
        ...

    def forget_refusals(self, subject_id: str, at: datetime) -> None:
        """The person signed in: what they refused before counts no more, and any lock is lifted."""
        ...

    def come_back(self, attempt_id: str, browser_mac: bytes, return_mac: bytes, at: datetime) -> bool:
        """The browser that began is the one that approved on this device; once."""
        ...

    def choose_exercice(
        self, attempt_id: str, browser_mac: bytes, exercice_id: str, structure: str, at: datetime
    ) -> bool:
        """Settle the exercice of an approved attempt that still lacks one; once."""
        ...

    def subject_person(self, subject_id: str) -> PersonKey | None:
        """Whose pseudonym it is."""
        ...

    def use_once(self, replay_key: bytes, forget_after: datetime) -> bool:
        """Remember a proof's identifier; False when it is remembered already."""
        ...

    def accept_gesture(self, phone: SigninPhone, gesture: SigninGesture, at: datetime) -> bool:
        """Move the phone's counter; False when withdrawn, or when it does not move forward (WA-10)."""
        ...

    def is_withdrawn(self, device_id: str) -> bool:
        """Whether the phone is withdrawn now."""
        ...

    def close_sessions(self, subject_id: str, client_id: str, why: str, at: datetime) -> None:
        """End the person's sessions at that client."""
        ...

    def ring(self, attempt_id: str, at: datetime) -> None:
        """Tell the client that asked to be told (CIBA ping), if it did, now."""
        ...

    def ask_for_ping(
        self, attempt_id: str, client_id: str, endpoint: str, token: str, expires_at: datetime
    ) -> None:
        """Remember where and with which token the client is told that the attempt has ended."""
        ...

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class AttemptRegisters(Protocol):
    """Opens the register for the time of one transaction; reads without one."""

    def run(self, work: Callable[[AttemptRegister], T]) -> T:
        """Run `work` in one transaction, all of it or nothing; again when it was lost to another one."""
        ...

    def get(self, attempt_id: str) -> KeptAttempt | None:
        """An attempt as it stands now."""
        ...

    def by_claim(self, claim_mac: bytes) -> KeptAttempt | None:
        """The attempt whose QR says this."""
        ...

    def pending_of(self, subject_id: str, at: datetime) -> Sequence[KeptAttempt]:
        """What waits for this person's answer at `at`, oldest first."""
        ...

    def sweep(self, at: datetime) -> int:
        """Forget attempts that ended long before `at`; how many."""
        ...
