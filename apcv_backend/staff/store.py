"""The register of staff, inside one transaction: every "once" of the room is a conditional statement here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.staff.ports import (
    Fact,
    Invitation,
    KeyUse,
    NewStaffKey,
    Register,
    Session,
    StaffCeremony,
    StaffKey,
)
from apcv_backend.staff.rules import Member, Post, Proposal, ProposalKind
from apcv_backend.staff_callers import StaffRole
from apcv_backend.tables import staff_ceremonies as ceremonies
from apcv_backend.tables import staff_daily_acts as daily
from apcv_backend.tables import staff_invitations as invitations
from apcv_backend.tables import staff_keys as keys
from apcv_backend.tables import staff_members as members
from apcv_backend.tables import staff_proposals as proposals
from apcv_backend.tables import staff_sessions as sessions

T = TypeVar("T")

_LIVE_KEYS = (
    select(func.count())
    .select_from(keys)
    .where(keys.c.member_id == members.c.member_id, keys.c.withdrawn_at.is_(None))
    .scalar_subquery()
    .label("live_keys")
)
_MEMBERS = select(members, _LIVE_KEYS).where(members.c.closed_at.is_(None))


class Limits(Protocol):
    """The limits on questions and presences (`quotas.py`), inside our transaction."""

    def lift(self, tx: Connection, account: str, by: str, at: datetime) -> bool:
        """Let a frozen account ask again; whether it was frozen."""
        ...

    def raise_ceiling(self, tx: Connection, account: str, people_a_day: int, by: str, at: datetime) -> None:
        """Agree on another number of people a day."""
        ...


class SqlStaffRegisters:
    """See `ports.Registers`."""

    def __init__(self, database: Database, journal: Journal, limits: Limits) -> None:
        self._database = database
        self._journal = journal
        self._limits = limits

    def run(self, work: Callable[[Register], T]) -> T:
        """See `Registers.run`."""
        return self._database.run(lambda tx: work(SqlStaffRegister(tx, self._journal, self._limits)))


class SqlStaffRegister:
    """See `ports.Register`; lives as long as the transaction it was opened in."""

    def __init__(self, tx: Connection, journal: Journal, limits: Limits) -> None:
        self._tx = tx
        self._journal = journal
        self._limits = limits
        self._insert = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert

    # --- colleagues

    def lock(self) -> None:
        """See `Register.lock`."""
        if self._tx.dialect.name != "sqlite":  # whose BEGIN IMMEDIATE is that lock already
            self._tx.execute(text("LOCK TABLE staff_members IN SHARE ROW EXCLUSIVE MODE"))

    def add_member(self, member: Member) -> None:
        """See `Register.add_member`."""
        self._tx.execute(
            insert(members).values(
                member_id=member.member_id,
                name=member.name,
                role=member.post.role.value,
                structure=member.post.structure,
                place=member.post.place,
                daily_codes=member.daily_codes,
                created_at=member.created_at,
            )
        )

    def member(self, member_id: str) -> Member | None:
        """See `Register.member`."""
        row = self._tx.execute(_MEMBERS.where(members.c.member_id == member_id)).one_or_none()
        return None if row is None else _member(row)

    def members(self) -> Sequence[Member]:
        """See `Register.members`."""
        rows = self._tx.execute(_MEMBERS.order_by(members.c.name, members.c.member_id))
        return [_member(row) for row in rows]

    def change_post(self, member_id: str, post: Post) -> bool:
        """See `Register.change_post`."""
        return self._change(member_id, role=post.role.value, structure=post.structure, place=post.place)

    def change_limit(self, member_id: str, daily_codes: int) -> bool:
        """See `Register.change_limit`."""
        return self._change(member_id, daily_codes=daily_codes)

    def lift_account(self, account: str, by: str, at: datetime) -> bool:
        """See `Register.lift_account`."""
        return self._limits.lift(self._tx, account, by, at)

    def set_ceiling(self, account: str, people_a_day: int, by: str, at: datetime) -> None:
        """See `Register.set_ceiling`."""
        self._limits.raise_ceiling(self._tx, account, people_a_day, by, at)

    def close_member(self, member_id: str, by: str, at: datetime) -> bool:
        """See `Register.close_member`."""
        if not self._change(member_id, closed_at=at, closed_by=by):
            return False
        self.withdraw_keys(member_id, at)
        self.close_sessions(member_id, "account_closed", at)
        return True

    def _change(self, member_id: str, **values: Any) -> bool:
        live = and_(members.c.member_id == member_id, members.c.closed_at.is_(None))
        changed = self._tx.execute(
            update(members).where(live).values(**values).returning(members.c.member_id)
        )
        return changed.one_or_none() is not None

    # --- invitations and keys

    def add_invitation(self, invitation: Invitation, at: datetime) -> None:
        """See `Register.add_invitation`."""
        earlier = and_(invitations.c.member_id == invitation.member_id, invitations.c.used_at.is_(None))
        self._tx.execute(update(invitations).where(earlier).values(used_at=at))
        self._tx.execute(
            insert(invitations).values(
                invitation_id=invitation.invitation_id,
                member_id=invitation.member_id,
                first_mac=invitation.first_mac,
                second_mac=invitation.second_mac,
                opened_at=at,
                expires_at=invitation.expires_at,
            )
        )

    def invitation(self, first_mac: bytes, second_mac: bytes, at: datetime) -> Invitation | None:
        """See `Register.invitation`."""
        row = self._tx.execute(
            select(invitations).where(
                invitations.c.first_mac == first_mac,
                invitations.c.second_mac == second_mac,
                invitations.c.used_at.is_(None),
                invitations.c.expires_at > at,
            )
        ).one_or_none()
        if row is None:
            return None
        return Invitation(row.invitation_id, row.member_id, row.first_mac, row.second_mac, row.expires_at)

    def spend_invitation(self, invitation_id: str, at: datetime) -> bool:
        """See `Register.spend_invitation`."""
        # Judge of "an invitation registers one key": of two UPDATEs one finds it unused.
        spent = self._tx.execute(
            update(invitations)
            .where(invitations.c.invitation_id == invitation_id, invitations.c.used_at.is_(None))
            .values(used_at=at)
            .returning(invitations.c.invitation_id)
        )
        return spent.one_or_none() is not None

    def add_key(self, key: NewStaffKey, member_id: str, at: datetime) -> bool:
        """See `Register.add_key`."""
        # Judge of "a key is one person's": the primary key.
        added = self._tx.execute(
            self._insert(keys)
            .values(
                credential_id=key.credential_id,
                member_id=member_id,
                cose_key=key.cose_key,
                sign_count=key.sign_count,
                backup_eligible=key.backup_eligible,
                backed_up=key.backed_up,
                binding=int(key.binding),
                aaguid=key.aaguid,
                attestation_format=key.attestation_format,
                attestation_object=key.attestation_object,
                client_data_json=key.client_data_json,
                attestation_verdict=dict(key.verdict),
                registered_at=at,
            )
            .on_conflict_do_nothing()
            .returning(keys.c.member_id)
        )
        return added.one_or_none() is not None

    def key(self, credential_id: bytes) -> StaffKey | None:
        """See `Register.key`."""
        found = self._keys(keys.c.credential_id == credential_id)
        return found[0] if found else None

    def keys_of(self, member_id: str) -> Sequence[StaffKey]:
        """See `Register.keys_of`."""
        return self._keys(keys.c.member_id == member_id)

    def _keys(self, which: Any) -> list[StaffKey]:
        live = and_(which, keys.c.withdrawn_at.is_(None), members.c.closed_at.is_(None))
        query = select(keys).join(members, members.c.member_id == keys.c.member_id).where(live)
        return [
            StaffKey(
                row.credential_id,
                row.member_id,
                row.cose_key,
                row.sign_count,
                row.backup_eligible,
                row.backed_up,
            )
            for row in self._tx.execute(query)
        ]

    def count_use(self, credential_id: bytes, use: KeyUse) -> bool:
        """See `Register.count_use`."""
        # Judge of "one assertion, one use" (WA-10): the counter moves forward, or the key keeps none.
        forward = keys.c.sign_count < use.sign_count
        if use.sign_count == 0:
            forward = or_(forward, keys.c.sign_count == 0)
        moved = self._tx.execute(
            update(keys)
            .where(keys.c.credential_id == credential_id, keys.c.withdrawn_at.is_(None), forward)
            .values(sign_count=use.sign_count, backed_up=use.backed_up)
            .returning(keys.c.member_id)
        )
        return moved.one_or_none() is not None

    def withdraw_keys(self, member_id: str, at: datetime) -> None:
        """See `Register.withdraw_keys`."""
        live = and_(keys.c.member_id == member_id, keys.c.withdrawn_at.is_(None))
        self._tx.execute(update(keys).where(live).values(withdrawn_at=at))

    # --- ceremonies

    def open_ceremony(self, ceremony: StaffCeremony, at: datetime) -> None:
        """See `Register.open_ceremony`. Those that expired are swept by the way."""
        self._tx.execute(delete(ceremonies).where(ceremonies.c.expires_at <= at))
        self._tx.execute(
            insert(ceremonies).values(
                ceremony_id=ceremony.ceremony_id,
                purpose=ceremony.purpose,
                member_id=ceremony.member_id,
                about=ceremony.about,
                challenge=ceremony.challenge,
                expires_at=ceremony.expires_at,
            )
        )

    def take_ceremony(self, ceremony_id: str, purpose: str, at: datetime) -> StaffCeremony | None:
        """See `Register.take_ceremony`."""
        # Judge of "an answer is tried once": of two DELETEs one returns the row.
        row = self._tx.execute(
            delete(ceremonies)
            .where(
                ceremonies.c.ceremony_id == ceremony_id,
                ceremonies.c.purpose == purpose,
                ceremonies.c.expires_at > at,
            )
            .returning(*ceremonies.c)
        ).one_or_none()
        if row is None:
            return None
        return StaffCeremony(
            row.ceremony_id, row.purpose, row.member_id, row.about, row.challenge, row.expires_at
        )

    # --- sessions

    def open_session(self, session: Session, token_mac: bytes) -> None:
        """See `Register.open_session`."""
        self._tx.execute(
            insert(sessions).values(
                session_id=session.session_id,
                member_id=session.member_id,
                token_mac=token_mac,
                opened_at=session.opened_at,
                last_used_at=session.last_used_at,
                expires_at=session.expires_at,
            )
        )

    def use_session(
        self, token_mac: bytes, at: datetime, *, used_since: datetime
    ) -> tuple[Session, Member] | None:
        """See `Register.use_session`."""
        # Judge of "alive": found and touched by one statement, so that a session closed meanwhile stays so.
        row = self._tx.execute(
            update(sessions)
            .where(sessions.c.token_mac == token_mac, _alive(at, used_since))
            .values(last_used_at=at)
            .returning(*sessions.c)
        ).one_or_none()
        member = None if row is None else self.member(row.member_id)
        return None if row is None or member is None else (_session(row), member)

    def sessions_of(self, member_id: str, at: datetime, *, used_since: datetime) -> Sequence[Session]:
        """See `Register.sessions_of`."""
        query = select(sessions).where(sessions.c.member_id == member_id, _alive(at, used_since))
        return [_session(row) for row in self._tx.execute(query.order_by(sessions.c.opened_at.desc()))]

    def close_session(self, session_id: str, member_id: str, why: str, at: datetime) -> bool:
        """See `Register.close_session`."""
        mine = and_(
            sessions.c.session_id == session_id,
            sessions.c.member_id == member_id,
            sessions.c.closed_at.is_(None),
        )
        closed = self._tx.execute(
            update(sessions).where(mine).values(closed_at=at, closed_why=why).returning(sessions.c.session_id)
        )
        return closed.one_or_none() is not None

    def close_sessions(self, member_id: str, why: str, at: datetime) -> None:
        """See `Register.close_sessions`."""
        live = and_(sessions.c.member_id == member_id, sessions.c.closed_at.is_(None))
        self._tx.execute(update(sessions).where(live).values(closed_at=at, closed_why=why))

    # --- proposals

    def add_proposal(self, proposal: Proposal) -> None:
        """See `Register.add_proposal`."""
        self._tx.execute(
            insert(proposals).values(
                proposal_id=proposal.proposal_id,
                kind=proposal.kind.value,
                wanted=dict(proposal.wanted),
                digest=proposal.digest,
                first_mac=proposal.first_mac,
                proposed_by=proposal.proposed_by,
                proposed_at=proposal.proposed_at,
                expires_at=proposal.expires_at,
                state="open",
            )
        )

    def proposals(self, at: datetime) -> Sequence[Proposal]:
        """See `Register.proposals`."""
        query = select(proposals).where(_undecided(at)).order_by(proposals.c.proposed_at)
        return [_proposal(row) for row in self._tx.execute(query)]

    def proposal(self, proposal_id: str, at: datetime) -> Proposal | None:
        """See `Register.proposal`."""
        query = select(proposals).where(proposals.c.proposal_id == proposal_id, _undecided(at))
        row = self._tx.execute(query).one_or_none()
        return None if row is None else _proposal(row)

    def decide(self, proposal_id: str, state: str, by: str, at: datetime) -> bool:
        """See `Register.decide`."""
        # Judge of "decided once, and approved by somebody else": one UPDATE, whoever races.
        which = and_(proposals.c.proposal_id == proposal_id, _undecided(at))
        if state == "approved":
            which = and_(which, proposals.c.proposed_by != by)
        decided = self._tx.execute(
            update(proposals)
            .where(which)
            .values(state=state, decided_by=by, decided_at=at)
            .returning(proposals.c.proposal_id)
        )
        return decided.one_or_none() is not None

    # --- counted and told

    def spend_act(self, member_id: str, day: str, act: str, most: int) -> bool:
        """See `Register.spend_act`."""
        # Judge of the cap: the row is made or moved by one statement, and only below `most`.
        counted = self._insert(daily).values(member_id=member_id, day=day, act=act, count=1)
        spent = self._tx.execute(
            counted.on_conflict_do_update(
                index_elements=["member_id", "day", "act"],
                set_={"count": daily.c.count + 1},
                where=daily.c.count < most,
            ).returning(daily.c.member_id)
        )
        return spent.one_or_none() is not None

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `Register.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)


def _alive(at: datetime, used_since: datetime) -> Any:
    return and_(
        sessions.c.closed_at.is_(None),
        sessions.c.expires_at > at,
        sessions.c.last_used_at > used_since,
    )


def _undecided(at: datetime) -> Any:
    return and_(proposals.c.state == "open", proposals.c.expires_at > at)


def _member(row: Row[Any]) -> Member:
    post = Post(StaffRole(row.role), row.structure, row.place)
    return Member(
        row.member_id, row.name, post, row.daily_codes, row.created_at, row.closed_at, row.live_keys
    )


def _session(row: Row[Any]) -> Session:
    return Session(row.session_id, row.member_id, row.opened_at, row.last_used_at, row.expires_at)


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(
        row.proposal_id,
        ProposalKind(row.kind),
        row.wanted,
        row.digest,
        row.proposed_by,
        row.proposed_at,
        row.expires_at,
        row.first_mac,
    )
