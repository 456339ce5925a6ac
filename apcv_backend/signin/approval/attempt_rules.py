"""A sign-in attempt: what a client asked, where it stands, and what a phone's approval proves.

An attempt is opened by a client (its browser at `/auth`, or CIBA without one), reaches a person's phone, and
ends once: approved, refused, reported, expired or locked. An approved one is taken once, by the client that
opened it.

Nothing here reads a clock, a request or a table. Sources: OpenID Connect CIBA Core 1.0 for the words of the
poll; RFC 6749 section 5.2 for their form; number matching, so that a tired thumb approves nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apcv_backend.enrolment.rules import PersonKey
from cartes.cards import CardKind
from cartes.errors import CarteError

MOST_WRONG_DIGITS = 3
"""Three wrong pairs of digits lock an attempt: a guess has three chances in a hundred, once."""


class AttemptState(enum.Enum):
    """Where an attempt stands. Only PENDING moves, once; only APPROVED is taken, once."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    REPORTED = "reported"
    EXPIRED = "expired"
    LOCKED = "locked"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class AttemptOrder:
    """What a client asked, already validated: `signin` checked its address, its scopes and its secret.

    `client_name`, `client_place` and `purpose` are shown on the phone before any approval. `session_hint` is
    kept for the provider and given back as it is (redirect address, state, nonce, code challenge).
    """

    kind: CardKind
    client_id: str
    client_name: str
    client_place: str
    scopes: tuple[str, ...]
    acr: str
    purpose: str
    origin: str  # "browser" | "ciba"
    login_hint: str = field(default="", repr=False)  # a national id, or empty: nobody is reached then
    binding_message: str = field(
        default="", repr=False
    )  # CIBA: the client's two digits; browser: we draw them
    session_hint: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt as it is kept. `digits` are for the page that waits, never for the phone."""

    attempt_id: str = field(repr=False)
    order: AttemptOrder
    state: AttemptState
    digits: str = field(repr=False)
    opened_at: datetime
    expires_at: datetime
    errors: int


@dataclass(frozen=True, slots=True)
class Approved:
    """Proven: a live phone of this person signed this very attempt, with the digits of its page."""

    attempt_id: str = field(repr=False)
    subject_id: str
    person: PersonKey
    device_id: str
    exercice_id: str
    structure: str
    acts_for: PersonKey | None
    acr: str
    amr: tuple[str, ...]
    auth_time: datetime


# --- The words of the poll (CIBA Core 1.0 section 11) ---------------------------------------------------


class PollAnswer(CarteError):
    """There is nothing to give under this request yet, or ever. `code` is the OAuth error word."""

    code = "invalid_grant"


class AuthorizationPending(PollAnswer):
    """The person has not answered yet."""

    code = "authorization_pending"


class SlowDown(PollAnswer):
    """Asked again before the interval; `interval` (seconds) is five longer from now on."""

    code = "slow_down"


class ExpiredToken(PollAnswer):
    """Nobody answered in time."""

    code = "expired_token"


class AccessDenied(PollAnswer):
    """The person refused, or the request was locked; which of the two is theirs to know."""

    code = "access_denied"


class TransactionFailed(PollAnswer):
    """The request cannot be answered by this person any more."""

    code = "transaction_failed"


POLL_INTERVAL = timedelta(seconds=5)
"""What a client waits between two polls, until it is told to slow down."""
