"""Attempts in their tables: every change of state is one conditional statement, named beside it.

Reads on the waiting page and by clients that poll take no transaction. `take_approved` is for the provider:
it runs inside the transaction that makes the code or the tokens, so that an approval gives one of them,
once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from apcv_backend.audit import Journal
from apcv_backend.database import Database
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.signin.approval.attempt_ports import AttemptRegister, KeptAttempt
from apcv_backend.signin.approval.attempt_rules import Approved, AttemptState
from apcv_backend.signin.store.attempt_register import SessionsOfPeople, SqlAttemptRegister, person_of
from apcv_backend.signin.store.attempt_rows import attempt_of, place_of, readable
from apcv_backend.tables import devices, signin_attempts, signin_pings
from apcv_backend.vault import EnvelopeRefused, Vault
from cartes.cards import CardKind

T = TypeVar("T")

_KEPT_FOR = timedelta(hours=1)
_DPOP = "dpop"
_row = signin_attempts.c
_PENDING = _row.state == AttemptState.PENDING.value
_ONE = select(signin_attempts).where(_row.attempt_id == bindparam("wanted"))
_BY_CLAIM = select(signin_attempts).where(_row.claim_mac == bindparam("wanted"))


_STANDING = select(_row.client_id, _row.origin, _row.state, _row.expires_at).where(
    _row.attempt_id == bindparam("wanted")
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose an attempt is, how it began, where it stands."""

    client_id: str
    origin: str
    state: AttemptState
    expires_at: datetime


class SqlAttempts:
    """See `attempt_ports.AttemptRegisters`; and what the provider takes, in its own transactions."""

    def __init__(
        self, database: Database, vault: Vault, journal: Journal, sessions: SessionsOfPeople | None = None
    ) -> None:
        self._database = database
        self._vault = vault
        self._journal = journal
        self._sessions = sessions

    def run(self, work: Callable[[AttemptRegister], T]) -> T:
        """See `AttemptRegisters.run`."""
        return self._database.run(
            lambda tx: work(SqlAttemptRegister(tx, self._vault, self._journal, self._sessions))
        )

    def get(self, attempt_id: str) -> KeptAttempt | None:
        """See `AttemptRegisters.get`."""
        return self._read(_ONE, attempt_id)

    def by_claim(self, claim_mac: bytes) -> KeptAttempt | None:
        """See `AttemptRegisters.by_claim`."""
        return self._read(_BY_CLAIM, claim_mac)

    def _read(self, question: Any, wanted: str | bytes) -> KeptAttempt | None:
        with self._database.read() as connection:
            row = connection.execute(question, {"wanted": wanted}).one_or_none()
        return None if row is None else readable(self._vault, row)

    def pending_of(self, subject_id: str, at: datetime) -> Sequence[KeptAttempt]:
        """See `AttemptRegisters.pending_of`."""
        waiting = (
            select(signin_attempts)
            .where(
                _row.subject_id == subject_id, _PENDING, _row.reached_at.is_not(None), _row.expires_at > at
            )
            .order_by(_row.opened_at, _row.attempt_id)
        )
        with self._database.read() as connection:
            found = (readable(self._vault, row) for row in connection.execute(waiting))
            return [attempt for attempt in found if attempt is not None]

    def sweep(self, at: datetime) -> int:
        """See `AttemptRegisters.sweep`."""

        def work(tx: Connection) -> int:
            tx.execute(delete(signin_pings).where(signin_pings.c.expires_at < at))
            return tx.execute(delete(signin_attempts).where(_row.expires_at < at - _KEPT_FOR)).rowcount

        return self._database.run(work)

    def standing(self, attempt_id: str) -> Standing | None:
        """Where an attempt stands, without opening its envelope: what a poll looks at."""
        with self._database.read() as connection:
            row = connection.execute(_STANDING, {"wanted": attempt_id}).one_or_none()
        if row is None:
            return None
        return Standing(row.client_id, row.origin, AttemptState(row.state), row.expires_at)

    def take_approved(
        self, tx: Connection, attempt_id: str, browser_mac: bytes | None, client_id: str, at: datetime
    ) -> Approved | None:
        """What the phone proved, once: for the client that opened it, in the browser that began it.

        `browser_mac` is `AttemptDesk.browser_mac(attempt_id, secret)`, or None for CIBA. None when it is not
        approved (any more), not back from the same device, without its exercice, too old, another's, or
        when the phone was withdrawn since.
        """
        browser = _row.browser_mac.is_(None) if browser_mac is None else _row.browser_mac == browser_mac
        phone_lives = exists().where(devices.c.device_id == _row.device_id, devices.c.withdrawn_at.is_(None))
        # Judge of "an approval gives one sign-in".
        taken = tx.execute(
            update(signin_attempts)
            .where(
                _row.attempt_id == attempt_id,
                _row.client_id == client_id,
                browser,
                _row.state == AttemptState.APPROVED.value,
                _row.expires_at > at,
                _row.return_mac.is_(None),
                _row.exercice_due.is_(False),
                phone_lives,
            )
            .values(state=AttemptState.TAKEN.value, taken_at=at)
            .returning(*signin_attempts.columns)
        ).one_or_none()
        try:
            return None if taken is None else self._approved(tx, taken)
        except EnvelopeRefused:  # somebody it names was erased in between
            return None

    def _approved(self, tx: Connection, row: Any) -> Approved:
        person = person_of(tx, self._vault, row.subject_id)
        assert person is not None  # the subject of a live phone
        acts_for = None
        if row.sealed_acts_for is not None:
            place = place_of("sealed_acts_for", row.attempt_id)
            acts_for = PersonKey(
                CardKind.APCV, self._vault.open_bytes(row.sealed_acts_for, place=place).decode()
            )
        return Approved(
            attempt_id=row.attempt_id,
            subject_id=row.subject_id,
            person=person,
            device_id=row.device_id,
            exercice_id=row.exercice_id,
            structure=row.structure,
            acts_for=acts_for,
            acr=attempt_of(self._vault, row).attempt.order.acr,
            amr=tuple(row.amr),
            auth_time=row.answered_at,
        )
