"""A colleague signs in with their key, and is recognised until they leave.

Sign-in names nobody: the browser offers whatever key of ours it holds, and the answer says whose it is. The
session that follows is 256 random bits in a cookie; only their MAC is kept. It dies after fifteen idle
minutes, ten hours, a word of its owner, or with the account. A request that changes something must also carry
a second word in a header: a cookie travels wherever a browser is sent, that word does not.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apcv_backend.callers import Caller, CallerKind, CallerNotAllowed, CallerRefused
from apcv_backend.staff import rules
from apcv_backend.staff.ports import Macs, Register, Registers, Session, StaffCeremony, StaffWebAuthn
from apcv_backend.staff.refusals import SessionNotFound, SignInRefused, StaffCeremonyGone
from apcv_backend.staff.registration import CHALLENGE_BYTES, Begun
from apcv_backend.staff.rules import Member
from apcv_backend.staff_callers import LOOKS_ONLY, StaffRole, UnverifiedStaffCall
from cartes.wire import base64url

_TOKEN_BYTES = 32
_PURPOSE = "sign_in"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened. `token` is for the cookie and nobody else; `csrf` for the pages' scripts."""

    member: Member
    session: Session
    token: str = field(repr=False)
    csrf: str = field(repr=False)


class SessionDesk:
    """Signs colleagues in and out, and says who calls (`staff_callers.StaffCallers`)."""

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

    def begin(self, at: datetime) -> Begun:
        """A challenge for whoever has a key of ours: the answer is the same for everybody."""
        ceremony = StaffCeremony(
            self._new_id(), _PURPOSE, None, None, self._random(CHALLENGE_BYTES), at + rules.CEREMONY_LIFE
        )
        self._registers.run(lambda register: register.open_ceremony(ceremony, at))
        options = self._webauthn.request_options(challenge=ceremony.challenge, allowed=())
        return Begun(ceremony.ceremony_id, ceremony.expires_at, options)

    def finish(
        self, ceremony_id: str, unverified: Mapping[str, object], at: datetime, *, unverified_held: str = ""
    ) -> SignedIn:
        """Judge the assertion and open a session; its token is always new.

        `unverified_held` is the token this browser came with. If it is one of ours its session ends here: a
        browser has one session, and nobody leaves theirs in somebody else's.

        Raises:
            StaffCeremonyGone: nothing under way. SignInRefused: nobody's key. A leaf of `ceremony_refused`:
            what WebAuthn refuses.
        """
        ceremony = self._registers.run(lambda register: register.take_ceremony(ceremony_id, _PURPOSE, at))
        if ceremony is None:
            raise StaffCeremonyGone
        credential_id = self._webauthn.credential_of(unverified)
        key = self._registers.run(lambda register: register.key(credential_id))
        if key is None:
            raise SignInRefused
        use = self._webauthn.check_assertion(unverified, challenge=ceremony.challenge, key=key, at=at)
        token = base64url.encode(self._random(_TOKEN_BYTES))
        session = Session(self._new_id(), key.member_id, at, at, at + rules.LONGEST_SESSION)

        def record(register: Register) -> Member:
            member = register.member(key.member_id)
            # Asked again here: the key may have been withdrawn, or used elsewhere, since it was read.
            if member is None or not register.count_use(credential_id, use):
                raise SignInRefused
            self._end_held(register, unverified_held, at)
            register.open_session(session, self._token_mac(token))
            register.note(
                "staff.signed_in",
                actor=f"staff:{member.member_id}",
                subject=f"staff:{member.member_id}",
                facts={"session": session.session_id},
                at=at,
            )
            return member

        member = self._registers.run(record)
        return SignedIn(member, session, token, self._csrf(token))

    def _end_held(self, register: Register, unverified_held: str, at: datetime) -> None:
        if not unverified_held:
            return
        mac = self._token_mac(unverified_held)
        found = register.use_session(mac, at, used_since=at - rules.IDLE)
        if found is not None:
            register.close_session(found[0].session_id, found[0].member_id, "signed_in_again", at)

    def identify(self, unverified: UnverifiedStaffCall, at: datetime, *roles: StaffRole) -> Caller:
        """See `StaffCallers.identify`."""
        if not unverified.token:
            raise CallerRefused(why="missing")
        changes = unverified.method not in LOOKS_ONLY
        expected = self._csrf(unverified.token)
        if changes and not hmac.compare_digest(unverified.csrf.encode(), expected.encode()):
            raise CallerRefused(why="csrf")
        mac = self._token_mac(unverified.token)
        found = self._registers.run(
            lambda register: register.use_session(mac, at, used_since=at - rules.IDLE)
        )
        if found is None:
            raise CallerRefused(why="inactive")
        session, member = found
        if roles and member.post.role not in roles:
            raise CallerNotAllowed(needs="|".join(role.value for role in roles))
        return _caller(session, member)

    def csrf_of(self, unverified: UnverifiedStaffCall) -> str:
        """The second word of a session just proven live by `identify`."""
        return self._csrf(unverified.token)

    def sessions(self, caller: Caller, at: datetime) -> Sequence[Session]:
        """The colleague's own live sessions, newest first."""
        since = at - rules.IDLE
        return self._registers.run(
            lambda register: register.sessions_of(caller.subject_id, at, used_since=since)
        )

    def close(self, caller: Caller, session_id: str, at: datetime) -> None:
        """End one of the colleague's own sessions, perhaps this one. Raises `SessionNotFound`."""

        def work(register: Register) -> None:
            if not register.close_session(session_id, caller.subject_id, "signed_out", at):
                raise SessionNotFound
            register.note(
                "staff.signed_out",
                actor=caller.name,
                subject=caller.name,
                facts={"session": session_id},
                at=at,
            )

        self._registers.run(work)

    def _token_mac(self, token: str) -> bytes:
        return self._macs.code_mac("staff", token, "staff-session-v1")

    def _csrf(self, token: str) -> str:
        return base64url.encode(self._macs.nonce_mac(b"staff-csrf-v1|" + token.encode()))

    def _new_id(self) -> str:
        return str(uuid.UUID(bytes=self._random(16), version=4))


def _caller(session: Session, member: Member) -> Caller:
    role = member.post.role
    return Caller(
        CallerKind.STAFF,
        organisation=member.post.structure if role is StaffRole.INSURER_CLERK else "",
        subject_id=member.member_id,
        structure=member.post.structure,
        facts={
            "role": role.value,
            "agent": member.name,
            "place": member.post.place,
            "session": session.session_id,
        },
    )
