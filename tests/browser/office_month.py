"""A month of a service, written straight into a throwaway database: nobody waits a month for a picture.

Only numbers come out of it: events by day, in the rhythm of working weeks, the same each time. The lines are
not of the journal's chain (they have no lane), so nothing but a picture of figures may stand on them.
"""

from __future__ import annotations

import random
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_DAYS: Final = 29
_SEED: Final = 2026
_SUNDAY: Final = 6
_EVENTS: Final = (
    ("card.issuance", "{}", 26),
    ("device.enrolled", "{}", 14),
    ("device.lost", "{}", 2),
    ("presence.redeemed", "{}", 30),
    ("presence.uploaded", "{}", 12),
    ("presence.refused", "{}", 4),
    ("rights.queried", '{"outcome":"answered"}', 24),
    ("rights.queried", '{"outcome":"refused"}', 5),
    ("identity.refused", "{}", 6),
    ("signin.refused", "{}", 3),
    ("staff.invitation_refused", "{}", 1),
)
_REASONS: Final = (
    ("proof_stale", 9),
    ("replayed", 4),
    ("credential_expired", 5),
    ("revoked", 2),
    ("issuer_signature_invalid", 1),
    ("user_not_verified", 1),
)
_ALARMS: Final = ("too_many_people", "too_fast", "too_fast", "canary")


def write_month(database: Path) -> None:
    """Add a month of events, refusals, revocations and alarms before today, in universal time."""
    dice = random.Random(_SEED)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in range(_DAYS, 0, -1)]
    with closing(sqlite3.connect(database, timeout=30)) as opened, opened:
        clerks = [
            f"client:clerk:{row[0]}"
            for row in opened.execute("SELECT member_id FROM staff_members WHERE role = 'insurer_clerk'")
        ]
        opened.executemany(
            "INSERT INTO journal (at, event, actor, subject, facts, mac) VALUES (?, ?, ?, ?, ?, ?)",
            list(_lines(days, clerks, dice)),
        )
        opened.executemany(
            "INSERT OR IGNORE INTO scan_refusals (day, way, reason, scans) VALUES (?, 'online', ?, ?)",
            [
                (int(day.timestamp()) // 86_400, reason, count)
                for day in days
                for reason, usual in _REASONS
                if (count := _count(day, usual, dice))
            ],
        )
        opened.executemany(
            "INSERT INTO status_slots (list_id, idx, device_id, kind, exercice, state, changed_at,"
            " taken_until) VALUES (?, ?, ?, 'apcv', '', ?, ?, ?)",
            list(_slots(days, dice)),
        )
        opened.executemany(
            "INSERT INTO alarms (alarm_id, at, kind, account, facts)"
            " VALUES (?, ?, ?, 'client:exemple', '{}')",
            [
                (str(uuid.UUID(int=dice.getrandbits(128))), _micros(dice.choice(days)), kind)
                for kind in _ALARMS
            ],
        )


def _lines(
    days: Sequence[datetime], clerks: Sequence[str], dice: random.Random
) -> Iterator[tuple[object, ...]]:
    for day in days:
        for event, facts, usual in _EVENTS:
            for _ in range(_count(day, usual, dice)):
                actor = dice.choice(clerks) if event == "rights.queried" and clerks else "demonstration"
                at = _micros(day + timedelta(hours=dice.uniform(6, 20)))
                yield at, event, actor, "demonstration", facts, bytes(32)


def _slots(days: Sequence[datetime], dice: random.Random) -> Iterator[tuple[object, ...]]:
    index = 0
    for day in days:
        for state, usual in (("revoked", 3), ("suspended", 1)):
            for _ in range(_count(day, usual, dice)):
                index += 1
                device = str(uuid.UUID(int=dice.getrandbits(128)))
                yield 999_999, index, device, state, _micros(day + timedelta(hours=9)), _micros(day)


def _count(day: datetime, usual: int, dice: random.Random) -> int:
    """About `usual` on a working day, less on Saturdays, hardly anything on Sundays."""
    share = 0.1 if day.weekday() == _SUNDAY else 0.5 if day.weekday() == _SUNDAY - 1 else 1.0
    return round(dice.uniform(0.6, 1.3) * usual * share)


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000
