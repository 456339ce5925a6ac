"""How many people an account may ask about without their phone's proof: the numbers, and how they move.

An account is a professional, the structure they work in, or a client. What is counted is people, not
requests: asking twice about one person in a day counts once; asking about somebody unknown counts as well,
so that guessing numbers is what stops soonest.

Three things move a ceiling: an operator raised it for that account (an insurer that checks its members by
file), the hour (a quarter at night in France), and habit (three times what this account asks on an ordinary
day, once it has ordinary days). Whoever reaches a ceiling is frozen until a person lifts it: a daily ceiling
alone would let a patient robot come back each morning.

Why these numbers: in March 2022 robots asked about 510,000 insured persons through 19 accounts of
professionals; in early 2024 one phished account at an operator opened 33 million files. Nobody may reach 100.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from apcv_backend.callers import Caller, CallerKind

MINUTE_S: Final = 60
DAY_S: Final = 86_400
PEOPLE_A_DAY: Final = {"professional": 60, "structure": 90, "client": 90}
"""Without a raised ceiling. Below 100 whatever happens."""
ASKS_A_MINUTE: Final = 20
"""More than a person types: a robot is stopped within its first minute."""
MISSES_A_DAY: Final = 15
"""People asked about and not answered: mistyped numbers, or guesses."""
NIGHT_SHARE: Final = 4
NIGHT: Final = (22, 6)
"""From 22:00 to 6:00 in France."""
HABIT_DAYS: Final = 5
"""A habit takes this many days with at least one question."""
HABIT_FACTOR: Final = 3
HABIT_LEAST: Final = 15
MOST_RAISED: Final = 1_000_000
"""The most people a day that an operator may agree to."""
PRESENCES_A_DAY: Final = 400
"""Scans one professional redeems in a day; a vaccination centre at full speed makes half of that."""
RECORDS_A_DAY: Final = 300
"""People about whose records one professional is answered in a day: a ward and its consultations."""
EMERGENCIES_A_DAY: Final = 20
"""Glasses one professional breaks in a day before an alarm; never a refusal."""
REGULATIONS_A_DAY: Final = 400
"""The same for a regulator of the SAMU, whose every call may need one."""
_FRANCE: Final = ZoneInfo("Europe/Paris")


class Charge(enum.Enum):
    """What became of a question at the counter."""

    TAKEN = "taken"
    FROZEN = "frozen"  # the account is, or has just been
    CANARY = "canary"  # frozen just now, and the answer must not show why


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whose questions are counted together. `stops` says that a ceiling reached freezes it."""

    name: str
    kind: str
    stops: bool = True


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What an account may do now: people and misses in a day, asks in a minute."""

    people: int
    misses: int
    asks: int


def accounts_of(caller: Caller) -> tuple[Account, ...]:
    """The accounts a caller's question is counted on.

    The software a professional uses is not one of them: freezing it would stop everybody who works with it.
    """
    if caller.kind is CallerKind.PROFESSIONAL:
        own = Account(f"professional:{caller.subject_id}"[:120], "professional")
        if not caller.structure:
            return (own,)
        return own, Account(f"structure:{caller.structure}"[:120], "structure")
    return (Account(f"client:{caller.client_id}"[:120], "client"),)


def ceilings_of(account: Account, raised: int | None, past_days: Sequence[int], at: datetime) -> Ceilings:
    """What `account` may do at `at` (aware UTC).

    `raised` is an operator's number for it; `past_days` how many people it asked about on each of its last
    days with a question.
    """
    if raised is not None:
        # Whoever was looked at by a person is held to the number they agreed on, by day and by night.
        return Ceilings(raised, max(MISSES_A_DAY, raised // 20), max(ASKS_A_MINUTE, raised // 100))
    people = PEOPLE_A_DAY[account.kind]
    if len(past_days) >= HABIT_DAYS:
        usual = HABIT_FACTOR * sum(past_days) // len(past_days)
        people = min(people, max(HABIT_LEAST, usual))
    if is_night(at):
        people = max(1, people // NIGHT_SHARE)
    return Ceilings(people, MISSES_A_DAY, ASKS_A_MINUTE)


def is_night(at: datetime) -> bool:
    """Whether it is night in France."""
    hour = at.astimezone(_FRANCE).hour
    return hour >= NIGHT[0] or hour < NIGHT[1]


def window_start(at: datetime, window_s: int) -> int:
    """The Unix second at which the window of `at` began."""
    return int(at.timestamp()) // window_s * window_s
