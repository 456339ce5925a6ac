"""What sign-in forgets of somebody who is erased: their requests, their sessions, and what those gave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select

from apcv_backend.signin.store.sessions import SqlSessions
from apcv_backend.tables import signin_attempts, signin_pings, subjects


class SigninForgetting:
    """See `erasure.SigninOfPeople`."""

    def __init__(self, sessions: SqlSessions) -> None:
        self._sessions = sessions

    def forget(self, tx: Connection, subject_id: str, at: datetime) -> None:
        """End their sessions and destroy every request that names them, reached them, or that they scanned.

        The blind index still stands when this runs: a request may name somebody whom it never reached. One
        that somebody else made for them holds their number under their own key, which is destroyed.
        """
        index = select(subjects.c.person_index).where(subjects.c.subject_id == subject_id).scalar_subquery()
        theirs = or_(signin_attempts.c.subject_id == subject_id, signin_attempts.c.person_index == index)
        gone = select(signin_attempts.c.attempt_id).where(theirs)
        tx.execute(delete(signin_pings).where(signin_pings.c.attempt_id.in_(gone)))
        tx.execute(delete(signin_attempts).where(theirs))
        self._sessions.forget(tx, subject_id, at)
