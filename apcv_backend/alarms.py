"""Alarms: what an operator must look at now, kept with the transaction that saw it.

An alarm is a row, a line of the journal (`alarm.raised`) and a bell; `python -m apcv_backend alarms` lists
them. It names an account and what happened, never a patient.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from apcv_backend.audit import Fact, Journal
from apcv_backend.database import Database
from apcv_backend.tables import alarms
from cartes.wire import strict_json

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, as it is read back. `at` is aware UTC."""

    alarm_id: str
    at: datetime
    kind: str
    account: str
    facts: Mapping[str, Any]


class Alarms:
    """Raises alarms inside a caller's transaction, and lists them."""

    def __init__(self, journal: Journal, random: Callable[[int], bytes]) -> None:
        self._journal = journal
        self._random = random

    def sound(self, tx: Connection, kind: str, account: str, facts: Mapping[str, Fact], at: datetime) -> str:
        """Raise an alarm of `kind` about `account`; its identifier."""
        alarm_id = str(uuid.UUID(bytes=self._random(16), version=4))
        told = strict_json.canonical(dict(facts)).decode()
        tx.execute(
            insert(alarms).values(alarm_id=alarm_id, at=at, kind=kind, account=account[:120], facts=told)
        )
        self._journal.note(
            tx,
            "alarm.raised",
            actor="limits",
            subject=f"account:{account}"[:120],
            facts={"alarm": alarm_id, "kind": kind, **facts},
            at=at,
        )
        return alarm_id

    @staticmethod
    def latest(database: Database, *, since: datetime | None = None) -> list[Alarm]:
        """The newest alarms first, at most a hundred; those from `since` on, if it is given."""
        asked = select(alarms).order_by(alarms.c.at.desc(), alarms.c.alarm_id).limit(_SHOWN)
        if since is not None:
            asked = asked.where(alarms.c.at >= since)
        with database.read() as connection:
            return [
                Alarm(row.alarm_id, row.at, row.kind, row.account, strict_json.loads(row.facts))
                for row in connection.execute(asked)
            ]
