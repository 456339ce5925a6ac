"""The same picture twice within its minute, at the same till."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from cartes import es256, presentation
from cartes.wire import qr
from tests.simulators.cards import NOON, World
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.seen import FileSeen, MemorySeen

OFFICINE = POLICIES["officine"]


def test_same_picture_is_refused_twice() -> None:
    """A presentation already shown at this till is refused for as long as it would live."""
    world = World()
    till, picture = world.till(), world.show_apcv()

    first = till.check(picture, OFFICINE, NOON)
    later = [till.check(picture, OFFICINE, NOON + timedelta(seconds=s)).codes for s in (0, 1, 30, 60)]

    assert first.light is Light.GREEN
    assert later == [("replayed",)] * 4


def test_the_next_process_still_knows(tmp_path: Path) -> None:
    """The command line is one process a scan: the memory is on disk."""
    world = World()
    picture = world.show_apcv()

    lights = [
        world.till(seen=FileSeen(tmp_path / "seen")).check(picture, OFFICINE, NOON).light for _ in range(2)
    ]

    assert lights == [Light.GREEN, Light.RED]


def test_the_other_half_of_the_signature_is_no_new_proof() -> None:
    """(r, n - s) verifies too and the QR looks different; the till remembers the moment, not the bytes."""
    world = World()
    till, picture = world.till(), world.show_apcv()
    seen = presentation.parse(qr.unpack(picture))
    r, s = seen.proof.signature[:32], int.from_bytes(seen.proof.signature[32:], "big")
    mirrored = presentation.HolderProof(
        seen.proof.t,
        seen.proof.flags,
        seen.proof.counter,
        seen.proof.profile,
        r + (es256.ORDER - s).to_bytes(32, "big"),
    )
    twin = qr.pack(presentation.build(seen.credential, mirrored))
    assert twin != picture

    assert world.till(seen=MemorySeen()).check(twin, OFFICINE, NOON).light is Light.GREEN  # it does verify
    assert till.check(picture, OFFICINE, NOON).light is Light.GREEN
    assert till.check(twin, OFFICINE, NOON).codes == ("replayed",)


def test_a_second_gesture_is_welcome() -> None:
    """The patient taps again, a second later: a new proof."""
    world = World()
    till = world.till()

    assert till.check(world.show_apcv(), OFFICINE, NOON).light is Light.GREEN
    again = world.show_apcv(at=NOON + timedelta(seconds=1))
    assert till.check(again, OFFICINE, NOON + timedelta(seconds=2)).light is Light.GREEN


def test_what_was_refused_fills_no_memory() -> None:
    """Only a proof that held is remembered: a flood of forgeries cannot push one out."""
    world = World()
    memory = MemorySeen()
    till = world.till(seen=memory)

    for number in range(50):
        till.check(world.show_apcv(at=NOON - timedelta(hours=1, seconds=number)), OFFICINE, NOON)

    assert memory._until == {}
