"""Somebody photographs a QR and shows the picture later, or elsewhere: the leaked codes of 2021."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cartes import presentation
from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.ecps import EcpsCard
from cartes.wire import qr
from tests.simulators.cards import NOON, World, a_doctor, an_apcv
from verifier.lights import Light
from verifier.policy import POLICIES


@pytest.mark.parametrize(("policy", "card"), [("officine", an_apcv()), ("prescription", a_doctor())])
def test_a_screenshot_dies_after_a_minute(policy: str, card: ApcvCard | EcpsCard) -> None:
    """Good to the sixtieth second, refused from the sixty-first on, for both cards."""
    world = World()
    picture = world.show(card)

    assert world.till().check(picture, POLICIES[policy], NOON + timedelta(seconds=60)).light is Light.GREEN
    for late in (61, 90, 3600, 20 * 3600):
        verdict = world.till().check(picture, POLICIES[policy], NOON + timedelta(seconds=late))
        assert (verdict.light, verdict.codes[0]) == (Light.RED, "proof_stale")


def test_rewriting_the_moment_does_not_refresh_a_screenshot() -> None:
    """The moment is inside what the phone signed: writing "now" over it breaks the signature."""
    world = World()
    old = presentation.parse(qr.unpack(world.show_apcv(at=NOON - timedelta(minutes=10))))
    proof = old.proof
    refreshed = presentation.HolderProof(
        int(NOON.timestamp()), proof.flags, proof.counter, proof.profile, proof.signature
    )

    verdict = world.till().check(
        qr.pack(presentation.build(old.credential, refreshed)), POLICIES["officine"], NOON
    )

    assert verdict.codes == ("holder_signature_invalid",)


def test_a_phone_that_signs_the_future_is_refused() -> None:
    """A proof made for in twenty seconds is ahead of the till's clock."""
    world = World()
    credential = world.issue(an_apcv())
    ahead = qr.pack(world.present(credential, CardKind.APCV, NOON + timedelta(seconds=16)))

    assert world.till().check(ahead, POLICIES["officine"], NOON).codes == ("proof_from_future",)
