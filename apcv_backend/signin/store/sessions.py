"""Sessions in their table: opened, looked at with everything they may die of, closed with what they gave.

Closing is one conditional statement; whatever a session gave (codes, refresh tokens, access tokens) names it
and dies with it. A client with a back-channel address is told by a line of the outbox, in the same
transaction, and its owner reads in the journal that it ended and why.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, insert, or_, select, update

from apcv_backend.audit import Journal
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.professionals.rules import FicheProfessionnel
from apcv_backend.signin.provider.session_rules import Session, Sight
from apcv_backend.tables import (
    authorization_codes,
    devices,
    logout_deliveries,
    oidc_clients,
    refresh_tokens,
    signin_sessions,
    status_slots,
    subjects,
)
from apcv_backend.vault import EnvelopeRefused, Vault
from cartes.cards import CardKind

_TOLD_FOR = timedelta(hours=2)
"""How long a client is told of a log-out, before it is left to find out by itself."""
_PROVIDER = "provider"
"""Who ended a session that nobody closed by hand, in the journal."""

ReadFiche = Callable[[Connection, PersonKey], FicheProfessionnel | None]

_row = signin_sessions.c
_child = subjects.alias("represented")
_SEEN = (
    *signin_sessions.columns,
    devices.c.withdrawn_at,
    subjects.c.sealed_person,
    _child.c.sealed_person.label("sealed_represented"),
    status_slots.c.state.label("card_state"),
)
_JOINED = (
    signin_sessions.outerjoin(devices, devices.c.device_id == _row.device_id)
    .outerjoin(subjects, subjects.c.subject_id == _row.subject_id)
    .outerjoin(_child, _child.c.subject_id == _row.acts_for)
    .outerjoin(
        status_slots,
        (status_slots.c.device_id == _row.device_id)
        & (status_slots.c.kind == _row.kind)
        & (status_slots.c.exercice == _row.exercice_id),
    )
)
_SIGHT = select(*_SEEN).select_from(_JOINED).where(_row.session_id == bindparam("wanted"))
_TOUCH = (
    update(signin_sessions)
    .where(_row.session_id == bindparam("wanted"))
    .values(last_used_at=bindparam("now", type_=_row.last_used_at.type))
)
_OPEN = insert(signin_sessions).inline()


class SqlSessions:
    """Works inside the caller's transaction. `read_fiche` reads the directory there."""

    def __init__(
        self, vault: Vault, journal: Journal, random: Callable[[int], bytes], read_fiche: ReadFiche
    ) -> None:
        self._vault = vault
        self._journal = journal
        self._random = random
        self._read_fiche = read_fiche

    def open(self, tx: Connection, session: Session) -> None:
        """Keep a session just opened."""
        tx.execute(
            _OPEN,
            {
                "session_id": session.session_id,
                "kind": session.kind.value,
                "subject_id": session.subject_id,
                "client_id": session.client_id,
                "device_id": session.device_id,
                "exercice_id": session.exercice_id,
                "structure": session.structure,
                "acts_for": session.acts_for or None,
                "scopes": list(session.scopes),
                "acr": session.acr,
                "amr": list(session.amr),
                "auth_time": session.auth_time,
                "place": session.place,
                "purpose": session.purpose,
                "nonce": session.nonce,
                "opened_at": session.opened_at,
                "last_used_at": session.opened_at,
                "expires_at": session.expires_at,
            },
        )

    @staticmethod
    def touch(tx: Connection, session_id: str, at: datetime) -> None:
        """Note that something was given under it."""
        tx.execute(_TOUCH, {"wanted": session_id, "now": at})

    def sight(self, tx: Connection, session_id: str) -> Sight | None:
        """The session with everything it may die of."""
        row = tx.execute(_SIGHT, {"wanted": session_id}).first()
        return None if row is None else self._sight(tx, row)

    def open_of(self, tx: Connection, subject_id: str, at: datetime) -> Sequence[Sight]:
        """The person's sessions that nobody closed, newest first."""
        theirs = (
            select(*_SEEN)
            .select_from(_JOINED)
            .where(_row.subject_id == subject_id, _row.closed_at.is_(None), _row.expires_at > at)
            .order_by(_row.opened_at.desc(), _row.session_id)
        )
        seen = (self._sight(tx, row) for row in tx.execute(theirs).all())
        return [sight for sight in seen if sight is not None]

    def may_have_ended(
        self, tx: Connection, after: str, most: int, at: datetime
    ) -> tuple[str, Sequence[Sight]]:
        """The next `most` open sessions after that identifier which no act of ours would have ended.

        A professional's (the directory's days pass), and those of people who act for another. With the last
        identifier looked at: empty at the end of the table.
        """
        doubtful = or_(_row.kind == CardKind.ECPS.value, _row.acts_for.is_not(None))
        rows = tx.execute(
            select(*_SEEN)
            .select_from(_JOINED)
            .where(_row.session_id > after, _row.closed_at.is_(None), _row.expires_at > at, doubtful)
            .order_by(_row.session_id)
            .limit(most)
        ).all()
        seen = (self._sight(tx, row) for row in rows)
        last = str(rows[-1].session_id) if len(rows) == most else ""
        return last, [sight for sight in seen if sight is not None]

    def close(self, tx: Connection, session_id: str, why: str, at: datetime) -> bool:
        """Close one; False when it was closed already, or never was."""
        return self.close_where(tx, _row.session_id == session_id, why, at) == 1

    def close_at_client(
        self, tx: Connection, subject_id: str, client_id: str, why: str, at: datetime
    ) -> None:
        """Close every session of a person at one client."""
        self.close_where(tx, (_row.subject_id == subject_id) & (_row.client_id == client_id), why, at)

    def end_on(
        self,
        tx: Connection,
        device_ids: Collection[str] | Select[tuple[str]],
        why: str,
        at: datetime,
        *,
        exercices: Collection[str] | None = None,
    ) -> int:
        """See `status_slots.SessionsOnPhones`."""
        theirs: ColumnElement[bool] = _row.device_id.in_(device_ids)
        if exercices is not None:
            theirs &= _row.exercice_id.in_(exercices)
        return self._end(tx, theirs, why, at)

    def end(self, tx: Connection, session_id: str, why: str, at: datetime) -> bool:
        """Close one that is over by itself, and tell its owner; False when it was closed already."""
        return self._end(tx, _row.session_id == session_id, why, at) == 1

    def forget(self, tx: Connection, subject_id: str, at: datetime) -> None:
        """Somebody is erased: end what they opened and what was opened for them, and keep none of it.

        Their clients are told by an identifier that says nothing (`sid`); codes and refresh tokens name a
        session that is no more.
        """
        theirs = or_(_row.subject_id == subject_id, _row.acts_for == subject_id)
        self._end(tx, theirs, "person_erased", at)
        gone = select(_row.session_id).where(theirs)
        for table in (authorization_codes, refresh_tokens):
            tx.execute(delete(table).where(table.c.session_id.in_(gone)))
        tx.execute(delete(signin_sessions).where(theirs))

    def _end(self, tx: Connection, which: ColumnElement[bool], why: str, at: datetime) -> int:
        closed = self._close(tx, which & (_row.expires_at > at), why, at)
        self._journal.note_all(
            tx,
            "signin.session_closed",
            actor=_PROVIDER,
            told=[
                (row.subject_id, {"session": row.session_id, "client": row.client_id, "why": why})
                for row in closed
            ],
            at=at,
        )
        return len(closed)

    def close_where(self, tx: Connection, which: ColumnElement[bool], why: str, at: datetime) -> int:
        """Close those sessions that are open, and write what their clients are to be told; how many."""
        return len(self._close(tx, which, why, at))

    def _close(self, tx: Connection, which: ColumnElement[bool], why: str, at: datetime) -> Sequence[Any]:
        # Judge of "a session is closed once": its row, still open.
        closed = tx.execute(
            update(signin_sessions)
            .where(which, _row.closed_at.is_(None))
            .values(closed_at=at, closed_why=why[:32])
            .returning(_row.session_id, _row.subject_id, _row.client_id, _row.expires_at)
        ).all()
        told = self._clients_told(tx, {row.client_id for row in closed})
        for row in closed:
            if row.client_id in told and row.expires_at > at:
                tx.execute(
                    insert(logout_deliveries).values(
                        delivery_id=str(uuid.UUID(bytes=self._random(16), version=4)),
                        client_id=row.client_id,
                        session_id=row.session_id,
                        tries=0,
                        due_at=at,
                        expires_at=at + _TOLD_FOR,
                    )
                )
        return closed

    @staticmethod
    def _clients_told(tx: Connection, client_ids: set[str]) -> set[str]:
        """Those of these clients that gave an address for the back channel."""
        if not client_ids:
            return set()
        rows = tx.execute(
            select(oidc_clients.c.client_id, oidc_clients.c.document).where(
                oidc_clients.c.client_id.in_(client_ids)
            )
        )
        return {row.client_id for row in rows if row.document.get("backchannel_logout_uri")}

    def _sight(self, tx: Connection, row: Any) -> Sight | None:
        """None when the person was erased: nobody is left to speak for."""
        kind, acted_for = CardKind(row.kind), None
        try:
            person = self._person(row.subject_id, row.sealed_person, kind)
            if row.acts_for is not None:
                acted_for = self._person(row.acts_for, row.sealed_represented, CardKind.APCV)
        except EnvelopeRefused:
            return None
        return Sight(
            session=_session(row, kind),
            person=person,
            acted_for=acted_for,
            closed_why="" if row.closed_at is None else row.closed_why,
            device_withdrawn=row.withdrawn_at is not None,
            card_state=row.card_state or "",
            last_used_at=row.last_used_at,
            fiche=self._read_fiche(tx, person) if kind is CardKind.ECPS else None,
        )

    def _person(self, subject_id: str, sealed: bytes | None, kind: CardKind) -> PersonKey:
        text = self._vault.open_bytes(sealed or b"", place=f"subjects|sealed_person|{subject_id}").decode()
        return PersonKey(kind, text)


def _session(row: Any, kind: CardKind) -> Session:
    return Session(
        session_id=row.session_id,
        kind=kind,
        subject_id=row.subject_id,
        client_id=row.client_id,
        device_id=row.device_id,
        exercice_id=row.exercice_id,
        structure=row.structure,
        acts_for=row.acts_for or "",
        scopes=tuple(row.scopes),
        acr=row.acr,
        amr=tuple(row.amr),
        auth_time=row.auth_time,
        place=row.place,
        purpose=row.purpose,
        nonce=row.nonce,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
    )
