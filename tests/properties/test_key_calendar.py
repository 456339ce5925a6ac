"""A simulated year of rotations: no honest card is refused because of its issuer's key, whatever the delays.

Everybody is as late as they may be: the operator runs the calendar when they like (and switches by hand when
they like), publication follows a change within a day, a till goes up to 72 hours without news, a server
reads a new manifest up to five minutes late, clocks are up to five minutes off. Cards are really sealed, and
opened under the trust list that the till then holds.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import cycle
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apcv_backend.publication.rules import build_trust_list
from cartes import seal
from cartes.cards import Binding, CardKind
from cartes.errors import CarteError
from cartes.trust import TrustList
from keys.errors import RotationRefused
from keys.manifest import KeyRecord, KeyState, signing_record
from keys.rotation import Action, RotationPolicy, done, due, policy_of, switched, waiting_record
from keys.signer import Purpose, kid_of
from tests.simulators import issuing
from tests.simulators.publisher import settings as town_hall

START = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
YEAR = timedelta(days=365)
LATE_SERVER = timedelta(minutes=5)
CLOCKS = timedelta(minutes=5)
CONFIG = town_hall(Path("/nowhere/publication"))
KINDS = MappingProxyType({Purpose.APCV: CardKind.APCV, Purpose.ECPS: CardKind.ECPS})


POINTS: dict[bytes, issuing.WordKey] = {}


@cache
def key(number: int) -> bytes:
    """The public point of the key of a number; its other half is in `POINTS`."""
    made = issuing.WordKey(f"calendar {number}")
    POINTS[made.public_key] = made
    return made.public_key


def delays(most: timedelta) -> st.SearchStrategy[timedelta]:
    """Up to `most`; its ends are what breaks calendars, so they come often."""
    seconds = int(most.total_seconds())
    return st.one_of(st.just(0), st.just(seconds), st.integers(0, seconds)).map(
        lambda s: timedelta(seconds=s)
    )


@dataclass(frozen=True)
class Visit:
    """The operator comes, so long after the last time, and perhaps switches by hand; then it is published."""

    after: timedelta
    switches: bool
    published_after: timedelta


@dataclass(frozen=True)
class Errand:
    """A card is issued at a moment of the year and shown at one of its life, at a till long without news."""

    issued: timedelta
    server_reads_late: timedelta
    server_clock: timedelta
    shown_after: float
    news_age: timedelta
    till_clock: timedelta


PAUSE = Visit(timedelta(days=5), switches=False, published_after=timedelta(hours=24))
VISITS = st.lists(
    st.builds(Visit, delays(timedelta(days=12)), st.booleans(), delays(timedelta(hours=24))),
    min_size=3,
    max_size=15,
)
SIGNED = st.one_of(delays(CLOCKS), delays(CLOCKS).map(lambda late: -late))
ERRANDS = st.lists(
    st.builds(
        Errand,
        delays(YEAR),
        delays(LATE_SERVER),
        SIGNED,
        st.floats(0, 1, exclude_max=True),
        delays(timedelta(hours=72)),
        SIGNED,
    ),
    min_size=5,
    max_size=12,
)


@dataclass
class Year:
    """Every manifest and every publication of a year, by when it came into force."""

    policy: RotationPolicy
    purpose: Purpose
    changed: list[datetime] = field(default_factory=list)
    manifests: list[tuple[KeyRecord, ...]] = field(default_factory=list)
    published: list[datetime] = field(default_factory=list)
    lists: list[TrustList] = field(default_factory=list)
    made: int = 0

    def live(self, visits: list[Visit], until: datetime = START + YEAR) -> None:
        """From a ceremony long ago, through the operator's visits."""
        first = replace(self._new(START - YEAR), state=KeyState.ACTIVE, not_before=START - YEAR)
        records: tuple[KeyRecord, ...] = (replace(first, not_after=START + 10 * YEAR),)
        self._change(START - YEAR, records)
        self._publish(START - YEAR, records)
        at, sent = START, START
        # The same round again until the year is over, with a pause after each.
        for visit in cycle([*visits, PAUSE]):
            at += visit.after
            if at >= until:
                break
            before = records
            if visit.switches:
                records = self._by_hand(records, at)
            while (step := due(records, self.policy, at)) is not None:
                if step.action is Action.MAKE:
                    records = (*records, self._new(at))
                else:
                    records = done(records, step, self.policy, at)
            if records != before:
                self._change(at, records)
                # What is published is what the manifest says when it is published, in that order.
                sent = max(sent, at + min(visit.published_after, self.policy.publication))
                self._publish(sent, records)

    def signs(self, at: datetime, late: timedelta, clock: timedelta) -> tuple[KeyRecord | None, datetime]:
        """Which key a server signs with, by what it has read and by its own clock; that clock's instant."""
        records = self.manifests[bisect_right(self.changed, at - late) - 1]
        return signing_record(records, at + clock), at + clock

    def held(self, at: datetime, news_age: timedelta) -> TrustList:
        """The list a till holds whose last refresh is so old."""
        return self.lists[bisect_right(self.published, at - news_age) - 1]

    def _by_hand(self, records: tuple[KeyRecord, ...], at: datetime) -> tuple[KeyRecord, ...]:
        try:
            return switched(records, self.policy, at)
        except RotationRefused:
            return records

    def _new(self, at: datetime) -> KeyRecord:
        public_key = key(self.made)
        self.made += 1
        return waiting_record(self.purpose, kid_of(public_key), public_key, "file:x", self.policy, at)

    def _change(self, at: datetime, records: tuple[KeyRecord, ...]) -> None:
        self.changed.append(at)
        self.manifests.append(records)

    def _publish(self, at: datetime, records: tuple[KeyRecord, ...]) -> None:
        self.published.append(at)
        self.lists.append(build_trust_list(records, CONFIG, len(self.lists) + 1, at))


def seal_one(purpose: Purpose, record: KeyRecord, at: datetime, life: timedelta) -> bytes:
    kind = KINDS[purpose]
    card = issuing.ecps(as_of=at) if kind is CardKind.ECPS else issuing.apcv(as_of=at)
    card = replace(card, binding=Binding.HARDWARE_ATTESTED)
    draft = issuing.draft(card, issued_at=at, expires_at=at + life)
    return seal.seal(seal.lint(draft, issuing.policy(kind)), POINTS[record.public_key])


def refusals(year: Year, errands: list[Errand]) -> list[str]:
    """What tills said of honest cards; a purpose without a key to sign is told too."""
    told = []
    for errand in errands:
        at = START + errand.issued
        record, issued_at = year.signs(at, errand.server_reads_late, errand.server_clock)
        if record is None:
            told.append("nothing signs")
            continue
        if not record.not_before <= issued_at < record.not_after:
            told.append("signed outside its dates")
        life = year.policy.card_life
        credential = seal_one(year.purpose, record, issued_at, life)
        shown = at + errand.shown_after * life
        till_clock = shown + errand.till_clock
        if till_clock >= issued_at + life or issued_at > till_clock + CLOCKS:
            continue  # dead, or not yet alive, by that till's clock: refused for that reason, and rightly
        try:
            seal.open_seal(credential, year.held(shown, errand.news_age), till_clock)
        except CarteError as refused:
            told.append(refused.code)
    return told


@pytest.mark.parametrize("purpose", list(KINDS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(visits=VISITS, errands=ERRANDS)
def test_no_honest_card_is_ever_refused_for_its_key(
    purpose: Purpose, visits: list[Visit], errands: list[Errand]
) -> None:
    """Somebody can always sign, inside the key's dates, and every till that has news accepts the card."""
    year = Year(policy_of(purpose), purpose)
    year.live(visits)
    # The moments around each change are where a calendar breaks: an errand is moved to each of them.
    moved = [
        replace(errand, issued=change - START)
        for change, errand in zip(year.changed[1:], errands * 10, strict=False)
        if change - START <= YEAR
    ]

    assert refusals(year, [*errands, *moved]) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(visits=VISITS)
def test_every_key_signs_for_one_span_and_never_again(visits: list[Visit]) -> None:
    """States only go forward, dates only shrink once tills know them, and nobody is without an active key."""
    year = Year(policy_of(Purpose.APCV), Purpose.APCV)
    year.live(visits)
    order = [KeyState.PRE_PUBLISHED, KeyState.ACTIVE, KeyState.RETIRING, KeyState.RETIRED]

    for before, after in zip(year.manifests, year.manifests[1:], strict=False):
        later = {record.public_key: record for record in after}
        for record in before:
            now = later[record.public_key]
            assert order.index(now.state) >= order.index(record.state)
            assert record.not_before <= now.not_before < now.not_after <= record.not_after
        assert sum(record.state is KeyState.PRE_PUBLISHED for record in after) <= 1
        assert any(record.state is KeyState.ACTIVE for record in after)


@pytest.mark.parametrize(
    ("weakened", "published_after", "expected"),
    [
        ({"unheard": timedelta(0)}, timedelta(hours=24), "issuer_unknown"),
        ({"settle": timedelta(0)}, timedelta(0), "issuer_key_out_of_validity"),
        ({"card_life": timedelta(hours=1)}, timedelta(0), "issuer_unknown"),
    ],
    ids=["used before it is heard of", "the old one closed at once", "forgotten before its cards die"],
)
def test_a_calendar_that_hurries_refuses_honest_people(
    weakened: dict[str, timedelta], published_after: timedelta, expected: str
) -> None:
    """A month with one rule taken away: somebody honest is refused, so each rule is needed, and seen."""
    told = {}
    true = policy_of(Purpose.APCV)
    for name, policy in (("true", true), ("weakened", replace(true, **weakened))):
        year = Year(policy, Purpose.APCV)
        year.live(
            [Visit(timedelta(hours=1), switches=True, published_after=published_after)] * 600,
            START + timedelta(days=20),
        )
        year.policy = true
        errands = [
            Errand(change - START, late, clock, shown, news, timedelta(0))
            for change in year.changed[1:]
            for late in (timedelta(0), LATE_SERVER)
            for clock in (-CLOCKS, CLOCKS)
            for shown in (0.0, 0.99)
            for news in (timedelta(0), timedelta(hours=72))
        ]
        told[name] = refusals(year, errands)

    assert told["true"] == []
    assert expected in told["weakened"]
