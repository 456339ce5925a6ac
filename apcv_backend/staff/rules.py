"""Who may do what among staff, and what one person alone may not: decisions on plain values.

Anybody can be deceived, bought or phished, once. So what would give lasting power (a new colleague, another
role, a higher limit, another key) takes two people: one proposes, another looks at the same words and signs
their digest with their own key. What takes power away (closing an account, ending a session) takes one.

Nothing here reads a clock, a register or a request.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apcv_backend.quota_rules import MOST_RAISED
from apcv_backend.staff_callers import StaffRole
from cartes.cards import Binding
from cartes.errors import CarteError, InvalidValue
from cartes.wire import strict_json

IDLE = timedelta(minutes=15)
"""A session nobody used for so long is over: a desk is left, a screen stays."""

LONGEST_SESSION = timedelta(hours=10)
"""A session ends then whatever its use: a working day with its breaks."""

CEREMONY_LIFE = timedelta(minutes=2)
INVITATION_LIFE = timedelta(hours=24)
PROPOSAL_LIFE = timedelta(days=7)

USUAL_DAILY_CODES = 40
"""Activation codes an agent opens in a day at most: one person every twelve minutes, all day."""

MOST_DAILY_CODES = 500
"""What two administrators may raise it to; more is a batch, which is the operator's command."""

DAILY_LOOKS = 200
"""How many people's phones an agent may list in a day, known or not."""

ADMINISTRATORS_NEEDED = 2

_LONGEST_LINE = 120
_LONGEST_STRUCTURE = 32
_APPROVAL = b"FR-STAFF\x00"


class StaffRefused(CarteError):
    """Something staff asked for is not to be."""

    code = "staff_refused"


class SecondPersonNeeded(StaffRefused):
    """Whoever proposed, or is concerned, may not be the one who approves."""

    code = "second_person_needed"


class AccountNotFrozen(StaffRefused):
    """No limit froze an account of this name, or it was lifted meanwhile."""

    code = "staff_account_not_frozen"


class KeyTooWeak(StaffRefused):
    """The key's hardware does not vouch for it. Facts: `binding`, `required`."""

    code = "staff_key_too_weak"


class ProposalKind(enum.Enum):
    """What takes two people."""

    ADD_MEMBER = "add_member"
    CHANGE_ROLE = "change_role"
    RAISE_LIMIT = "raise_limit"
    NEW_KEY = "new_key"
    """A colleague who lost their key: the old one is withdrawn, an invitation opened."""

    LIFT_ACCOUNT = "lift_account"
    """An account that a limit froze may ask again."""

    SET_CEILING = "set_ceiling"
    """Another number of people a day for an account that works by files."""


_ASKED: Mapping[ProposalKind, frozenset[str]] = {
    ProposalKind.ADD_MEMBER: frozenset({"name", "role", "structure", "place"}),
    ProposalKind.CHANGE_ROLE: frozenset({"member_id", "role", "structure", "place"}),
    ProposalKind.RAISE_LIMIT: frozenset({"member_id", "daily_codes"}),
    ProposalKind.NEW_KEY: frozenset({"member_id"}),
    ProposalKind.LIFT_ACCOUNT: frozenset({"account"}),
    ProposalKind.SET_CEILING: frozenset({"account", "people_a_day"}),
}

ABOUT_ACCOUNTS = frozenset({ProposalKind.LIFT_ACCOUNT, ProposalKind.SET_CEILING})
"""What concerns no colleague: an account of the limits on questions and presences, by its name."""

OPENS_INVITATION = frozenset({ProposalKind.ADD_MEMBER, ProposalKind.NEW_KEY})


@dataclass(frozen=True, slots=True)
class Post:
    """A colleague's role, and the structure and place they hold it at; `place` stands in the audit."""

    role: StaffRole
    structure: str
    place: str

    def __post_init__(self) -> None:
        """Refuse what is not one short printable line: these words are written in the journal."""
        check_line(self.place, "place")
        if not (1 <= len(self.structure) <= _LONGEST_STRUCTURE and self.structure.isascii()):
            raise InvalidValue(what="structure")
        if not self.structure.isalnum():
            raise InvalidValue(what="structure")


@dataclass(frozen=True, slots=True)
class Member:
    """A colleague. Live until `closed_at`; `keys` is how many live keys they sign in with."""

    member_id: str
    name: str
    post: Post
    daily_codes: int
    created_at: datetime
    closed_at: datetime | None = None
    keys: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one administrator proposed. `wanted` are its words, `digest` what the second person signs."""

    proposal_id: str
    kind: ProposalKind
    wanted: Mapping[str, str | int]
    digest: bytes
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    first_mac: bytes | None = field(default=None, repr=False)

    @property
    def concerns(self) -> str:
        """The colleague it is about; empty for a new one."""
        return str(self.wanted.get("member_id", ""))


def check_line(text: str, what: str) -> str:
    """`text`, one printable line of 1 to 120 characters without outer spaces; else `InvalidValue`."""
    if not 1 <= len(text) <= _LONGEST_LINE or not text.isprintable() or text != text.strip():
        raise InvalidValue(what=what)
    return text


def post_of(wanted: Mapping[str, str | int]) -> Post:
    """The post a proposal asks for. Raises `InvalidValue`."""
    try:
        role = StaffRole(wanted["role"])
    except ValueError:
        raise InvalidValue(what="role") from None
    return Post(role, str(wanted["structure"]), str(wanted["place"]))


def draft_proposal(
    proposal_id: str,
    kind: ProposalKind,
    wanted: Mapping[str, str | int],
    proposed_by: str,
    at: datetime,
    first_mac: bytes | None,
) -> Proposal:
    """A proposal made at `at` (aware UTC), its words checked.

    Raises:
        InvalidValue: a word missing, too many, or not of its kind.
    """
    if set(wanted) != _ASKED[kind]:
        raise InvalidValue(what="proposal", why="members")
    if "role" in wanted:
        post_of(wanted)
    if "name" in wanted:
        check_line(str(wanted["name"]), "name")
    if "account" in wanted:
        check_line(str(wanted["account"]), "account")
    for name, most in (("daily_codes", MOST_DAILY_CODES), ("people_a_day", MOST_RAISED)):
        number = wanted.get(name, 1)
        if not isinstance(number, int) or not 1 <= number <= most:
            raise InvalidValue(what=name)
    told = {
        "proposal_id": proposal_id,
        "kind": kind.value,
        "wanted": dict(wanted),
        "proposed_by": proposed_by,
        "proposed_at": int(at.timestamp()),
    }
    digest = hashlib.sha256(strict_json.canonical(told)).digest()
    return Proposal(proposal_id, kind, wanted, digest, proposed_by, at, at + PROPOSAL_LIFE, first_mac)


def approval_challenge(nonce: bytes, digest: bytes) -> bytes:
    """What the second person's key signs: this proposal's digest, once (`nonce`, 32 random bytes)."""
    return hashlib.sha256(_APPROVAL + nonce + digest).digest()


def check_second_person(proposal: Proposal, approver: str) -> None:
    """Raise `SecondPersonNeeded` when `approver` proposed it or is whom it concerns.

    The register decides again where two could race (`Register.decide`).
    """
    if approver in {proposal.proposed_by, proposal.concerns}:
        raise SecondPersonNeeded


def check_key(binding: Binding, required: Binding) -> None:
    """Raise `KeyTooWeak` when the key is vouched for less firmly than staff's must be."""
    if binding < required:
        raise KeyTooWeak(binding=binding.word, required=required.word)
