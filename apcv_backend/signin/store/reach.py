"""Who may be asked for a sign-in they did not begin: the limits of push bombing, each one SQL condition.

One row a person. `prompt_1` to `prompt_5` are the instants of the last five prompts, oldest first: moving
them up by one is allowed when the oldest is an hour old, so that no sixty minutes hold six prompts,
whichever sixty. No cache has a word in it: a Redis that forgot would be an open door.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, case, literal, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.tables import signin_reach

PROMPTS_AN_HOUR = 5
REFUSALS_THAT_LOCK = 3
LOCKED_FOR = timedelta(hours=24)

_HOUR = timedelta(hours=1)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_row = signin_reach.c
_INSTANT = _row.pending_until.type
_NOW = bindparam("now", type_=_INSTANT)

# Judge of "one pending request a person, five an hour, none while locked".
_REACH = (
    update(signin_reach)
    .where(
        _row.subject_id == bindparam("person"),
        _row.pending_until <= _NOW,
        _row.prompt_1 <= bindparam("an_hour_ago", type_=_INSTANT),
        _row.locked_until <= _NOW,
    )
    .values(
        pending_attempt=bindparam("attempt"),
        pending_until=bindparam("until", type_=_INSTANT),
        prompt_1=_row.prompt_2,
        prompt_2=_row.prompt_3,
        prompt_3=_row.prompt_4,
        prompt_4=_row.prompt_5,
        prompt_5=_NOW,
    )
)
_RELEASE = (
    update(signin_reach)
    .where(_row.subject_id == bindparam("person"), _row.pending_attempt == bindparam("attempt"))
    .values(pending_attempt="", pending_until=_NOW)
)
_INSTANTS = ("pending_until", "prompt_1", "prompt_2", "prompt_3", "prompt_4", "prompt_5", "locked_until")
_ENTERED = {"pending_attempt": "", "refusals": 0, **dict.fromkeys(_INSTANTS, _NEVER)}
_ENTER = {
    "sqlite": sqlite_insert(signin_reach).on_conflict_do_nothing(),
    "postgresql": postgresql_insert(signin_reach).on_conflict_do_nothing(),
}
_FORGET = (
    update(signin_reach).where(_row.subject_id == bindparam("person")).values(refusals=0, locked_until=_NOW)
)


def reach(tx: Connection, subject_id: str, attempt_id: str, until: datetime, at: datetime) -> bool:
    """Count one prompt for this person until `until`; False when a limit holds it back."""
    _ensure(tx, subject_id)
    told = {"person": subject_id, "attempt": attempt_id, "until": until, "now": at, "an_hour_ago": at - _HOUR}
    return tx.execute(_REACH, told).rowcount == 1


def release(tx: Connection, subject_id: str, attempt_id: str, at: datetime) -> None:
    """This person's pending request has ended."""
    tx.execute(_RELEASE, {"person": subject_id, "attempt": attempt_id, "now": at})


def count_refusal(tx: Connection, subject_id: str, at: datetime, *, lock_now: bool) -> bool:
    """One refusal more; the third in a row, or `lock_now`, locks for a day. Whether it is locked now.

    Refusals that have had their day's lock count no more: after it, a lock takes three again.
    """
    _ensure(tx, subject_id)
    enough = 1 if lock_now else REFUSALS_THAT_LOCK
    now, until = literal(at, _INSTANT), literal(at + LOCKED_FOR, _INSTANT)  # bare, a CASE would bind a text
    is_served = and_(_row.refusals >= REFUSALS_THAT_LOCK, _row.locked_until <= now)
    refusals = case((is_served, 1), else_=_row.refusals + 1)
    counted = tx.execute(
        update(signin_reach)
        .where(_row.subject_id == subject_id)
        .values(
            refusals=refusals,
            locked_until=case((refusals >= enough, until), else_=_row.locked_until),
        )
        .returning(_row.locked_until)
    )
    locked_until: datetime = counted.scalar_one()
    return locked_until > at


def forget_refusals(tx: Connection, subject_id: str, at: datetime) -> None:
    """The person signed in: their refusals count no more, and the lock is lifted."""
    tx.execute(_FORGET, {"person": subject_id, "now": at})


def _ensure(tx: Connection, subject_id: str) -> None:
    tx.execute(_ENTER[tx.dialect.name], {"subject_id": subject_id, **_ENTERED})
