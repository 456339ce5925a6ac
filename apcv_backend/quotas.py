"""Counts what each account asks without a presence, and stops it: SQL is the judge, never a cache.

One conditional statement a window decides (`people < ceiling`, not frozen): two workers cannot both take the
last place. Whoever is refused by a ceiling is frozen in the same transaction, with an alarm; the first to
freeze an account raises it, once.

A person is counted by blind index, known to us or not: the table says how many, and names nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, Connection, Exists, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from apcv_backend.alarms import Alarms
from apcv_backend.quota_rules import DAY_S, MINUTE_S, Account, Ceilings, Charge, ceilings_of, window_start
from apcv_backend.tables import account_freezes, canaries, query_ceilings, query_people, query_windows

_KEPT_DAYS = timedelta(days=35)  # a habit is looked for in the last four weeks
_HABIT_FROM_S = 28 * DAY_S
_NOBODY_MOVED: Final[Mapping[bytes, Sequence[bytes]]] = MappingProxyType({})
# Built once: both run for every question, and for every slice of a file.
_SEEN = select(query_people.c.person_index).where(
    query_people.c.account == bindparam("of_account"),
    query_people.c.window_start == bindparam("of_window"),
    query_people.c.person_index.in_(bindparam("people", expanding=True)),
)
# Judge of "a person counts once a day": the primary key.
_ENTER = {
    dialect: insert(query_people).on_conflict_do_nothing().returning(query_people.c.person_index)
    for dialect, insert in (("sqlite", sqlite_insert), ("postgresql", postgresql_insert))
}


class Quotas:
    """Charges questions to accounts, inside the caller's transaction."""

    def __init__(self, alarms: Alarms, *, is_sqlite: bool) -> None:
        self._alarms = alarms
        self._insert = sqlite_insert if is_sqlite else postgresql_insert

    def charge(
        self,
        tx: Connection,
        account: Account,
        people: Sequence[bytes],
        misses: int,
        at: datetime,
        *,
        formerly: Mapping[bytes, Sequence[bytes]] = _NOBODY_MOVED,
        also_named: Sequence[bytes] = (),
    ) -> Charge:
        """Count one question about `people` (blind indexes), of whom `misses` are asked about in vain.

        A question about several is a part of a file: it counts people and misses, and no ask a minute.
        `formerly` are the indexes that some of them may have been counted under before: a newborn who had a
        number since is no other person. `also_named` are numbers that stand in the question beside theirs.
        A canary among all these rings.
        """
        ceilings = self.ceilings(tx, account, at)
        # Somebody unknown was nobody before: asked about all the same, so that both cost the same statements.
        before = {one: formerly.get(one, (one,)) for one in people}
        new = self._enter(tx, account, before, at)
        if not self._count(tx, account, DAY_S, new, misses, ceilings, at):
            why = self._which(tx, account, new, ceilings, at)
            return self._freeze(tx, account, why, ceilings, at)
        if len(people) == 1 and not self._count(tx, account, MINUTE_S, new, misses, ceilings, at):
            return self._freeze(tx, account, "too_fast", ceilings, at)
        if self._is_canary(tx, [*people, *chain.from_iterable(before.values()), *also_named]):
            self._freeze(tx, account, "canary", ceilings, at)
            return Charge.CANARY
        return Charge.TAKEN

    def room_left(self, tx: Connection, account: Account, at: datetime) -> int:
        """How many more people `account` may ask about today."""
        row = tx.execute(
            select(query_windows.c.people).where(*_window(account, DAY_S, at))
        ).scalar_one_or_none()
        return max(0, self.ceilings(tx, account, at).people - (row or 0))

    def is_frozen(self, tx: Connection, account: Account) -> bool:
        """Whether the account waits for a person to look at it."""
        return tx.execute(select(_frozen(account.name))).scalar_one()

    def ceilings(self, tx: Connection, account: Account, at: datetime) -> Ceilings:
        """What `account` may do at `at`."""
        raised = tx.execute(
            select(query_ceilings.c.people_a_day).where(query_ceilings.c.account == account.name)
        ).scalar_one_or_none()
        today = window_start(at, DAY_S)
        past = tx.execute(
            select(query_windows.c.people).where(
                query_windows.c.account == account.name,
                query_windows.c.window_s == DAY_S,
                query_windows.c.window_start >= today - _HABIT_FROM_S,
                query_windows.c.window_start < today,
                query_windows.c.people > 0,
            )
        )
        return ceilings_of(account, raised, past.scalars().all(), at)

    def raise_ceiling(self, tx: Connection, account: str, people_a_day: int, by: str, at: datetime) -> None:
        """Agree on another number of people a day for `account` (`client:…`, `professional:…`)."""
        told = {"people_a_day": people_a_day, "set_by": by, "set_at": at}
        tx.execute(
            self._insert(query_ceilings)
            .values(account=account, **told)
            .on_conflict_do_update(index_elements=["account"], set_=told)
        )

    def lift(self, tx: Connection, account: str, by: str, at: datetime) -> bool:
        """Let a frozen account ask again, its count of the day begun anew; whether it was frozen."""
        lifted = tx.execute(
            update(account_freezes)
            .where(account_freezes.c.account == account, account_freezes.c.lifted_at.is_(None))
            .values(lifted_at=at, lifted_by=by)
        )
        if lifted.rowcount != 1:
            return False
        tx.execute(
            update(query_windows)
            .where(query_windows.c.account == account)
            .where(query_windows.c.window_start >= window_start(at, DAY_S))
            .values(asks=0, people=0, misses=0)
        )
        tx.execute(delete(query_people).where(query_people.c.account == account))
        return True

    def plant(self, tx: Connection, person_index: bytes, note: str, at: datetime) -> None:
        """Make a canary of this blind index: nobody has a reason to ask about them."""
        tx.execute(
            self._insert(canaries)
            .values(person_index=person_index, note=note[:120], planted_at=at)
            .on_conflict_do_nothing()
        )

    def count_presence(self, tx: Connection, account: Account, most: int, at: datetime) -> bool:
        """Count one presence redeemed by `account` today; whether it is within `most`."""
        ceilings = Ceilings(most, most, most)
        if self._count(tx, account, DAY_S, 1, 0, ceilings, at):
            return True
        self._freeze(tx, account, "presences", ceilings, at)
        return False

    def count_person(
        self, tx: Connection, account: Account, person: bytes, most: int, why: str, at: datetime
    ) -> bool:
        """Count one person among those `account` asked about today; whether they are within `most`.

        `most` gives way to what two people agreed on for this account. Beyond it the account is frozen, with
        an alarm of kind `why`.
        """
        raised = tx.execute(
            select(query_ceilings.c.people_a_day).where(query_ceilings.c.account == account.name)
        ).scalar_one_or_none()
        allowed = most if raised is None else raised
        ceilings = Ceilings(allowed, allowed, allowed)
        new = self._enter(tx, account, {person: (person,)}, at)
        if self._count(tx, account, DAY_S, new, 0, ceilings, at):
            return True
        self._freeze(tx, account, why, ceilings, at)
        return False

    @staticmethod
    def _enter(
        tx: Connection, account: Account, people: Mapping[bytes, Sequence[bytes]], at: datetime
    ) -> int:
        """Enter people into today's list; how many were not in it, under an index they had before either."""
        today = {"of_account": account.name, "of_window": window_start(at, DAY_S)}
        before = list(chain.from_iterable(people.values()))
        seen = {bytes(one) for one in tx.execute(_SEEN, {**today, "people": before}).scalars()}
        told = [
            {
                "account": account.name,
                "window_start": today["of_window"],
                "person_index": person,
                "expires_at": at + timedelta(days=2),
            }
            for person in people
        ]
        entered = tx.execute(_ENTER[tx.dialect.name], told).scalars()
        return sum(seen.isdisjoint(people[bytes(one)]) for one in entered)

    def _count(
        self,
        tx: Connection,
        account: Account,
        window_s: int,
        new: int,
        misses: int,
        ceilings: Ceilings,
        at: datetime,
    ) -> bool:
        """Judge of a ceiling: the conditional UPDATE of one row. Whether the question is within it."""
        tx.execute(
            self._insert(query_windows)
            .values(
                account=account.name,
                window_s=window_s,
                window_start=window_start(at, window_s),
                asks=0,
                people=0,
                misses=0,
                expires_at=at + (_KEPT_DAYS if window_s == DAY_S else timedelta(hours=1)),
            )
            .on_conflict_do_nothing()
        )
        within = (
            (
                query_windows.c.people + new <= ceilings.people,
                query_windows.c.misses + misses <= ceilings.misses,
            )
            if window_s == DAY_S
            else (query_windows.c.asks + 1 <= ceilings.asks,)
        )
        taken = tx.execute(
            update(query_windows)
            .where(*_window(account, window_s, at), *within, ~_frozen(account.name))
            .values(
                asks=query_windows.c.asks + 1,
                people=query_windows.c.people + new,
                misses=query_windows.c.misses + misses,
            )
        )
        return taken.rowcount == 1

    def _which(self, tx: Connection, account: Account, new: int, ceilings: Ceilings, at: datetime) -> str:
        people = tx.execute(select(query_windows.c.people).where(*_window(account, DAY_S, at))).scalar_one()
        return "too_many_people" if people + new > ceilings.people else "too_many_misses"

    def _freeze(self, tx: Connection, account: Account, why: str, ceilings: Ceilings, at: datetime) -> Charge:
        """Freeze, and raise the alarm if nobody did before (the judge: the row that is not frozen yet)."""
        told = {"why": why, "frozen_at": at, "lifted_at": None, "lifted_by": None}
        frozen = tx.execute(
            self._insert(account_freezes)
            .values(account=account.name, **told)
            .on_conflict_do_update(
                index_elements=["account"], set_=told, where=account_freezes.c.lifted_at.is_not(None)
            )
            .returning(account_freezes.c.account)
        ).first()
        if frozen is not None:
            asked = tx.execute(
                select(func.coalesce(func.sum(query_windows.c.people), 0)).where(*_window(account, DAY_S, at))
            ).scalar_one()
            facts = {"people_today": int(asked), "ceiling": ceilings.people}
            self._alarms.sound(tx, why, account.name, facts, at)
        return Charge.FROZEN

    @staticmethod
    def _is_canary(tx: Connection, people: Sequence[bytes]) -> bool:
        found = select(canaries.c.person_index).where(canaries.c.person_index.in_(list(people))).limit(1)
        return tx.execute(found).first() is not None


def _window(account: Account, window_s: int, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        query_windows.c.account == account.name,
        query_windows.c.window_s == window_s,
        query_windows.c.window_start == window_start(at, window_s),
    )


def _frozen(account: str) -> Exists:
    return exists().where(account_freezes.c.account == account, account_freezes.c.lifted_at.is_(None))
