"""What a CIBA client hears when it polls: the words of CIBA Core 1.0 section 11, or the approval, once.

`check` reads one row by its key, opens no envelope and no transaction: nearly every poll ends there. `poll`
is for the transaction that makes the tokens.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from apcv_backend.signin.approval.attempt_rules import (
    AccessDenied,
    Approved,
    AttemptOrder,
    AttemptState,
    AuthorizationPending,
    ExpiredToken,
    PollAnswer,
    TransactionFailed,
)
from apcv_backend.signin.approval.poll_pace import PollPace
from apcv_backend.signin.store.attempts import SqlAttempts

_ENDED = {
    AttemptState.REFUSED: AccessDenied,
    AttemptState.REPORTED: AccessDenied,
    AttemptState.LOCKED: AccessDenied,
    AttemptState.EXPIRED: ExpiredToken,
}


class CibaPolls:
    """Answers polls for requests made without a browser."""

    def __init__(self, attempts: SqlAttempts, pace: PollPace) -> None:
        self._attempts = attempts
        self._pace = pace

    def check(self, auth_req_id: str, client_id: str, at: datetime) -> None:
        """Return when there is something to take.

        Raises:
            PollAnswer: a leaf says why not; itself (`invalid_grant`) when there is no such request of this
            client, or when it was taken before.
        """
        found = self._attempts.standing(auth_req_id)
        if found is None or found.client_id != client_id or found.origin != "ciba":
            raise PollAnswer
        if found.state in _ENDED:
            raise _ENDED[found.state]
        if found.state is AttemptState.TAKEN:
            raise PollAnswer
        if found.expires_at <= at:
            raise ExpiredToken
        if found.state is AttemptState.PENDING:
            self._pace.check(auth_req_id, at)
            raise AuthorizationPending

    def poll(
        self, tx: Connection, auth_req_id: str, client_id: str, at: datetime
    ) -> tuple[Approved, AttemptOrder]:
        """What the phone proved, once, and what had been asked.

        Raises:
            As `check`; TransactionFailed: the phone was withdrawn since.
        """
        self.check(auth_req_id, client_id, at)
        kept = self._attempts.get(auth_req_id)
        if kept is None:  # the person was erased in between
            raise PollAnswer
        approved = self._attempts.take_approved(tx, auth_req_id, None, client_id, at)
        if approved is None:
            raise TransactionFailed
        self._pace.forget(auth_req_id)
        return approved, kept.attempt.order
