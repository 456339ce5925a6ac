"""What the room `issuance` needs done by others, in its own words. `bootstrap` connects the ends.

What must be true together (a nonce spent, a counter moved, a slot taken, an intent recorded) is written
through one `Register`, inside one transaction: the service gives the order of the steps, the register's
conditional statements decide what happens once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.complementary.rules import KnownContract
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.representation.rules import Representation
from apcv_backend.rights.rules import ReponseDroits
from cartes import seal
from cartes.cards import Binding, CardKind, Slot
from cartes.identifiers.idnps import Idnps
from cartes.trust import TrustList

T = TypeVar("T")
Fact = str | int | bool | None

# --- People, keys, trust --------------------------------------------------------------------------------


class CurrentRights(Protocol):
    """Whoever knows rights (the room `rights`)."""

    def droits_of(self, person: PersonKey, at: datetime) -> ReponseDroits:
        """What is known of `person` at `at`. Raises PersonUnknown."""
        ...


class Directory(Protocol):
    """Whoever knows professionals (the room `professionals`)."""

    def professionnel(self, idnps: Idnps, at: datetime) -> FicheProfessionnel:
        """The professional known, now or before, as `idnps`. Raises PersonUnknown."""
        ...


class Represented(Protocol):
    """Whoever knows who represents whom (the room `representation`)."""

    def __call__(self, reference: str, subject_id: str, at: datetime) -> Representation:
        """The representation of this reference, held by `subject_id` and in force at `at`.

        Raises RepresentationUnknown or RepresentationOver.
        """
        ...


class Contracts(Protocol):
    """Whoever keeps what insurers publish (the room `complementary`)."""

    def __call__(self, people: Sequence[PersonKey]) -> Sequence[KnownContract]:
        """Every contract told of one person, known under any of these keys."""
        ...


class Signers(Protocol):
    """Gives the key that seals cards of a kind."""

    def __call__(self, kind: CardKind, at: datetime) -> seal.Signer:
        """The issuer key in use at `at`."""
        ...


class OwnTrust(Protocol):
    """Our own trust list, as tills know it: what we issue must open under it."""

    def __call__(self, at: datetime) -> TrustList:
        """The list in force at `at`."""
        ...


# --- Phones ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phone:
    """A registered phone, live or withdrawn, as issuance needs it."""

    device_id: str
    subject_id: str
    kind: CardKind
    person: PersonKey
    credential_id: bytes = field(repr=False)
    holder_key: bytes = field(repr=False)
    cose_key: bytes = field(repr=False)
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    binding: Binding
    app_jkt: str = field(repr=False)
    last_assertion_at: datetime
    withdrawn_at: datetime | None
    wrapped_key: bytes | None = field(default=None, repr=False)
    """Its owner's own key, wrapped by the vault: what is kept of an issuance is sealed under it."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """A WebAuthn assertion that holds: its counter, and whether the key is backed up (BS)."""

    sign_count: int
    backed_up: bool
    backup_state_changed: bool


class CheckAssertion(Protocol):
    """The one wrapper around WebAuthn assertions (the room `enrolment`)."""

    def __call__(
        self, phone: Phone, unverified: Mapping[str, object], *, challenge: bytes, at: datetime
    ) -> Gesture:
        """Prove that `phone` and its owner answered `challenge`. Raises a CeremonyRefused leaf."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """An issuance already on record under an idempotency key.

    `intent` is what was to be signed; `cards` what was, or None when the work stopped between the two.
    """

    issuance_id: str
    request_digest: bytes = field(repr=False)
    recorded_at: datetime
    intent: bytes = field(repr=False)
    cards: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asking:
    """The phone that asks, and what is on record under the idempotency key it sent."""

    phone: Phone
    recorded: Recorded | None


class Phones(Protocol):
    """Finds the phone that asks, outside any transaction, in one question."""

    def by_credential(self, credential_id: bytes, idempotency_key: str) -> Asking | None:
        """By the WebAuthn credential its assertion names."""
        ...

    def by_app_key(self, jkt: str, idempotency_key: str) -> Asking | None:
        """By the thumbprint of the app key that signed its DPoP proof."""
        ...


# --- The register ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UsedOnce:
    """What may permit one issuance: a `nonce` or a `dpop` proof, by its 32-byte name."""

    kind: str
    key: bytes = field(repr=False)
    forget_after: datetime


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be signed, before it is."""

    issuance_id: str
    idempotency_key: str
    request_digest: bytes = field(repr=False)
    kind: CardKind
    content: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that one issuance takes: what permits it (nonce last), the phone, the slots of `kind` in `until`.

    Without a `gesture` it is a silent renewal, good if the last gesture came after `asserted_after`.
    """

    used: Sequence[UsedOnce]
    phone: Phone
    gesture: Gesture | None
    asserted_after: datetime
    kind: CardKind
    until: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal: what happened, by whom, in whose journal."""

    event: str
    actor: str
    subject: str
    facts: Mapping[str, Fact]


class Register(Protocol):
    """The register of issuances, inside one open transaction."""

    def take_at_once(self, wanted: Wanted, at: datetime) -> Mapping[str, Slot] | None:
        """Take all of it, if nothing stands against it, and give the slots; None: take it step by step.

        The steps say what stands against it. They are `use_once`, then one of the `accept_`, then `slots`.
        """
        ...

    def use_once(self, used: Sequence[UsedOnce]) -> bool:
        """Record these as used, all of them; False when one was used before (nothing may follow then)."""
        ...

    def accept_gesture(self, phone: Phone, gesture: Gesture, at: datetime) -> bool:
        """Move the phone's counter; False when withdrawn, or when it does not move forward (WA-10)."""
        ...

    def accept_renewal(self, phone: Phone, asserted_after: datetime, at: datetime) -> bool:
        """Note a silent renewal; False when withdrawn, or without a gesture after that instant."""
        ...

    def is_withdrawn(self, device_id: str) -> bool:
        """Whether the phone is withdrawn now."""
        ...

    def is_current(self, fiche: FicheProfessionnel) -> bool:
        """Whether the directory still says this of the professional; it cannot change until we are done."""
        ...

    def is_represented(self, reference: str) -> bool:
        """Whether this representation stands; it cannot be withdrawn until we are done."""
        ...

    def are_current(self, known: Sequence[KnownContract]) -> bool:
        """Whether insurers still say this; none of it can change until we are done."""
        ...

    def slots(
        self, phone: Phone, kind: CardKind, until: Mapping[str, datetime], at: datetime
    ) -> Mapping[str, Slot]:
        """The status slot of each exercice (the empty text for an apCV), kept or given, taken until then."""
        ...

    def has_record(self, device_id: str, idempotency_key: str) -> bool:
        """Whether something is on record under this key, committed by now."""
        ...

    def record(self, intent: Intent, phone: Phone, line: Line, at: datetime) -> bool:
        """Record what is about to be signed, and tell it; False when the idempotency key is taken."""
        ...

    def note(self, line: Line, at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class Registers(Protocol):
    """Opens the register, and writes what comes after the seal."""

    def run(self, work: Callable[[Register], T]) -> T:
        """Run `work` in one transaction: all of it or nothing; again when it was lost or not had at once."""
        ...

    def record_issued(self, issuance_id: str, phone: Phone, cards: bytes, at: datetime) -> bytes | None:
        """Keep the sealed cards of an intent; what is kept, by another if it finished first.

        None when the intent is on record no more: the person was erased meanwhile.
        """
        ...

    def sweep(self, at: datetime) -> int:
        """Forget what can serve no more at `at`; how many issuances were forgotten."""
        ...
