"""What takes two people: one administrator proposes, another signs the same words with their own key.

The second signature is a fresh WebAuthn assertion over the proposal's digest, so that it cannot be a click on
a page that showed something else: what is applied is what was hashed. Approving, and everything that follows,
is one transaction, whose conditional statement is the judge: once, while open, and never by the proposer.

A proposal falls with its proposer: what somebody proposed before their account was closed, or before they
were an administrator no more, waits for nobody.

Taking power away needs no second person: an administrator closes an account alone, and it counts at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apcv_backend.callers import Caller
from apcv_backend.staff import rules
from apcv_backend.staff.ports import (
    Invitation,
    KeyUse,
    Macs,
    Register,
    Registers,
    StaffCeremony,
    StaffKey,
    StaffWebAuthn,
)
from apcv_backend.staff.refusals import MemberNotFound, ProposalGone, SignInRefused, StaffCeremonyGone
from apcv_backend.staff.registration import CHALLENGE_BYTES, Begun, draw_half, first_mac, half_macs
from apcv_backend.staff.rules import (
    ABOUT_ACCOUNTS,
    OPENS_INVITATION,
    AccountNotFrozen,
    Member,
    Proposal,
    ProposalKind,
    post_of,
)
from apcv_backend.staff_callers import StaffRole

_PURPOSE = "approval"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal made, and the proposer's half of the invitation it may open: readable here only."""

    proposal: Proposal
    first_half: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Approved:
    """A proposal applied, the colleague it concerned, and the approver's half of the invitation: or none."""

    proposal: Proposal
    member_id: str
    second_half: str | None = field(repr=False)
    invitation_until: datetime | None


@dataclass(frozen=True, slots=True)
class ApprovalBegun:
    """What to sign with: the exchange, and the nonce that with the digest makes its challenge."""

    begun: Begun
    nonce: bytes = field(repr=False)


class ProposalDesk:
    """Administrators' acts; every `caller` was proven to be one."""

    def __init__(
        self,
        *,
        registers: Registers,
        webauthn: StaffWebAuthn,
        macs: Macs,
        random: Callable[[int], bytes],
    ) -> None:
        self._registers = registers
        self._webauthn = webauthn
        self._macs = macs
        self._random = random

    def members(self) -> Sequence[Member]:
        """Every live colleague."""
        return self._registers.run(lambda register: register.members())

    def open_ones(self, at: datetime) -> Sequence[Proposal]:
        """The proposals that wait for a second person."""
        return self._registers.run(
            lambda register: [
                one for one in register.proposals(at) if _is_administrator(register, one.proposed_by)
            ]
        )

    def propose(
        self, caller: Caller, kind: ProposalKind, wanted: Mapping[str, str | int], at: datetime
    ) -> Proposed:
        """Propose; nothing changes yet.

        Raises:
            InvalidValue: its words. MemberNotFound: it concerns nobody live.
        """
        half = draw_half(self._random) if kind in OPENS_INVITATION else None
        kept = None if half is None else first_mac(self._macs, half)
        proposal = rules.draft_proposal(self._new_id(), kind, wanted, caller.subject_id, at, kept)

        def work(register: Register) -> None:
            if proposal.concerns and register.member(proposal.concerns) is None:
                raise MemberNotFound
            register.add_proposal(proposal)
            _note(register, "staff.proposed", proposal, caller, at)

        self._registers.run(work)
        return Proposed(proposal, half)

    def begin_approval(self, caller: Caller, proposal_id: str, at: datetime) -> ApprovalBegun:
        """A challenge over this proposal's digest, for the approver's own keys.

        Raises:
            ProposalGone: no such open one. SecondPersonNeeded: the caller proposed it or is concerned.
        """
        nonce, ceremony_id = self._random(CHALLENGE_BYTES), self._new_id()

        def work(register: Register) -> tuple[StaffCeremony, Sequence[StaffKey]]:
            proposal = _open(register, proposal_id, at)
            rules.check_second_person(proposal, caller.subject_id)
            challenge = rules.approval_challenge(nonce, proposal.digest)
            ceremony = StaffCeremony(
                ceremony_id, _PURPOSE, caller.subject_id, proposal_id, challenge, at + rules.CEREMONY_LIFE
            )
            register.open_ceremony(ceremony, at)
            return ceremony, register.keys_of(caller.subject_id)

        ceremony, keys = self._registers.run(work)
        options = self._webauthn.request_options(
            challenge=ceremony.challenge, allowed=[key.credential_id for key in keys]
        )
        return ApprovalBegun(Begun(ceremony_id, ceremony.expires_at, options), nonce)

    def approve(
        self,
        caller: Caller,
        proposal_id: str,
        ceremony_id: str,
        unverified: Mapping[str, object],
        at: datetime,
    ) -> Approved:
        """Judge the signature, and apply the proposal: all of it or nothing.

        Raises:
            StaffCeremonyGone: nothing under way for this proposal and this person. SignInRefused: not the
            caller's key. A leaf of `ceremony_refused`: what WebAuthn refuses. ProposalGone: decided
            meanwhile. SecondPersonNeeded. MemberNotFound: whom it concerned has left.
        """
        ceremony = self._registers.run(lambda register: register.take_ceremony(ceremony_id, _PURPOSE, at))
        if ceremony is None or (ceremony.member_id, ceremony.about) != (caller.subject_id, proposal_id):
            raise StaffCeremonyGone
        credential_id = self._webauthn.credential_of(unverified)
        key = self._registers.run(lambda register: register.key(credential_id))
        if key is None or key.member_id != caller.subject_id:
            raise SignInRefused
        use = self._webauthn.check_assertion(unverified, challenge=ceremony.challenge, key=key, at=at)
        new_ids = self._new_id(), self._new_id()
        half = draw_half(self._random)

        def work(register: Register) -> Approved:
            return self._decided(register, caller, proposal_id, credential_id, use, new_ids, half, at)

        return self._registers.run(work)

    def refuse(self, caller: Caller, proposal_id: str, at: datetime) -> None:
        """Close a proposal without applying it; its proposer may, too. Raises `ProposalGone`."""

        def work(register: Register) -> None:
            proposal = _open(register, proposal_id, at)
            if not register.decide(proposal_id, "refused", caller.subject_id, at):
                raise ProposalGone
            _note(register, "staff.proposal_refused", proposal, caller, at)

        self._registers.run(work)

    def close_member(self, caller: Caller, member_id: str, at: datetime) -> None:
        """Close an account, its keys and its sessions, at once. Raises `MemberNotFound`."""

        def work(register: Register) -> None:
            if not register.close_member(member_id, caller.subject_id, at):
                raise MemberNotFound
            register.note("staff.closed", actor=caller.name, subject=f"staff:{member_id}", facts={}, at=at)

        self._registers.run(work)

    def _decided(
        self,
        register: Register,
        caller: Caller,
        proposal_id: str,
        credential_id: bytes,
        use: KeyUse,
        new_ids: tuple[str, str],
        half: str,
        at: datetime,
    ) -> Approved:
        """Apply an approved proposal inside one transaction."""
        proposal = _open(register, proposal_id, at)
        rules.check_second_person(proposal, caller.subject_id)
        if not register.count_use(credential_id, use):
            raise SignInRefused
        if not register.decide(proposal_id, "approved", caller.subject_id, at):
            raise ProposalGone
        if proposal.kind in ABOUT_ACCOUNTS:
            _apply_to_account(register, proposal, caller, at)
            return Approved(proposal, "", None, None)
        member_id = proposal.concerns or new_ids[0]
        _apply(register, proposal, member_id, at)
        _note(register, "staff.approved", proposal, caller, at, member_id)
        if proposal.first_mac is None:
            return Approved(proposal, member_id, None, None)
        until = at + rules.INVITATION_LIFE
        second = half_macs(self._macs, "", half)[1]
        register.add_invitation(Invitation(new_ids[1], member_id, proposal.first_mac, second, until), at)
        return Approved(proposal, member_id, half, until)

    def _new_id(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))


def _open(register: Register, proposal_id: str, at: datetime) -> Proposal:
    proposal = register.proposal(proposal_id, at)
    if proposal is None or not _is_administrator(register, proposal.proposed_by):
        raise ProposalGone
    return proposal


def _is_administrator(register: Register, member_id: str) -> bool:
    member = register.member(member_id)
    return member is not None and member.post.role is StaffRole.ADMINISTRATOR


def _apply(register: Register, proposal: Proposal, member_id: str, at: datetime) -> None:
    """What two people decided, kind by kind; `MemberNotFound` when whom it concerned has left."""
    wanted = proposal.wanted
    done = True
    match proposal.kind:
        case ProposalKind.ADD_MEMBER:
            post = post_of(wanted)
            register.add_member(Member(member_id, str(wanted["name"]), post, rules.USUAL_DAILY_CODES, at))
        case ProposalKind.CHANGE_ROLE:
            done = register.change_post(member_id, post_of(wanted))
            register.close_sessions(member_id, "role_changed", at)
        case ProposalKind.RAISE_LIMIT:
            done = register.change_limit(member_id, int(wanted["daily_codes"]))
        case ProposalKind.NEW_KEY:
            done = register.member(member_id) is not None
            register.withdraw_keys(member_id, at)
            register.close_sessions(member_id, "new_key", at)
    if not done:
        raise MemberNotFound


def _apply_to_account(register: Register, proposal: Proposal, caller: Caller, at: datetime) -> None:
    """Lift or raise what limits an account; both people are named with it. Raises `AccountNotFrozen`."""
    account, by = str(proposal.wanted["account"]), f"{proposal.proposed_by},{caller.subject_id}"
    facts: dict[str, str | int] = {"proposal": proposal.proposal_id, "by": by}
    if proposal.kind is ProposalKind.LIFT_ACCOUNT:
        if not register.lift_account(account, by, at):
            raise AccountNotFrozen
        event = "account.lifted"
    else:
        facts["people_a_day"] = int(proposal.wanted["people_a_day"])
        register.set_ceiling(account, int(proposal.wanted["people_a_day"]), by, at)
        event = "ceiling.set"
    register.note(event, actor=caller.name, subject=f"account:{account}"[:120], facts=facts, at=at)


def _note(
    register: Register, event: str, proposal: Proposal, caller: Caller, at: datetime, member_id: str = ""
) -> None:
    concerned = member_id or proposal.concerns or "new"
    if proposal.kind in ABOUT_ACCOUNTS:
        subject = f"account:{proposal.wanted['account']}"[:120]
    else:
        subject = f"staff:{concerned}"
    facts = {"kind": proposal.kind.value, "proposal": proposal.proposal_id, "digest": proposal.digest.hex()}
    register.note(event, actor=caller.name, subject=subject, facts=facts, at=at)
