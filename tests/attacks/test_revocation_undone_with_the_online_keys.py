"""Threat: somebody steals the publisher's online keys and publishes lists that revoke nobody.

A till that has seen a card revoked refuses it all the same, for as long as one of its cards could live.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.publication.ports import Role
from cartes.errors import TrustStoreUnusable
from cartes.status import StatusList, StatusPurpose
from tests.simulators.clock import MORNING
from tests.simulators.publisher import CAPACITY, Publisher, hours
from tests.simulators.tuf_forger import put_target, resign
from verifier.refresh import refresh
from verifier.trust_errors import TrustForged
from verifier.trust_store import TrustStore

SLOT = 5


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    made = Publisher(tmp_path / "publication")
    made.slots.revoked_slots = {1: {SLOT, 9}}
    made.slots.suspended_slots = {1: {4}}
    made.publish()
    return made


@pytest.fixture
def till(publisher: Publisher, tmp_path: Path) -> TrustStore:
    """A till that has seen the revocation."""
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    return store


def told(publisher: Publisher, till: TrustStore, at: datetime) -> TrustStore:
    """The till, after a refresh from what the thief publishes with genuine keys."""
    publisher.publish(at)
    refresh(till, str(publisher.directory), at)
    return till


def test_an_emptied_list_clears_nothing_this_till_has_seen(publisher: Publisher, till: TrustStore) -> None:
    """Refused until the last card of the slot is dead, and 96 h after; a new till knows what it is told."""
    publisher.slots.revoked_slots = {1: {9}}
    for hour in (1, 24, 71, 72, 167):
        snapshot = told(publisher, till, MORNING + hours(hour)).load(MORNING + hours(hour))
        assert snapshot.revoked[1].is_set(SLOT), hour
        assert not snapshot.revoked[1].is_set(6)
        assert snapshot.revoked[1].is_set(9)

    over = MORNING + hours(72 + 96) + timedelta(seconds=1)
    assert not told(publisher, till, over).load(over).revoked[1].is_set(SLOT)


def test_memory_lasts_from_the_last_list_that_named_the_slot(publisher: Publisher, till: TrustStore) -> None:
    """Seen again later, remembered until later: the count begins at the last sight."""
    told(publisher, till, MORNING + hours(50))
    publisher.slots.revoked_slots = {}

    late = MORNING + hours(48 + 167)
    assert told(publisher, till, late).load(late).revoked[1].is_set(SLOT)


def test_a_suspension_is_lifted_by_the_list(publisher: Publisher, till: TrustStore) -> None:
    """Suspended may come back: nothing is remembered of it."""
    assert till.load(MORNING).suspended[1].is_set(4)
    publisher.slots.suspended_slots = {}

    after = told(publisher, till, MORNING + hours(1)).load(MORNING + hours(1))

    assert not after.suspended[1].is_set(4)
    assert not after.revoked[1].is_set(4)


def test_a_clock_put_forward_and_back_forgets_nothing(publisher: Publisher, till: TrustStore) -> None:
    """What is over is judged by the publisher's word too, not by a till's clock alone."""
    publisher.slots.revoked_slots = {}
    publisher.publish(MORNING + hours(1))
    refresh(till, str(publisher.directory), MORNING + hours(24))

    assert told(publisher, till, MORNING + hours(25)).load(MORNING + hours(25)).revoked[1].is_set(SLOT)


def test_what_was_seen_cannot_be_taken_from_the_store_unnoticed(
    publisher: Publisher, till: TrustStore, tmp_path: Path
) -> None:
    """Its file gone, cut or flipped: the till judges nothing, and a refresh does not begin it anew."""
    (file,) = (tmp_path / "store").glob("generations/*/revocations")
    genuine = file.read_bytes()
    flipped = bytes([*genuine[:-1], genuine[-1] ^ 1])
    for content in (None, b"", genuine[:-8], flipped):
        file.unlink()
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(TrustStoreUnusable):
            till.load(MORNING)
        publisher.publish(MORNING + hours(1))
        with pytest.raises(TrustStoreUnusable):
            refresh(till, str(publisher.directory), MORNING + hours(1))
        file.write_bytes(genuine)

    assert till.load(MORNING).revoked[1].is_set(SLOT)


def _other_bits(data: bytes) -> bytes:
    """A list whose head and directory hold and whose one shard does not."""
    return data[:-3] + b"\xff" * 3


FULL = StatusList(1, StatusPurpose.REVOKED, CAPACITY, MORNING, frozenset({9}), number=1).encode()
DAMAGED = _other_bits(StatusList(1, StatusPurpose.REVOKED, CAPACITY, MORNING, frozenset({9, 3000})).encode())


@pytest.mark.parametrize(("data", "why"), [(FULL, "another_list"), (DAMAGED, "bits_end_early")])
def test_what_is_not_a_live_window_is_refused_when_it_is_offered(
    publisher: Publisher, tmp_path: Path, data: bytes, why: str
) -> None:
    """The full list of an old day, or a shard that does not decode, under the name of the live window."""
    entry = put_target(publisher, "status/1-revoked", data)

    def edit(signed: dict[str, Any]) -> None:
        signed["targets"]["status/1-revoked"] = entry

    resign(publisher, "1.status.json", edit, publisher.keys[Role.STATUS])
    with pytest.raises(TrustForged, match=why):
        refresh(publisher.new_till(tmp_path / "new"), str(publisher.directory), MORNING)
