"""What the phone's JavaScript has seen revoked, and the till's Python: the same slots, to the same second.

A thief of the publisher's online keys publishes lists that revoke nobody: the threat is told in
`tests/attacks/test_revocation_undone_with_the_online_keys.py`. Both follow the same publications, and are
asked the same slots.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cartes.wire import base64url
from tests.simulators.clock import MORNING
from tests.simulators.javascript import ask
from tests.simulators.publisher import Publisher, hours
from verifier.refresh import refresh
from verifier.trust_store import TrustStore

SLOTS = (4, 5, 6, 9)
LAST_CARD = hours(72 + 96)
"""How long after its last list a slot is remembered: the longest life of an apCV, and 96 hours."""


class Street:
    """A publisher, and the publications that a phone and a till have met, in turn."""

    def __init__(self, folder: Path, node: str) -> None:
        self.folder, self.node = folder, node
        self.publisher = Publisher(folder / "publication")
        self.till: TrustStore | None = None
        self.steps: list[dict[str, object]] = []

    def meets(
        self, at: datetime, *, revoked: set[int], suspended: set[int], published: datetime | None = None
    ) -> None:
        """Lists of that moment (or of `published`), taken by both at `at`."""
        self.publisher.slots.revoked_slots = {1: revoked}
        self.publisher.slots.suspended_slots = {1: suspended}
        self.publisher.publish(published or at)
        copy = shutil.copytree(self.publisher.directory, self.folder / f"met {len(self.steps)}")
        if self.till is None:
            self.till = self.publisher.new_till(self.folder / "till")
        refresh(self.till, str(copy), at)
        root = base64url.encode(self.publisher.root)
        self.steps.append({"path": str(copy), "at": at.timestamp(), "root": root})

    def says(self, at: datetime) -> dict[str, list[int]]:
        """The slots that the phone calls revoked, and suspended; a till says the same."""
        told = ask(self.node, "standing", steps=self.steps, at=at.timestamp(), list=1, slots=SLOTS)
        assert self.till is not None
        known = self.till.load(at)
        assert told["revoked"] == [slot for slot in SLOTS if known.revoked[1].is_set(slot)]
        assert told["suspended"] == [slot for slot in SLOTS if known.suspended[1].is_set(slot)]
        return dict(told)


@pytest.fixture
def street(tmp_path: Path, node: str) -> Street:
    """This morning slots 5 and 9 were revoked and 4 suspended, and both have seen it."""
    made = Street(tmp_path, node)
    made.meets(MORNING, revoked={5, 9}, suspended={4})
    return made


def test_what_the_list_says_is_told(street: Street) -> None:
    """Without it, what is remembered below would prove nothing."""
    assert street.says(MORNING) == {"revoked": [5, 9], "suspended": [4]}


@pytest.mark.parametrize("hour", [1, 71, 167])
def test_an_emptied_list_clears_nothing_that_was_seen_revoked(street: Street, hour: int) -> None:
    """Slot 5 stays revoked as long as one of its cards could be shown; a suspension is the list's alone."""
    street.meets(MORNING + hours(hour), revoked={9}, suspended=set())

    assert street.says(MORNING + hours(hour)) == {"revoked": [5, 9], "suspended": []}


def test_it_is_forgotten_when_its_last_card_is_over(street: Street) -> None:
    """To the second, as at a till: the slot is given to somebody else after that."""
    street.meets(MORNING + LAST_CARD, revoked=set(), suspended=set())
    assert street.says(MORNING + LAST_CARD)["revoked"] == [5, 9]

    street.meets(MORNING + LAST_CARD + timedelta(seconds=1), revoked=set(), suspended=set())
    assert street.says(MORNING + LAST_CARD + timedelta(seconds=1))["revoked"] == []


def test_the_count_begins_at_the_last_list_that_named_it(street: Street) -> None:
    """Seen again later, remembered until later."""
    street.meets(MORNING + hours(50), revoked={5}, suspended=set())
    street.meets(MORNING + hours(50) + LAST_CARD, revoked=set(), suspended=set())

    assert street.says(MORNING + hours(50) + LAST_CARD)["revoked"] == [5]


def test_a_clock_put_forward_and_back_forgets_nothing(street: Street) -> None:
    """What is over is judged by the publisher's word too, not by this phone's clock alone."""
    street.meets(MORNING + hours(24), revoked=set(), suspended=set(), published=MORNING + hours(1))
    street.meets(MORNING + hours(25), revoked=set(), suspended=set())

    assert street.says(MORNING + hours(25))["revoked"] == [5, 9]
