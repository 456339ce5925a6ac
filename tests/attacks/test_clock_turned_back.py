"""A till whose clock is set back, so that expired cards and old revocation lists live again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cartes.cards import CardKind
from cartes.wire import qr
from tests.simulators.cards import NOON, HeldStore, World, an_apcv
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.seen import MemorySeen
from verifier.verify import Verifier

OFFICINE = POLICIES["officine"]


@pytest.mark.parametrize("back", [timedelta(minutes=90), timedelta(days=3), timedelta(days=5 * 365)])
def test_a_clock_set_back_judges_nothing(back: timedelta) -> None:
    """A picture of that past day would be good by that clock; the till says its clock is wrong instead."""
    world = World()
    past = NOON - back
    card = an_apcv(as_of=past - timedelta(hours=2))
    credential = world.issue(card, issued_at=past - timedelta(hours=1))
    picture = qr.pack(world.present(credential, CardKind.APCV, past))

    verdict = world.till().check(picture, OFFICINE, past)

    assert (verdict.light, verdict.codes) == (Light.RED, ("verifier_clock_behind",))


def test_the_floor_is_the_greatest_signed_time_ever_seen() -> None:
    """Older trust data put back in place do not lower the floor."""
    world = World(signed_at=NOON - timedelta(hours=30))
    rolled_back = replace(world.snapshot(), floor=NOON)

    verdict = Verifier(HeldStore(rolled_back), MemorySeen()).check(
        world.show_apcv(), OFFICINE, NOON - timedelta(hours=2)
    )

    assert verdict.codes == ("verifier_clock_behind",)


def test_a_clock_set_forward_refuses_rather_than_accepts() -> None:
    """Ahead by three days and more, the till finds its own knowledge too old: the safe failure."""
    world = World()

    verdict = world.till().check(world.show_apcv(), OFFICINE, NOON + timedelta(days=4))

    assert verdict.codes == ("trust_store_stale",)


def test_the_clock_recovers_without_a_new_store() -> None:
    """A clock set right again judges again: a scan at a wrong hour writes nothing lasting."""
    world = World()
    till = world.till()

    till.check(world.show_apcv(), OFFICINE, NOON + timedelta(days=4))

    assert till.check(world.show_apcv(), OFFICINE, NOON).light is Light.GREEN
