"""What the room `enrolment` needs done by others, in its own words. `bootstrap` connects the ends.

Two kinds of port. Some ask a question and change nothing (`People`). The others write, and everything that
must be true together is written through one `Register`, which lives inside one transaction: the service
decides the order of the steps, the register's conditional statements decide what happens once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.enrolment.activation_codes import DeskAgent, IdentityMethod, NewCode
from apcv_backend.enrolment.rules import Device, Dossier, PersonKey
from cartes.cards import Binding, CardKind

T = TypeVar("T")

# --- Identity -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnverifiedProof:
    """What a person says to prove who they are: a reference, and the secrets they were sent."""

    card: CardKind
    reference: str
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProvenIdentity:
    """Who is there, how it was proven, and the code that will be spent when their phone is recorded."""

    person: PersonKey
    method: IdentityMethod
    agent: DeskAgent | None
    reference: str


class IdentityProofs(Protocol):
    """One door for every way of proving one's identity."""

    def check(self, proof: UnverifiedProof, at: datetime) -> ProvenIdentity:
        """Who `proof` proves, at `at`.

        Raises:
            ActivationCodeRefused: unknown, wrong, expired, locked or used: the same answer, at the same cost.
        """
        ...


class ActivationCodes(Protocol):
    """Where codes just drawn are kept, as MACs, until they prove somebody or expire."""

    def keep(
        self, drawn: NewCode, person: PersonKey, agent: DeskAgent | None, at: datetime, expires_at: datetime
    ) -> None:
        """Keep what is needed to recognise the code again, and a line in the journal; never its secrets."""
        ...


class Macs(Protocol):
    """The vault, as far as this room needs it."""

    def code_mac(self, reference: str, secret: str, purpose: str) -> bytes:
        """The keyed hash, 32 bytes, under which a secret of `reference` is kept for `purpose`."""
        ...


class People(Protocol):
    """The registers that know people: rights for insured persons, the directory for professionals."""

    def find(self, person: PersonKey, at: datetime) -> Dossier:
        """What is known of `person` that holding a card depends on.

        Raises:
            PersonUnknown: nobody is known under this key.
        """
        ...


# --- Ceremonies -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ceremony:
    """A registration begun and not finished: what was promised to the phone, for two minutes, once."""

    ceremony_id: str = field(repr=False)
    card: CardKind
    subject_id: str
    reference: str
    challenge: bytes = field(repr=False)
    app_jwk: Mapping[str, str] = field(repr=False)
    device_name: str
    expires_at: datetime


class Ceremonies(Protocol):
    """Ceremonies under way, in the database: a cache may forget, and forgetting would be guessing."""

    def open(self, ceremony: Ceremony, at: datetime) -> None:
        """Keep it until it expires or is taken."""
        ...

    def take(self, ceremony_id: str, at: datetime) -> Ceremony:
        """Give it back and destroy it, in one statement: of two who ask, one gets it.

        Raises:
            CeremonyGone: unknown, expired or already taken.
        """
        ...


# --- The register -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A phone about to be recorded: everything WA-8 asks to keep, and the second key."""

    device_id: str
    reference: str
    subject_id: str
    card: CardKind
    name: str
    binding: Binding
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    cose_key: bytes = field(repr=False)
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    aaguid: str
    attestation_format: str
    attestation_object: bytes = field(repr=False)
    client_data_json: bytes = field(repr=False)
    attestation_verdict: Mapping[str, object] = field(repr=False)
    app_jkt: str = field(repr=False)
    app_jwk: Mapping[str, str] = field(repr=False)
    loss_mac: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know about their phones, told to every one of them."""

    notice_id: str
    kind: str
    at: datetime
    device_name: str


Fact = str | int | bool | None


class Register(Protocol):
    """The register of people and phones, inside one open transaction."""

    def subject_of(self, person: PersonKey, at: datetime) -> str:
        """The pseudonym of `person`, who is entered at `at` if seen for the first time."""
        ...

    def get_subject(self, person: PersonKey) -> str | None:
        """The pseudonym of `person`; None when nobody ever spoke of them."""
        ...

    def lock_subject(self, subject_id: str) -> None:
        """Make every other change to this person's phones wait for this transaction."""
        ...

    def live_devices(self, subject_id: str) -> Sequence[Device]:
        """The person's phones that are not withdrawn, oldest first."""
        ...

    def live_devices_of_models(self, aaguids: Collection[str]) -> Sequence[Device]:
        """Every person's phones of these models (AAGUIDs) that are not withdrawn."""
        ...

    def device_of_app_key(self, jkt: str) -> Device | None:
        """The phone, live or withdrawn, whose app key has this thumbprint."""
        ...

    def add_device(
        self, device: NewDevice, method: IdentityMethod, agent: DeskAgent | None, at: datetime
    ) -> bool:
        """Record the phone; False when its credential or app key is already registered, to anyone."""
        ...

    def spend_code(self, reference: str, at: datetime) -> tuple[IdentityMethod, DeskAgent | None] | None:
        """Mark the activation code used and say how it proved identity; None when it already was."""
        ...

    def use_once(self, replay_key: bytes, forget_after: datetime) -> bool:
        """Remember a proof's identifier; False when it is remembered already."""
        ...

    def touch(self, device_id: str, at: datetime) -> None:
        """Note that the phone was used at `at`."""
        ...

    def rename(self, device_id: str, name: str) -> None:
        """Give the phone another name."""
        ...

    def withdraw(self, device_id: str, why: str, at: datetime) -> bool:
        """Withdraw the phone and revoke the slots of its cards; False when it was withdrawn already."""
        ...

    def find_device(self, named: str) -> Device | None:
        """The live phone of this reference or this identifier."""
        ...

    def revoke_exercice(self, device_ids: Collection[str], exercice: str, at: datetime) -> int:
        """Revoke the cards of one exercice on these phones, which stay; how many slots were not yet."""
        ...

    def suspend(self, device_ids: Collection[str], at: datetime) -> int:
        """Suspend the cards of these phones; how many slots were valid."""
        ...

    def resume(self, device_ids: Collection[str], at: datetime) -> int:
        """Lift the suspension of the cards of these phones; how many slots were suspended."""
        ...

    def device_to_report(self, reference: str, loss_mac: bytes) -> Device | None:
        """The live phone whose loss code is right. A wrong code counts as one of the five errors, at once."""
        ...

    def add_notice(self, subject_id: str, notice: Notice) -> None:
        """Tell every phone of the person."""
        ...

    def notices_of(self, subject_id: str, most: int) -> Sequence[Notice]:
        """The latest notices, newest first."""
        ...

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class Registers(Protocol):
    """Opens the register for the time of one transaction."""

    def run(self, work: Callable[[Register], T]) -> T:
        """Run `work` in one transaction, all of it or nothing; again when it was lost to another one.

        An exception raised by `work` undoes everything it wrote.
        """
        ...
