"""Every byte of a presentation changed, one at a time, and its digits: red, never an exception."""

from __future__ import annotations

import pytest

from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.ecps import EcpsCard
from cartes.wire import qr
from tests.simulators.cards import NOON, World, a_complete_apcv, a_doctor
from verifier.lights import LIGHTS, Light
from verifier.policy import POLICIES
from verifier.verify import Verifier

CASES: list[tuple[str, ApcvCard | EcpsCard]] = [("officine", a_complete_apcv()), ("prescription", a_doctor())]


def _good(index: int) -> tuple[Verifier, bytes, str]:
    world = World()
    policy, card = CASES[index]
    data = world.present(world.issue(card), card.kind, NOON, flags=0x05, counter=9)
    return world.till(), data, policy


@pytest.mark.parametrize("case", [0, 1])
@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_every_byte_flipped_is_red(case: int, mask: int) -> None:
    """No byte of a code is free to change: not one of them leads to another light than red."""
    till, data, policy = _good(case)

    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= mask
        verdict = till.check(qr.pack(bytes(changed)), POLICIES[policy], NOON)
        assert (verdict.light, verdict.facts) == (Light.RED, None), position
        assert LIGHTS[verdict.codes[0]] is Light.RED

    assert till.check(qr.pack(data), POLICIES[policy], NOON).light is Light.GREEN


def test_every_digit_changed_is_red() -> None:
    """A misread digit anywhere is refused."""
    till, data, policy = _good(0)
    text = qr.pack(data)

    for position in range(0, len(text), 3):
        other = str((int(text[position]) + 1 + position) % 10)
        if other == text[position]:
            continue
        changed = text[:position] + other + text[position + 1 :]
        assert till.check(changed, POLICIES[policy], NOON).light is Light.RED, position


def test_every_cut_and_every_doubling_is_red() -> None:
    """Text cut at any place, or said twice."""
    till, data, policy = _good(1)
    text = qr.pack(data)

    for length in range(0, len(text), 7):
        assert till.check(text[:length], POLICIES[policy], NOON).light is Light.RED
    assert till.check(text + text, POLICIES[policy], NOON).light is Light.RED
    assert till.check(text, POLICIES[policy], NOON).light is Light.GREEN


def test_two_good_codes_cannot_be_crossed() -> None:
    """Head of one card, tail of another: at every crossing the result is red."""
    world = World()
    one = world.present(world.issue(a_complete_apcv()), CardKind.APCV, NOON)
    two = world.present(world.issue(a_complete_apcv(given="DOMINIQUE")), CardKind.APCV, NOON)
    till = world.till()

    for position in range(1, min(len(one), len(two)), 5):
        crossed = one[:position] + two[position:]
        if crossed not in (one, two):
            verdict = till.check(qr.pack(crossed), POLICIES["officine"], NOON)
            assert verdict.light is Light.RED, position
