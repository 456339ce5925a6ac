"""What the room `staff` needs done by others, in its own words. `bootstrap` connects the ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.rules import EndedBy, OpeningOrder, Representation, Sided
from apcv_backend.staff.rules import Member, Post, Proposal
from cartes.cards import Binding, CardKind

T = TypeVar("T")
Fact = str | int | bool | None

# --- WebAuthn, under staff's own relying party


@dataclass(frozen=True, slots=True)
class NewStaffKey:
    """A key just made by a colleague's authenticator, with all that was proven and judged about it."""

    credential_id: bytes = field(repr=False)
    cose_key: bytes = field(repr=False)
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    binding: Binding
    aaguid: str
    attestation_format: str
    attestation_object: bytes = field(repr=False)
    client_data_json: bytes = field(repr=False)
    verdict: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class StaffKey:
    """A colleague's key as the register knows it."""

    credential_id: bytes = field(repr=False)
    member_id: str
    cose_key: bytes = field(repr=False)
    sign_count: int
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key was used just now, by its owner: the counter to keep."""

    sign_count: int
    backed_up: bool


class StaffWebAuthn(Protocol):
    """The house's one wrapper around WebAuthn, under staff's policy."""

    def creation_options(
        self, *, challenge: bytes, member_id: str, name: str, known: Sequence[bytes]
    ) -> Mapping[str, object]:
        """PublicKeyCredentialCreationOptionsJSON; `known` credentials refuse to make another."""
        ...

    def check_creation(
        self, unverified: Mapping[str, object], *, challenge: bytes, at: datetime
    ) -> NewStaffKey:
        """Prove a key was just made for this challenge. Raises a leaf of `ceremony_refused`."""
        ...

    def request_options(self, *, challenge: bytes, allowed: Sequence[bytes]) -> Mapping[str, object]:
        """PublicKeyCredentialRequestOptionsJSON; nothing allowed means any key of ours."""
        ...

    def credential_of(self, unverified: Mapping[str, object]) -> bytes:
        """Which key an assertion says it is from. Raises a leaf of `ceremony_refused`."""
        ...

    def check_assertion(
        self, unverified: Mapping[str, object], *, challenge: bytes, key: StaffKey, at: datetime
    ) -> KeyUse:
        """Prove `key` and its owner just answered. Raises a leaf of `ceremony_refused`."""
        ...


class Macs(Protocol):
    """The vault, as far as this room needs it."""

    def code_mac(self, reference: str, secret: str, purpose: str) -> bytes:
        """The keyed hash under which a secret is kept, 32 bytes."""
        ...

    def nonce_mac(self, message: bytes) -> bytes:
        """A tag only this house can make, 32 bytes."""
        ...


# --- The register


@dataclass(frozen=True, slots=True)
class Invitation:
    """What lets a colleague register their key: two halves, kept as MACs."""

    invitation_id: str
    member_id: str
    first_mac: bytes = field(repr=False)
    second_mac: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StaffCeremony:
    """A WebAuthn exchange under way: a challenge, for one purpose, for two minutes, once."""

    ceremony_id: str
    purpose: str
    member_id: str | None
    about: str | None
    challenge: bytes = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A colleague's session, without its token."""

    session_id: str
    member_id: str
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime


class Register(Protocol):
    """The register of staff, inside one open transaction. What says `bool` or None decides once, in SQL."""

    def lock(self) -> None:
        """Make every other bootstrap wait for this transaction."""
        ...

    def add_member(self, member: Member) -> None:
        """Enter a colleague."""
        ...

    def member(self, member_id: str) -> Member | None:
        """A live colleague."""
        ...

    def members(self) -> Sequence[Member]:
        """Every live colleague, by name, with how many live keys they have."""
        ...

    def change_post(self, member_id: str, post: Post) -> bool:
        """Give a live colleague another post."""
        ...

    def change_limit(self, member_id: str, daily_codes: int) -> bool:
        """Give a live colleague another daily cap."""
        ...

    def lift_account(self, account: str, by: str, at: datetime) -> bool:
        """Let an account ask again that a limit froze; False when it was not frozen."""
        ...

    def set_ceiling(self, account: str, people_a_day: int, by: str, at: datetime) -> None:
        """Give an account another number of people a day."""
        ...

    def close_member(self, member_id: str, by: str, at: datetime) -> bool:
        """Close a live account, its keys and its sessions; False when it was not live."""
        ...

    def add_invitation(self, invitation: Invitation, at: datetime) -> None:
        """Keep an invitation; an earlier one of the same colleague is spent."""
        ...

    def invitation(self, first_mac: bytes, second_mac: bytes, at: datetime) -> Invitation | None:
        """The invitation of these halves that may still serve, of a live colleague."""
        ...

    def spend_invitation(self, invitation_id: str, at: datetime) -> bool:
        """Spend it; False when it was spent."""
        ...

    def add_key(self, key: NewStaffKey, member_id: str, at: datetime) -> bool:
        """Record a key; False when it is known already."""
        ...

    def key(self, credential_id: bytes) -> StaffKey | None:
        """A live key of a live colleague."""
        ...

    def keys_of(self, member_id: str) -> Sequence[StaffKey]:
        """The live keys of a colleague."""
        ...

    def count_use(self, credential_id: bytes, use: KeyUse) -> bool:
        """Move the counter; False when another use of it came first (WA-10)."""
        ...

    def withdraw_keys(self, member_id: str, at: datetime) -> None:
        """Withdraw the live keys of a colleague."""
        ...

    def open_ceremony(self, ceremony: StaffCeremony, at: datetime) -> None:
        """Keep it until it expires or is taken."""
        ...

    def take_ceremony(self, ceremony_id: str, purpose: str, at: datetime) -> StaffCeremony | None:
        """Give it back and destroy it: of two who ask, one gets it."""
        ...

    def open_session(self, session: Session, token_mac: bytes) -> None:
        """Keep a session by the MAC of its token."""
        ...

    def use_session(
        self, token_mac: bytes, at: datetime, *, used_since: datetime
    ) -> tuple[Session, Member] | None:
        """The live session of this token, of a live colleague, used after `used_since`; now used at `at`."""
        ...

    def sessions_of(self, member_id: str, at: datetime, *, used_since: datetime) -> Sequence[Session]:
        """The live sessions of a colleague, newest first."""
        ...

    def close_session(self, session_id: str, member_id: str, why: str, at: datetime) -> bool:
        """End a colleague's session; False when they have no such one."""
        ...

    def close_sessions(self, member_id: str, why: str, at: datetime) -> None:
        """End every session of a colleague."""
        ...

    def add_proposal(self, proposal: Proposal) -> None:
        """Keep an open proposal."""
        ...

    def proposals(self, at: datetime) -> Sequence[Proposal]:
        """The open ones, oldest first."""
        ...

    def proposal(self, proposal_id: str, at: datetime) -> Proposal | None:
        """An open one."""
        ...

    def decide(self, proposal_id: str, state: str, by: str, at: datetime) -> bool:
        """Decide an open proposal; an approval by its proposer changes nothing and says False."""
        ...

    def spend_act(self, member_id: str, day: str, act: str, most: int) -> bool:
        """Count one act of a day; False, and nothing counted, when it would be one too many."""
        ...

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class Registers(Protocol):
    """Opens the register for the time of one transaction."""

    def run(self, work: Callable[[Register], T]) -> T:
        """Run `work` in one transaction, all of it or nothing; again when it was lost to another one."""
        ...


# --- The counter: what a desk agent does for somebody present, in other rooms


@dataclass(frozen=True, slots=True)
class Agent:
    """Who answers for it: a name and a place, as the audit keeps them."""

    member_id: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class HandedCode:
    """An activation code to hand over; its secrets are readable here and never again."""

    card: CardKind
    reference: str
    secrets: tuple[str, ...] = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SeenPhone:
    """A person's live phone, as a desk needs it."""

    reference: str
    name: str
    card: CardKind
    enrolled_at: datetime
    last_used_at: datetime


class Counter(Protocol):
    """Enrolment, as a desk uses it."""

    def open_code(self, person: PersonKey, agent: Agent, at: datetime) -> HandedCode:
        """Open a code for somebody present. Raises `PersonUnknown`."""
        ...

    def phones_of(self, person: PersonKey, at: datetime) -> Sequence[SeenPhone]:
        """The person's live phones; none when nobody is known."""
        ...

    def report_lost(self, person: PersonKey, reference: str, agent: Agent, at: datetime) -> None:
        """Withdraw one of the person's phones. Raises `DeviceNotFound`."""
        ...


class Delegations(Protocol):
    """Representation, as a desk uses it."""

    def open(self, order: OpeningOrder, agent: str, at: datetime) -> Representation:
        """Open a delegation on the proof that `agent` (as the journal names them) saw.

        Raises: a leaf of `representation_refused` or of `enrolment_refused`.
        """
        ...

    def end(self, reference: str, by: EndedBy, actor: str, at: datetime) -> Representation:
        """Withdraw it, its cards with it. Raises `RepresentationUnknown`."""
        ...

    def list_for(self, person: PersonKey, at: datetime) -> Sequence[Sided]:
        """All that concerns a person, on either side, over or not."""
        ...
