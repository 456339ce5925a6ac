"""The calendar of a key: pure values, no clock and no file.

    pre_published ──► active ──► retiring ──► retired
                           └──── revoked (from any state, at once)

One key of a purpose waits at all times: it is in the trust list, has not signed, and takes over by the
calendar, or at once when the key in use is stolen. Four rules make that no honest card is ever refused
because of its issuer's key:

1. *published before use*: a key may sign once every till that still accepts anything has heard of it
   (`RotationPolicy.heard_after`: a till stops after 72 h without news, and the news may take a day to leave);
2. *one after the other*: the old key stays active for `settle` beside the new one, so that a server whose
   clock or whose manifest is a little late signs with one of the two, never with none;
3. *closed a little later*: when the old key stops, its dates end `settle` after that, not before the last
   card a late server seals;
4. *forgotten last*: it leaves the trust list when the last card it may have signed is dead on the slowest
   clock (`forgotten_after`).

What a step does is written in the records themselves (state and dates), so that `plan` needs nothing else,
and being late with a step is always safe: the key before goes on, as long as its own dates last.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from keys.errors import RotationRefused
from keys.manifest import KeyRecord, KeyState
from keys.signer import Purpose

SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """How long things take, for one purpose.

    `period`: a key signs this long. `unheard`: the longest a till accepts cards without fresh news (24 h of a
    timestamp and 48 h of grace, `docs/formats/trust.md`). `publication`: the longest from a change of the
    manifest to its publication. `settle`: how late a server may be, by its clock or by what it has read.
    `skew`: how far a till's clock may be behind. `card_life`: the longest life of a card.
    """

    card_life: timedelta
    period: timedelta = timedelta(days=90)
    unheard: timedelta = timedelta(hours=72)
    publication: timedelta = timedelta(hours=24)
    settle: timedelta = timedelta(minutes=10)
    skew: timedelta = timedelta(minutes=5)

    @property
    def heard_after(self) -> timedelta:
        """How long after it is in the manifest a key may sign: whoever has not heard by then is too old."""
        return self.unheard + self.publication + self.skew

    @property
    def forgotten_after(self) -> timedelta:
        """How long after its dates ended a key leaves the trust list."""
        return self.card_life + self.settle + self.skew

    @property
    def life(self) -> timedelta:
        """The dates of a new key: it waits for a period, signs for one, and half one more if nobody acts."""
        return self.period * 5 / 2


POLICIES: Final[Mapping[Purpose, RotationPolicy]] = {
    Purpose.APCV: RotationPolicy(card_life=timedelta(hours=72)),
    Purpose.ECPS: RotationPolicy(card_life=timedelta(hours=24)),
    Purpose.AMC: RotationPolicy(card_life=timedelta(hours=72)),
}
"""The keys that sign cards. Those of the publication change with its metadata (`docs/operations/keys.md`)."""

SIGNIN_POLICIES: Final[Mapping[Purpose, RotationPolicy]] = {
    Purpose.OIDC: RotationPolicy(card_life=timedelta(hours=12)),
    Purpose.OIDC_RS256: RotationPolicy(card_life=timedelta(hours=12)),
}
"""The keys that sign tokens: clients read the key set every few minutes, and some keep it for days."""

CALENDAR: Final[Mapping[Purpose, RotationPolicy]] = {**POLICIES, **SIGNIN_POLICIES}
"""Every key that turns by the calendar, and is replaced at once when it is stolen."""


class Action(enum.Enum):
    """What a step does to a key."""

    MAKE = "make"
    ACTIVATE = "activate"
    RETIRE = "retire"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do at `at` (UTC) or soon after. `public_key` is None for a key not yet made."""

    at: datetime
    action: Action
    purpose: Purpose
    public_key: bytes | None


def policy_of(purpose: Purpose) -> RotationPolicy:
    """The calendar of a purpose. Raises `RotationRefused` for a key that signs neither cards nor tokens."""
    policy = CALENDAR.get(purpose)
    if policy is None:
        raise RotationRefused(purpose=purpose.value, why="not_in_the_calendar")
    return policy


def plan(records: Sequence[KeyRecord], policy: RotationPolicy, at: datetime) -> tuple[Step, ...]:
    """The steps ahead for the keys of one purpose, in order; those whose time has come are due.

    A step in the past is late, not lost. Nothing is planned for a purpose that has neither an active nor a
    waiting key but to make one.
    """
    active, waiting = _in_state(records, KeyState.ACTIVE), _in_state(records, KeyState.PRE_PUBLISHED)
    purpose = records[0].purpose if records else None
    if purpose is None:
        return ()
    steps = [
        Step(record.not_after + policy.forgotten_after, Action.FORGET, purpose, record.public_key)
        for record in _in_state(records, KeyState.RETIRING)
    ]
    if not waiting:
        steps.append(Step(at, Action.MAKE, purpose, None))
    coming = waiting[0] if waiting else None
    heard_at = coming.not_before if coming else at + policy.heard_after
    current = active[-1] if active else None
    switch_at = heard_at
    if current is not None:
        # Whatever dates a ceremony gave it; and a timer that runs once a day may miss a day.
        wanted = min(current.not_before + policy.period, current.not_after - 2 * policy.publication)
        switch_at = max(heard_at, wanted)
    steps.append(Step(switch_at, Action.ACTIVATE, purpose, coming.public_key if coming else None))
    for record, successor_from in _successions(active, switch_at):
        stops_at = min(record.not_after, successor_from + policy.settle)
        closed_at = min(record.not_after, stops_at + policy.settle)
        steps.append(Step(stops_at, Action.RETIRE, purpose, record.public_key))
        steps.append(Step(closed_at + policy.forgotten_after, Action.FORGET, purpose, record.public_key))
    return tuple(sorted(steps, key=lambda step: step.at))


def due(records: Sequence[KeyRecord], policy: RotationPolicy, at: datetime) -> Step | None:
    """The first step whose time has come, or None. Once it is done, ask again: another may follow."""
    possible = [
        step
        for step in plan(records, policy, at)
        # A key is made by whoever can make one; then it may be activated, and not before.
        if step.at <= at and (step.public_key is not None or step.action is Action.MAKE)
    ]
    return possible[0] if possible else None


def done(
    records: Sequence[KeyRecord], step: Step, policy: RotationPolicy, at: datetime
) -> tuple[KeyRecord, ...]:
    """The records after a step done at `at` (UTC), for every step but making a key.

    Raises `RotationRefused`, with why `too_early` before the step's time.
    """
    if at < step.at:
        raise RotationRefused(why="too_early", action=step.action.value)
    return tuple(
        _after(record, step.action, policy, at) if record.public_key == step.public_key else record
        for record in records
    )


def waiting_record(
    purpose: Purpose, kid: str, public_key: bytes, uri: str, policy: RotationPolicy, at: datetime
) -> KeyRecord:
    """The record of a key made at `at` (UTC): published from now on, trusted once every till has heard."""
    heard_at = _up_to_the_second(at) + policy.heard_after
    return KeyRecord(
        purpose=purpose,
        kid=kid,
        public_key=public_key,
        not_before=heard_at,
        not_after=heard_at + policy.life,
        state=KeyState.PRE_PUBLISHED,
        uri=uri,
    )


def switched(records: Sequence[KeyRecord], policy: RotationPolicy, at: datetime) -> tuple[KeyRecord, ...]:
    """The waiting key of one purpose takes over at `at` (UTC), before the calendar says so.

    Raises `RotationRefused` when none waits, or when tills may not know it yet.
    """
    waiting = _in_state(records, KeyState.PRE_PUBLISHED)
    if not waiting:
        raise RotationRefused(why="no_key_waits")
    coming = waiting[0]
    if at < coming.not_before:
        raise RotationRefused(why="not_known_to_tills_yet", until=coming.not_before.isoformat())
    step = Step(at, Action.ACTIVATE, coming.purpose, coming.public_key)
    return done(records, step, policy, at)


def revoked(records: Sequence[KeyRecord], public_key: bytes, at: datetime) -> tuple[KeyRecord, ...]:
    """The records of one purpose once a key is withdrawn at `at` (UTC), because somebody else may hold it.

    A key before it that still signs, in the settling time of a rotation, goes on: every till knows it.
    Otherwise the one that waits takes over in the same change, at once. If it was made too lately for every
    till to have heard of it, those that have not refuse its cards until they refresh, and go on believing the
    stolen key: both end with the same refresh. Raises `RotationRefused`.
    """
    withdrawn_at = _down_to_the_second(at)
    (stolen,) = (record for record in records if record.public_key == public_key)
    if stolen.state is KeyState.REVOKED:
        raise RotationRefused(kid=stolen.kid, why="already_revoked")
    after = [
        replace(record, state=KeyState.REVOKED, revoked_at=withdrawn_at) if record is stolen else record
        for record in records
    ]
    waiting = _in_state(after, KeyState.PRE_PUBLISHED)
    if any(record.signs_at(at) for record in after) or not waiting or stolen.state is not KeyState.ACTIVE:
        return tuple(after)
    heir = replace(waiting[0], state=KeyState.ACTIVE, not_before=min(waiting[0].not_before, withdrawn_at))
    return tuple(heir if record is waiting[0] else record for record in after)


def _after(record: KeyRecord, action: Action, policy: RotationPolicy, at: datetime) -> KeyRecord:
    if action is Action.ACTIVATE:
        # From now on, not from when it was first trusted: the calendar counts its period from here.
        return replace(record, state=KeyState.ACTIVE, not_before=_down_to_the_second(at))
    if action is Action.RETIRE:
        closed_at = min(record.not_after, _up_to_the_second(at) + policy.settle)
        return replace(record, state=KeyState.RETIRING, not_after=closed_at)
    if action is Action.FORGET:
        return replace(record, state=KeyState.RETIRED)
    raise RotationRefused(why="a_key_is_not_made_here")


def _in_state(records: Sequence[KeyRecord], state: KeyState) -> list[KeyRecord]:
    return sorted((record for record in records if record.state is state), key=lambda one: one.not_before)


def _successions(active: Sequence[KeyRecord], switch_at: datetime) -> list[tuple[KeyRecord, datetime]]:
    """Each active key, with when the one after it begins."""
    following = [*(record.not_before for record in active[1:]), switch_at]
    return list(zip(active, following, strict=False))


def _down_to_the_second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _up_to_the_second(at: datetime) -> datetime:
    down = _down_to_the_second(at)
    return down if down == at else down + SECOND
