"""What the provider needs done by others, in its own words. `bootstrap` connects the ends.

Everything that must be true together is written through one `ProviderRegister`, inside one transaction: the
service decides the order, the register's conditional statements decide what happens once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from apcv_backend.enrolment.rules import Dossier, PersonKey
from apcv_backend.signin.approval.attempt_rules import Approved, Attempt, AttemptOrder
from apcv_backend.signin.provider.client_rules import Client
from apcv_backend.signin.provider.session_rules import Session, Sight

T = TypeVar("T")
Fact = str | int | bool | None


# --- Clients ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeptClient:
    """A client as it is kept, with the keyed hashes of its secrets; `closed` ones are given too."""

    client: Client
    document: Mapping[str, Any] = field(repr=False)
    secret_mac: bytes | None = field(repr=False)
    former_secret_mac: bytes | None = field(repr=False)
    former_secret_until: datetime | None
    registered_by: str
    registered_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    closed_why: str


class Clients(Protocol):
    """The register of clients."""

    def get(self, client_id: str) -> KeptClient | None:
        """The client of this identifier, open or closed."""
        ...

    def recent(self, client_id: str) -> KeptClient | None:
        """As `get`, a second ago at most: what was closed or changed since may not be known here yet.

        Good enough to say yes for that second; a refusal is judged on `get`.
        """
        ...

    def all(self) -> Sequence[KeptClient]:
        """Every client, by identifier."""
        ...

    def add(
        self, client: Client, document: Mapping[str, Any], secret_mac: bytes | None, by: str, at: datetime
    ) -> bool:
        """Enter a client, with a line of the journal; False when the identifier is taken."""
        ...

    def replace_secret(
        self, client_id: str, mac: bytes, former_until: datetime, by: str, at: datetime
    ) -> bool:
        """Put a new secret in force, the former one accepted until `former_until`; False: no such client."""
        ...

    def replace_document(self, client_id: str, document: Mapping[str, Any], by: str, at: datetime) -> bool:
        """Put another registration document in force; False: no such open client."""
        ...

    def close(self, client_id: str, why: str, by: str, at: datetime) -> bool:
        """Close a client and every session at it, at once; False when there is no such open client."""
        ...


# --- The vault and the registers ----------------------------------------------------------------------------


class Macs(Protocol):
    """The vault, as far as the provider needs it."""

    def code_mac(self, reference: str, secret: str, purpose: str) -> bytes:
        """The keyed hash, 32 bytes, under which a secret of `reference` is kept for `purpose`."""
        ...


class People(Protocol):
    """The registers that know people (see `enrolment.ports.People`)."""

    def find(self, person: PersonKey, at: datetime) -> Dossier:
        """What is known of `person`. Raises `PersonUnknown`."""
        ...


# --- Attempts (the other half of this room) -----------------------------------------------------------------


class Attempts(Protocol):
    """Attempts, opened and looked at; their answers are taken through the register."""

    def open(self, order: AttemptOrder, browser_secret: bytes | None, at: datetime) -> Attempt:
        """Open an attempt for an order already validated, bound to this browser."""
        ...

    def get(self, attempt_id: str, at: datetime) -> Attempt | None:
        """The attempt as it stands at `at`, or None."""
        ...

    def browser_mac(self, attempt_id: str, browser_secret: bytes) -> bytes:
        """How the register knows the browser that began it."""
        ...


class Polls(Protocol):
    """Whether there is something to take under a CIBA request."""

    def check(self, auth_req_id: str, client_id: str, at: datetime) -> None:
        """Return when there is. Raises `PollAnswer`, which says why not."""
        ...


# --- The register -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UsedOnce:
    """An identifier that may serve once: a proof's or an assertion's, until it is too old anyway."""

    kind: str
    key: bytes = field(repr=False)
    forget_after: datetime


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code about to be kept, under its keyed hash, with what the exchange will be held against."""

    code_mac: bytes = field(repr=False)
    client_id: str
    session_id: str
    redirect_uri: str
    code_challenge: str
    dpop_jkt: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TakenCode:
    """A code that was just used, for the only time."""

    session_id: str
    redirect_uri: str
    code_challenge: str
    dpop_jkt: str


@dataclass(frozen=True, slots=True)
class KeptRefresh:
    """A refresh token as it is kept. `jkt` is the key of the proof it was first given with, or empty."""

    session_id: str
    jkt: str
    expires_at: datetime
    replaced_at: datetime | None
    successor_used: bool


class ProviderRegister(Protocol):
    """Codes, sessions and tokens, inside one open transaction."""

    def use_once(self, used: Sequence[UsedOnce]) -> bool:
        """Remember identifiers; False when one is remembered already."""
        ...

    def push_request(self, mac: bytes, client_id: str, request: bytes, expires_at: datetime) -> None:
        """Keep a pushed request, sealed."""
        ...

    def take_request(self, mac: bytes, client_id: str, at: datetime) -> bytes | None:
        """The pushed request, once; None when unknown, used, expired or another client's."""
        ...

    def take_approved(
        self, attempt_id: str, browser_mac: bytes | None, client_id: str, at: datetime
    ) -> Approved | None:
        """What a phone approved, once, for this client and this browser."""
        ...

    def poll(self, auth_req_id: str, client_id: str, at: datetime) -> tuple[Approved, AttemptOrder]:
        """What a phone approved without a browser, once. Raises `PollAnswer`: nothing, yet or ever."""
        ...

    def subject_of(self, person: PersonKey, at: datetime) -> str:
        """The pseudonym of a person."""
        ...

    def open_session(self, session: Session) -> None:
        """Keep a session just opened."""
        ...

    def touch(self, session_id: str, at: datetime) -> None:
        """Note that something was given under it."""
        ...

    def sight(self, session_id: str) -> Sight | None:
        """The session with everything it may die of."""
        ...

    def close_session(self, session_id: str, why: str, at: datetime) -> bool:
        """Close it, with what it gave; its client is told by the back channel. False: closed already."""
        ...

    def end_session(self, session_id: str, why: str, at: datetime) -> bool:
        """As `close_session`, for one that is over by itself: its owner reads so in the journal."""
        ...

    def may_have_ended(self, after: str, most: int, at: datetime) -> tuple[str, Sequence[Sight]]:
        """The next `most` open sessions after this identifier that may be over without an act of ours.

        With the last identifier looked at, empty at the end.
        """
        ...

    def open_sessions(self, subject_id: str, at: datetime) -> Sequence[Sight]:
        """The person's sessions that nobody closed, newest first."""
        ...

    def keep_code(self, code: NewCode) -> None:
        """Keep a code."""
        ...

    def take_code(self, mac: bytes, client_id: str, at: datetime) -> TakenCode | None:
        """Use a code: of two who show it, one gets it."""
        ...

    def session_of_used_code(self, mac: bytes) -> str | None:
        """The session of a code that was used before, whoever shows it now."""
        ...

    def keep_refresh(
        self, mac: bytes, former: bytes | None, session: Session, jkt: str, at: datetime
    ) -> None:
        """Keep a refresh token; the one it replaces, if any, is `former`."""
        ...

    def take_refresh(self, mac: bytes, client_id: str, at: datetime) -> KeptRefresh | None:
        """Replace a refresh token: of two who show it, one gets here."""
        ...

    def find_refresh(self, mac: bytes, client_id: str) -> KeptRefresh | None:
        """A refresh token of this client, whatever its state."""
        ...

    def revoke_token(self, key: bytes, until: datetime) -> None:
        """Remember that an access token was revoked, until it would have expired."""
        ...

    def is_open_client(self, client_id: str) -> bool:
        """Whether this client is open at this instant, whatever was seen of it a second ago."""
        ...

    def is_dead_token(self, key: bytes, client_id: str) -> bool:
        """Whether it was, or whether the client it was given to is closed, at this instant."""
        ...

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """Write a line of the journal, in this transaction."""
        ...


class ProviderRegisters(Protocol):
    """Opens the register for the time of one transaction."""

    def run(self, work: Callable[[ProviderRegister], T]) -> T:
        """Run `work` in one transaction: all of it or nothing; again when the database lost it to another."""
        ...

    def use_once(self, used: Sequence[UsedOnce]) -> bool:
        """As the register's, in a transaction of its own, for whoever writes nothing else."""
        ...

    def look(self, work: Callable[[ProviderRegister], T]) -> T:
        """Run `work`, which only reads, outside a transaction."""
        ...


# --- Keys ---------------------------------------------------------------------------------------------------


class TokenSigner(Protocol):
    """A key that signs tokens: ES256 or RS256."""

    @property
    def kid(self) -> str:
        """Its identifier."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature of RFC 7518 section 3."""
        ...


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key of ours that somebody may still need; `public_key` is as the keyring has it."""

    alg: str
    kid: str
    public_key: bytes


class SigningKeys(Protocol):
    """The keys that sign tokens, by algorithm."""

    def signer(self, alg: str, at: datetime) -> TokenSigner | None:
        """The key that signs at `at`, or None when the keyring has none."""
        ...

    def published(self) -> Sequence[PublishedKey]:
        """Active, waiting and retiring keys of both algorithms."""
        ...
