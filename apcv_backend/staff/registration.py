"""A colleague invited registers their own key: the only way an account comes to life.

An invitation is two halves in two hands: whoever proposed the colleague has one, whoever approved them the
other. Neither can register a key in the newcomer's name alone. The first two administrators have nobody
before them: the command line invites them (`bootstrap`), and only while fewer than two can sign in.

The key must be vouched for by its hardware. There is no password, no e-mail link, no question about a pet.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apcv_backend.staff import rules
from apcv_backend.staff.ports import (
    Invitation,
    Macs,
    Register,
    Registers,
    StaffCeremony,
    StaffWebAuthn,
)
from apcv_backend.staff.refusals import (
    EnoughAdministrators,
    InvitationRefused,
    KeyAlreadyKnown,
    StaffCeremonyGone,
)
from apcv_backend.staff.rules import Member, Post
from apcv_backend.staff_callers import StaffRole
from cartes.cards import Binding
from cartes.wire import base64url

HALF_BYTES = 16
CHALLENGE_BYTES = 32
_PURPOSE = "registration"


@dataclass(frozen=True, slots=True)
class Begun:
    """A WebAuthn exchange begun: its options, and until when to answer."""

    ceremony_id: str = field(repr=False)
    expires_at: datetime
    public_key: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invited:
    """A colleague just invited from the command line, and both halves of the invitation, once."""

    member: Member
    halves: tuple[str, str] = field(repr=False)
    expires_at: datetime


class RegistrationDesk:
    """Invites, and records keys."""

    def __init__(
        self,
        *,
        registers: Registers,
        webauthn: StaffWebAuthn,
        macs: Macs,
        required: Binding,
        random: Callable[[int], bytes],
    ) -> None:
        """`required` is how firmly a colleague's key must be vouched for."""
        self._registers = registers
        self._webauthn = webauthn
        self._macs = macs
        self._required = required
        self._random = random

    def bootstrap(self, names: Sequence[str], structure: str, place: str, at: datetime) -> Sequence[Invited]:
        """Invite as many administrators as are missing to make two.

        Administrators invited earlier who never registered a key are closed: their invitations are void.

        Raises:
            EnoughAdministrators: not as many as `names`, each different, are missing (fact `missing`).
            InvalidValue: a name, the structure or the place.
        """
        post = Post(StaffRole.ADMINISTRATOR, structure, place)
        members = [
            Member(self._new_id(), rules.check_line(name, "name"), post, rules.USUAL_DAILY_CODES, at)
            for name in names
        ]
        halves = [(draw_half(self._random), draw_half(self._random)) for _ in names]
        ids = [self._new_id() for _ in names]

        def work(register: Register) -> None:
            register.lock()
            able = 0
            for known in register.members():
                if known.post.role is not StaffRole.ADMINISTRATOR:
                    continue
                if known.keys:
                    able += 1
                else:
                    register.close_member(known.member_id, "command_line", at)
            missing = max(rules.ADMINISTRATORS_NEEDED - able, 0)
            if not missing or len(set(names)) != missing or len(names) != missing:
                raise EnoughAdministrators(missing=missing)
            for member, (first, second), invitation_id in zip(members, halves, ids, strict=True):
                register.add_member(member)
                invite(register, self._macs, invitation_id, member.member_id, first, second, at)
                register.note(
                    "staff.bootstrapped",
                    actor="command_line",
                    subject=f"staff:{member.member_id}",
                    facts={"name": member.name},
                    at=at,
                )

        self._registers.run(work)
        until = at + rules.INVITATION_LIFE
        return [Invited(member, half, until) for member, half in zip(members, halves, strict=True)]

    def begin(self, first_half: str, second_half: str, at: datetime) -> Begun:
        """What the newcomer's browser needs to make the key. Raises `InvitationRefused`."""
        first, second = half_macs(self._macs, first_half, second_half)
        ceremony_id, challenge = self._new_id(), self._random(CHALLENGE_BYTES)
        expires_at = at + rules.CEREMONY_LIFE

        def work(register: Register) -> tuple[Member, Sequence[bytes]] | None:
            invitation = register.invitation(first, second, at)
            member = None if invitation is None else register.member(invitation.member_id)
            if invitation is None or member is None:
                register.note(
                    "staff.invitation_refused", actor="anyone", subject="staff:unknown", facts={}, at=at
                )
                return None
            register.open_ceremony(
                StaffCeremony(
                    ceremony_id,
                    _PURPOSE,
                    member.member_id,
                    invitation.invitation_id,
                    challenge,
                    expires_at,
                ),
                at,
            )
            return member, [key.credential_id for key in register.keys_of(member.member_id)]

        # Refused after the commit: the line of the journal stays.
        found = self._registers.run(work)
        if found is None:
            raise InvitationRefused
        member, known = found
        options = self._webauthn.creation_options(
            challenge=challenge, member_id=member.member_id, name=member.name, known=known
        )
        return Begun(ceremony_id, expires_at, options)

    def finish(self, ceremony_id: str, unverified: Mapping[str, object], at: datetime) -> Member:
        """Judge the key and record it; the invitation is spent by the same transaction.

        Raises:
            StaffCeremonyGone: nothing under way. A leaf of `ceremony_refused`: what WebAuthn refuses.
            KeyTooWeak: its hardware does not vouch for it. InvitationRefused: spent meanwhile.
            KeyAlreadyKnown: this key is registered.
        """
        ceremony = self._registers.run(lambda register: register.take_ceremony(ceremony_id, _PURPOSE, at))
        if ceremony is None or ceremony.member_id is None or ceremony.about is None:
            raise StaffCeremonyGone
        member_id, invitation_id = ceremony.member_id, ceremony.about
        new_key = self._webauthn.check_creation(unverified, challenge=ceremony.challenge, at=at)
        rules.check_key(new_key.binding, self._required)

        def record(register: Register) -> Member:
            member = register.member(member_id)
            if member is None or not register.spend_invitation(invitation_id, at):
                raise InvitationRefused
            # One key a colleague: a new one takes the place of the one that was lost.
            register.withdraw_keys(member_id, at)
            register.close_sessions(member_id, "new_key", at)
            if not register.add_key(new_key, member_id, at):
                raise KeyAlreadyKnown
            register.note(
                "staff.key_registered",
                actor=f"staff:{member_id}",
                subject=f"staff:{member_id}",
                facts={"format": new_key.attestation_format, "binding": new_key.binding.word},
                at=at,
            )
            return member

        return self._registers.run(record)

    def _new_id(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))


def draw_half(random: Callable[[int], bytes]) -> str:
    """Half an invitation: 128 bits, to copy and paste."""
    return base64url.encode(random(HALF_BYTES))


def first_mac(macs: Macs, half: str) -> bytes:
    """Under what the proposer's half is kept."""
    return macs.code_mac("staff", half.strip(), "staff-invitation-first-v1")


def half_macs(macs: Macs, first: str, second: str) -> tuple[bytes, bytes]:
    """Under what the two halves are kept; each opens its own place only."""
    return first_mac(macs, first), macs.code_mac("staff", second.strip(), "staff-invitation-second-v1")


def invite(
    register: Register, macs: Macs, invitation_id: str, member_id: str, first: str, second: str, at: datetime
) -> None:
    """Open an invitation inside the transaction of `register`."""
    kept = half_macs(macs, first, second)
    register.add_invitation(Invitation(invitation_id, member_id, *kept, at + rules.INVITATION_LIFE), at)
