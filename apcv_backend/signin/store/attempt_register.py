"""The register of attempts, in one open transaction: its conditional statements judge what happens once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, bindparam, case, exists, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.audit import Journal
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.signin.approval.attempt_ports import (
    ApprovalRecord,
    Fact,
    KeptAttempt,
    NewAttempt,
    SigninGesture,
    SigninPhone,
)
from apcv_backend.signin.approval.attempt_rules import MOST_WRONG_DIGITS, AttemptState
from apcv_backend.signin.store import reach
from apcv_backend.signin.store.attempt_rows import place_of, readable, seal_order
from apcv_backend.tables import devices, signin_attempts, signin_pings, subjects, used_once
from apcv_backend.vault import Vault
from cartes.cards import CardKind

_DPOP = "dpop"
_row = signin_attempts.c
_PENDING = _row.state == AttemptState.PENDING.value
# Built once: whoever floods this register is to cost it little.
_ONE = select(signin_attempts).where(_row.attempt_id == bindparam("wanted"))
_ADD = signin_attempts.insert()
_SUBJECT = select(subjects.c.subject_id).where(subjects.c.person_index == bindparam("index"))
_HAS_A_PHONE = exists().where(devices.c.subject_id == subjects.c.subject_id, devices.c.withdrawn_at.is_(None))
_ENTERED = select(subjects.c.subject_id, subjects.c.person_index, _HAS_A_PHONE.label("has_a_phone")).where(
    subjects.c.person_index.in_(bindparam("indexes", expanding=True))
)
_REACHED = (
    update(signin_attempts)
    .where(_row.attempt_id == bindparam("reached"))
    .values(subject_id=bindparam("person"), reached_at=bindparam("now", type_=_row.reached_at.type))
)


class SessionsOfPeople(Protocol):
    """Whoever can end a person's sessions at one client, inside a transaction (the provider)."""

    def close_at_client(
        self, tx: Connection, subject_id: str, client_id: str, why: str, at: datetime
    ) -> None:
        """End them all, with every token they gave."""
        ...


def person_of(tx: Connection, vault: Vault, subject_id: str) -> PersonKey | None:
    """Whose pseudonym it is, or None."""
    row = tx.execute(
        select(subjects.c.kind, subjects.c.sealed_person).where(subjects.c.subject_id == subject_id)
    ).one_or_none()
    if row is None:
        return None
    sealed = vault.open_bytes(row.sealed_person, place=f"subjects|sealed_person|{subject_id}")
    return PersonKey(CardKind(row.kind), sealed.decode())


class SqlAttemptRegister:
    """See `attempt_ports.AttemptRegister`."""

    def __init__(
        self, tx: Connection, vault: Vault, journal: Journal, sessions: SessionsOfPeople | None
    ) -> None:
        self._tx = tx
        self._vault = vault
        self._journal = journal
        self._sessions = sessions

    # --- opened, reached, scanned

    def add(self, new: NewAttempt, at: datetime) -> None:
        """See `AttemptRegister.add`."""
        order, index, subject_id = new.order, None, None
        if new.named:
            entered = self._entered(new.named)
            index = self._index(new.named[0]) if entered is None else entered.person_index
            subject_id = None if entered is None else entered.subject_id
        self._tx.execute(
            _ADD,
            {
                "attempt_id": new.attempt_id,
                "origin": order.origin,
                "kind": order.kind.value,
                "client_id": order.client_id,
                "sealed_order": seal_order(self._vault, self._tx, order, new.attempt_id, subject_id),
                "state": AttemptState.PENDING.value,
                "digits": new.digits,
                "errors": 0,
                "browser_mac": new.browser_mac,
                "claim_mac": new.claim_mac,
                "person_index": index,
                "opened_at": at,
                "expires_at": new.expires_at,
            },
        )

    def reach(self, new: NewAttempt, at: datetime) -> bool:
        """See `AttemptRegister.reach`."""
        found = self._entered(new.named) if new.named else None
        if found is None or not found.has_a_phone:
            return False
        if not reach.reach(self._tx, found.subject_id, new.attempt_id, new.expires_at, at):
            return False
        self._tx.execute(_REACHED, {"reached": new.attempt_id, "person": found.subject_id, "now": at})
        return True

    def claim(self, claim_mac: bytes, phone: SigninPhone, at: datetime) -> str | None:
        """See `AttemptRegister.claim`."""
        # Judge of "a code on a screen belongs to the first person who scans it, or to whom the client named".
        claimed = self._tx.execute(
            update(signin_attempts)
            .where(
                _row.claim_mac == claim_mac,
                _PENDING,
                _row.expires_at > at,
                _row.kind == phone.kind.value,
                or_(_row.subject_id.is_(None), _row.subject_id == phone.subject_id),
                or_(_row.person_index.is_(None), _row.person_index == self._index(phone.person)),
            )
            .values(subject_id=phone.subject_id, reached_at=at)
            .returning(_row.attempt_id)
        )
        return claimed.scalar_one_or_none()

    def get(self, attempt_id: str) -> KeptAttempt | None:
        """See `AttemptRegister.get`."""
        row = self._tx.execute(_ONE, {"wanted": attempt_id}).one_or_none()
        return None if row is None else readable(self._vault, row)

    # --- answered

    def approve(self, attempt_id: str, record: ApprovalRecord, at: datetime) -> bool:
        """See `AttemptRegister.approve`."""
        phone = record.phone
        sealed = None
        if record.acts_for is not None:
            sealed = self._sealed_for_themselves(record.acts_for, attempt_id)
        # Judge of "an attempt is answered once", and by whom it is for.
        approved = self._tx.execute(
            update(signin_attempts)
            .where(
                _row.attempt_id == attempt_id,
                _PENDING,
                _row.expires_at > at,
                _row.kind == phone.kind.value,
                or_(_row.subject_id.is_(None), _row.subject_id == phone.subject_id),
                or_(_row.person_index.is_(None), _row.person_index == self._index(phone.person)),
            )
            .values(
                state=AttemptState.APPROVED.value,
                subject_id=phone.subject_id,
                answered_at=at,
                expires_at=record.take_before,
                device_id=phone.device_id,
                exercice_id=record.exercice_id,
                structure=record.structure,
                sealed_acts_for=sealed,
                amr=list(record.amr),
                return_mac=record.return_mac,
                exercice_due=record.exercice_due,
            )
        )
        return approved.rowcount == 1

    def count_wrong_digits(self, attempt_id: str, at: datetime) -> tuple[AttemptState, int] | None:
        """See `AttemptRegister.count_wrong_digits`."""
        # Judge of "three errors": counting and locking are one statement.
        last = _row.errors >= MOST_WRONG_DIGITS - 1
        row = self._tx.execute(
            update(signin_attempts)
            .where(_row.attempt_id == attempt_id, _PENDING, _row.expires_at > at)
            .values(
                errors=_row.errors + 1,
                state=case((last, AttemptState.LOCKED.value), else_=_row.state),
            )
            .returning(_row.state, _row.errors)
        ).one_or_none()
        return None if row is None else (AttemptState(row.state), row.errors)

    def end(self, attempt_id: str, state: AttemptState, at: datetime) -> bool:
        """See `AttemptRegister.end`."""
        ended = self._tx.execute(
            update(signin_attempts)
            .where(_row.attempt_id == attempt_id, _PENDING, _row.expires_at > at)
            .values(state=state.value, answered_at=at)
        )
        return ended.rowcount == 1

    def come_back(self, attempt_id: str, browser_mac: bytes, return_mac: bytes, at: datetime) -> bool:
        """See `AttemptRegister.come_back`."""
        back = self._tx.execute(
            update(signin_attempts)
            .where(
                _row.attempt_id == attempt_id,
                _row.state == AttemptState.APPROVED.value,
                _row.expires_at > at,
                _row.browser_mac == browser_mac,
                _row.return_mac == return_mac,
            )
            .values(return_mac=None)
        )
        return back.rowcount == 1

    def choose_exercice(
        self, attempt_id: str, browser_mac: bytes, exercice_id: str, structure: str, at: datetime
    ) -> bool:
        """See `AttemptRegister.choose_exercice`."""
        chosen = self._tx.execute(
            update(signin_attempts)
            .where(
                _row.attempt_id == attempt_id,
                _row.state == AttemptState.APPROVED.value,
                _row.expires_at > at,
                _row.browser_mac == browser_mac,
                _row.return_mac.is_(None),
                _row.exercice_due.is_(True),
            )
            .values(exercice_due=False, exercice_id=exercice_id, structure=structure)
        )
        return chosen.rowcount == 1

    # --- the person

    def release(self, subject_id: str, attempt_id: str, at: datetime) -> None:
        """See `AttemptRegister.release`."""
        reach.release(self._tx, subject_id, attempt_id, at)

    def count_refusal(self, subject_id: str, at: datetime, *, lock_now: bool) -> bool:
        """See `AttemptRegister.count_refusal`."""
        return reach.count_refusal(self._tx, subject_id, at, lock_now=lock_now)

    def forget_refusals(self, subject_id: str, at: datetime) -> None:
        """See `AttemptRegister.forget_refusals`."""
        reach.forget_refusals(self._tx, subject_id, at)

    def subject_person(self, subject_id: str) -> PersonKey | None:
        """See `AttemptRegister.subject_person`."""
        return person_of(self._tx, self._vault, subject_id)

    def close_sessions(self, subject_id: str, client_id: str, why: str, at: datetime) -> None:
        """See `AttemptRegister.close_sessions`."""
        if self._sessions is not None:
            self._sessions.close_at_client(self._tx, subject_id, client_id, why, at)

    # --- the phone

    def use_once(self, replay_key: bytes, forget_after: datetime) -> bool:
        """See `AttemptRegister.use_once`."""
        # Judge of "a proof permits one request": the primary key.
        insert: Any = sqlite_insert if self._tx.dialect.name == "sqlite" else postgresql_insert
        remembered = self._tx.execute(
            insert(used_once)
            .values(kind=_DPOP, key=replay_key, expires_at=forget_after)
            .on_conflict_do_nothing()
            .returning(used_once.c.kind)
        )
        return remembered.one_or_none() is not None

    def accept_gesture(self, phone: SigninPhone, gesture: SigninGesture, at: datetime) -> bool:
        """See `AttemptRegister.accept_gesture`."""
        new, now = gesture.sign_count, literal(at, devices.c.last_used_at.type)
        # Judge of "the counter moves forward" between two workers (WA-10); zero and zero is no counter.
        moved = self._tx.execute(
            update(devices)
            .where(
                devices.c.device_id == phone.device_id,
                devices.c.withdrawn_at.is_(None),
                or_(devices.c.sign_count < new, devices.c.sign_count + new == 0),
            )
            .values(
                sign_count=new,
                backed_up=gesture.backed_up,
                # Of two gestures at once, the later date stays.
                last_assertion_at=case(
                    (devices.c.last_assertion_at < now, now), else_=devices.c.last_assertion_at
                ),
                last_used_at=at,
            )
        )
        return moved.rowcount == 1

    def is_withdrawn(self, device_id: str) -> bool:
        """See `AttemptRegister.is_withdrawn`."""
        withdrawn = select(devices.c.withdrawn_at).where(devices.c.device_id == device_id)
        return self._tx.execute(withdrawn).scalar() is not None

    # --- told to others

    def ask_for_ping(
        self, attempt_id: str, client_id: str, endpoint: str, token: str, expires_at: datetime
    ) -> None:
        """See `AttemptRegister.ask_for_ping`."""
        self._tx.execute(
            signin_pings.insert().values(
                attempt_id=attempt_id,
                client_id=client_id,
                endpoint=endpoint,
                sealed_token=self._vault.seal_bytes(token.encode(), place=f"signin_pings|{attempt_id}"),
                tries=0,
                due_at=expires_at,  # not due before it is rung
                expires_at=expires_at,
            )
        )

    def ring(self, attempt_id: str, at: datetime) -> None:
        """See `AttemptRegister.ring`."""
        self._tx.execute(
            update(signin_pings).where(signin_pings.c.attempt_id == attempt_id).values(due_at=at)
        )

    def note(self, event: str, *, actor: str, subject: str, facts: Mapping[str, Fact], at: datetime) -> None:
        """See `AttemptRegister.note`."""
        self._journal.note(self._tx, event, actor=actor, subject=subject, facts=facts, at=at)

    def _sealed_for_themselves(self, represented: PersonKey, attempt_id: str) -> bytes:
        """Whom somebody signs in for, under that person's own key: erased, no request names them."""
        plain, place = represented.text.encode(), place_of("sealed_acts_for", attempt_id)
        subject_id = self._subject_of(represented)
        if subject_id is None:
            return self._vault.seal_bytes(plain, place=place)
        return self._vault.seal_for(self._tx, subject_id, plain, place=place)

    def _entered(self, named: Sequence[PersonKey]) -> Row[Any] | None:
        """The entry of whoever has these numbers: the first that has a phone, else the first; or None."""
        indexes = [self._index(number) for number in named]
        rows = {bytes(row.person_index): row for row in self._tx.execute(_ENTERED, {"indexes": indexes})}
        entries = [rows[index] for index in indexes if index in rows]
        return next((one for one in entries if one.has_a_phone), entries[0] if entries else None)

    def _subject_of(self, person: PersonKey) -> str | None:
        return self._tx.execute(_SUBJECT, {"index": self._index(person)}).scalar_one_or_none()

    def _index(self, person: PersonKey) -> bytes:
        return self._vault.person_index(person.card.value, person.text)
