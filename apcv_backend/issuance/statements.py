"""The SQL of the hot path of issuance, built once: building a statement costs more than running it.

Each conditional statement is the judge of something that happens once; a comment says of what. On PostgreSQL
those of one issuance are also written as two (`AT_ONCE`, `RECORD_WITH_LINE`): the same conditions, each asked
only after the one before it held, in one round trip where there were four.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    bindparam,
    case,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import ReturningInsert

from apcv_backend.audit import next_place_after
from apcv_backend.status_slots import KEEP_ANY
from apcv_backend.tables import devices, issuances, journal, person_keys, subjects, used_once

# --- Who asks -------------------------------------------------------------------------------------------

_PHONE = (
    devices.c.device_id,
    devices.c.subject_id,
    devices.c.kind,
    devices.c.credential_id,
    devices.c.public_key,
    devices.c.cose_key,
    devices.c.sign_count,
    devices.c.backup_eligible,
    devices.c.backed_up,
    devices.c.binding,
    devices.c.app_jkt,
    devices.c.last_assertion_at,
    devices.c.withdrawn_at,
    subjects.c.sealed_person,
    person_keys.c.wrapped_key,
)
_RECORD = (
    issuances.c.issuance_id,
    issuances.c.request_digest,
    issuances.c.recorded_at,
    issuances.c.sealed_intent,
    issuances.c.sealed_cards,
)


def _question(which: ColumnElement[bool]) -> Select[Any]:
    """The phone that asks (`wanted`), its owner, and what is on record under `wanted_key`."""
    of_this_key = and_(
        issuances.c.device_id == devices.c.device_id,
        issuances.c.idempotency_key == bindparam("wanted_key"),
    )
    return (
        select(*_PHONE, *_RECORD)
        .join(subjects, subjects.c.subject_id == devices.c.subject_id)
        .outerjoin(person_keys, person_keys.c.subject_id == devices.c.subject_id)
        .outerjoin(issuances, of_this_key)
        .where(which)
    )


BY_CREDENTIAL = _question(devices.c.credential_id == bindparam("wanted"))
BY_APP_KEY = _question(devices.c.app_jkt == bindparam("wanted"))

# --- The steps ------------------------------------------------------------------------------------------

_NOW = bindparam("now", type_=devices.c.last_used_at.type)
_ALIVE = (devices.c.device_id == bindparam("phone"), devices.c.withdrawn_at.is_(None))
_COUNTER = bindparam("new_counter", type_=devices.c.sign_count.type)
# Judge of "the counter moves forward" between two workers (WA-10), and of "the phone is alive". Counters are
# never negative: a sum of zero is two zeros, which is what a phone without a counter shows.
ACCEPT_GESTURE = (
    update(devices)
    .where(*_ALIVE, or_(devices.c.sign_count < _COUNTER, devices.c.sign_count + _COUNTER == 0))
    .values(
        sign_count=_COUNTER,
        backed_up=bindparam("is_backed_up", type_=devices.c.backed_up.type),
        # Of two gestures at once, the later date stays.
        last_assertion_at=case((devices.c.last_assertion_at < _NOW, _NOW), else_=devices.c.last_assertion_at),
        last_used_at=_NOW,
    )
)
# Judge of "the phone is alive, and its owner's last gesture is young enough".
ACCEPT_RENEWAL = (
    update(devices)
    .where(*_ALIVE, devices.c.last_assertion_at > bindparam("asserted_after"))
    .values(last_used_at=_NOW)
)
# Judge of "one answer to one intent": the first to finish keeps its cards, a twin gives the same.
KEEP_CARDS = (
    update(issuances)
    .where(issuances.c.issuance_id == bindparam("issuance"), issuances.c.sealed_cards.is_(None))
    .values(
        sealed_cards=bindparam("cards", type_=issuances.c.sealed_cards.type),
        issued_at=bindparam("now", type_=issuances.c.issued_at.type),
    )
)
_ONCE_A_KEY = ("device_id", "idempotency_key")


@dataclass(frozen=True, slots=True)
class Inserts:
    """The two insertions that happen once, in the words of one database."""

    spend: ReturningInsert[tuple[str]]
    record: ReturningInsert[tuple[str]]

    @classmethod
    def of(cls, *, is_sqlite: bool) -> Inserts:
        """The insertions of this database."""
        # Judge of "a nonce permits one issuance": the primary key. A twin waits here for the first to commit.
        # Judge of "one issuance for one idempotency key": UNIQUE on (device_id, idempotency_key).
        of_it = sqlite_insert if is_sqlite else postgresql_insert
        return cls(
            spend=of_it(used_once).on_conflict_do_nothing().returning(used_once.c.kind),
            record=of_it(issuances)
            .on_conflict_do_nothing(index_elements=_ONCE_A_KEY)
            .returning(issuances.c.issuance_id),
        )


# --- The steps of one issuance at once, on PostgreSQL ----------------------------------------------------


def _at_once(accept: Update) -> Select[Any]:
    """The nonce spent, then `accept`, then the slots, then a place in the journal: a row for each slot.

    Locks are taken in that order, the order of the steps: a condition reads what the one before it returned.
    """
    spent = (
        postgresql_insert(used_once)
        .values(kind=bindparam("once"), key=bindparam("once_key"), expires_at=bindparam("once_until"))
        .on_conflict_do_nothing()
        .returning(used_once.c.kind)
        .cte("spent")
    )
    accepted = accept.where(exists(select(spent.c.kind))).returning(devices.c.device_id).cte("accepted")
    kept = KEEP_ANY.where(exists(select(accepted.c.device_id))).cte("kept")
    place = next_place_after(exists(select(kept.c.idx))).cte("place")
    return select(kept, select(place.c.places).scalar_subquery().label("place"))


GESTURE_AT_ONCE = _at_once(ACCEPT_GESTURE)
RENEWAL_AT_ONCE = _at_once(ACCEPT_RENEWAL)

_OF_AN_INTENT = (
    *("issuance_id", "device_id", "idempotency_key", "request_digest"),
    *("kind", "sealed_intent", "recorded_at", "expires_at"),
)
_OF_A_LINE = ("at", "event", "actor", "subject", "facts", "lane", "place", "mac")
RECORD_WITH_LINE = (
    Inserts.of(is_sqlite=False)
    .record.values({issuances.c[name]: bindparam(f"new_{name}") for name in _OF_AN_INTENT})
    .add_cte(
        insert(journal)
        .values({journal.c[name]: bindparam(f"line_{name}") for name in _OF_A_LINE})
        .inline()
        .cte("line")
    )
)
