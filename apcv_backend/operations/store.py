"""Figures from their tables: every one is a COUNT or a SUM that the database makes, grouped by day.

No column that names, numbers or seals a person is selected here. A day is the UTC day: an instant is kept in
microseconds, so its day is a division, the same in SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, or_, select, type_coerce

from apcv_backend.database import Database
from apcv_backend.operations.rules import Counted, Standing
from apcv_backend.tables import (
    account_freezes,
    alarms,
    contracts,
    devices,
    incidents,
    journal,
    scan_refusals,
    staff_members,
    status_slots,
)

_DAY_US: Final = 86_400 * 1_000_000
_DAY: Final = timedelta(days=1)


class SqlCounts:
    """See `ports.Counts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, at: datetime) -> Standing:
        """See `Counts.standing`."""
        asked = {
            "phones": select(func.count()).select_from(devices).where(devices.c.withdrawn_at.is_(None)),
            "cards_alive": select(func.count())
            .select_from(status_slots)
            .where(status_slots.c.state == "valid", status_slots.c.taken_until > at),
            "accounts_frozen": select(func.count())
            .select_from(account_freezes)
            .where(account_freezes.c.lifted_at.is_(None)),
            "incidents_open": select(func.count())
            .select_from(incidents)
            .where(incidents.c.closed_at.is_(None)),
            "alarms_last_day": select(func.count()).select_from(alarms).where(alarms.c.at > at - _DAY),
        }
        with self._database.read() as connection:
            return Standing(
                **{name: int(connection.execute(count).scalar_one()) for name, count in asked.items()}
            )

    def events(self, names: Mapping[str, str], since: datetime) -> Counted:
        """See `Counts.events`."""
        day = _day_of(journal.c.at)
        return _added(
            (names[event], number, count)
            for event, number, count in self._rows(
                select(journal.c.event, day, func.count())
                .where(journal.c.event.in_(list(names)), journal.c.at >= since)
                .group_by(journal.c.event, day)
            )
        )

    def outcomes(self, event: str, fact: str, words: tuple[str, ...], since: datetime) -> Counted:
        """See `Counts.outcomes`."""
        return self._by_word(and_(journal.c.event == event, journal.c.at >= since), fact, words)

    def revocations(self, since: datetime) -> Counted:
        """See `Counts.revocations`."""
        day = _day_of(status_slots.c.changed_at)
        return _added(
            self._rows(
                select(status_slots.c.state, day, func.count())
                .where(status_slots.c.state.in_(["revoked", "suspended"]), status_slots.c.changed_at >= since)
                .group_by(status_slots.c.state, day)
            )
        )

    def alarms(self, since: datetime) -> Counted:
        """See `Counts.alarms`."""
        day = _day_of(alarms.c.at)
        return _added(
            self._rows(
                select(alarms.c.kind, day, func.count())
                .where(alarms.c.at >= since)
                .group_by(alarms.c.kind, day)
            )
        )

    def verdicts(self, since: datetime) -> Counted:
        """See `Counts.verdicts`."""
        first = int(since.timestamp()) // 86_400
        return _added(
            self._rows(
                select(scan_refusals.c.reason, scan_refusals.c.day, func.sum(scan_refusals.c.scans))
                .where(scan_refusals.c.day >= first)
                .group_by(scan_refusals.c.reason, scan_refusals.c.day)
            )
        )

    def contracts(self, insurer: str, told_since: datetime) -> tuple[int, int]:
        """See `Counts.contracts`."""
        current = func.coalesce(func.sum(case((contracts.c.published_at >= told_since, 1), else_=0)), 0)
        asked = select(func.count(), current).where(contracts.c.numero_amc == insurer)
        with self._database.read() as connection:
            every, fresh = connection.execute(asked).one()
        return int(every), int(fresh)

    def publications(self, insurer: str, since: datetime) -> Counted:
        """See `Counts.publications`."""
        day = _day_of(contracts.c.published_at)
        return _added(
            ("contracts", number, count)
            for number, count in self._rows(
                select(day, func.count())
                .where(contracts.c.numero_amc == insurer, contracts.c.published_at >= since)
                .group_by(day)
            )
        )

    def questions(self, insurer: str, words: tuple[str, ...], since: datetime) -> Counted:
        """See `Counts.questions`. A clerk who left is counted too: their questions were this insurer's."""
        clerks = (
            select("client:clerk:" + staff_members.c.member_id)
            .where(staff_members.c.structure == insurer, staff_members.c.role == "insurer_clerk")
            .scalar_subquery()
        )
        asked = and_(journal.c.event == "rights.queried", journal.c.at >= since, journal.c.actor.in_(clerks))
        return self._by_word(asked, "outcome", words)

    def _by_word(self, which: ColumnElement[bool], fact: str, words: tuple[str, ...]) -> Counted:
        """Lines of the journal by day and by the word their `fact` has; facts are canonical JSON."""
        likes = {word: journal.c.facts.contains(f'"{fact}":"{word}"', autoescape=True) for word in words}
        day, word = _day_of(journal.c.at), case(*((like, name) for name, like in likes.items()), else_="")
        return _added(
            self._rows(select(word, day, func.count()).where(which, or_(*likes.values())).group_by(word, day))
        )

    def _rows(self, asked: Any) -> list[Any]:
        with self._database.read() as connection:
            return list(connection.execute(asked))


def _day_of(instant: ColumnElement[Any]) -> ColumnElement[int]:
    return type_coerce(instant, BigInteger) // _DAY_US


def _added(rows: Iterable[tuple[str, int, int]]) -> Counted:
    counted: dict[tuple[str, int], int] = {}
    for name, day, count in rows:
        counted[name, int(day)] = counted.get((name, int(day)), 0) + int(count)
    return counted
