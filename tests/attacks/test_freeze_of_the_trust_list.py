"""A mirror keeps serving the same genuine publication, so that a till never learns of a revocation."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cartes.errors import TrustStoreStale, VerifierClockBehind
from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher, hours
from tests.simulators.tuf_forger import sign_timestamp_over
from verifier.refresh import refresh
from verifier.trust_errors import TrustFrozen
from verifier.trust_store import TrustStore


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(tmp_path / "publication")
    publisher.publish()
    return publisher


@pytest.fixture
def store(publisher: Publisher, tmp_path: Path) -> TrustStore:
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    return store


def test_a_frozen_mirror_is_named_once_the_signature_ends(store: TrustStore, publisher: Publisher) -> None:
    """The day after, the refresh says the source no longer follows."""
    with pytest.raises(TrustFrozen):
        refresh(store, str(publisher.directory), MORNING + hours(24))


def test_a_frozen_till_stops_judging_after_the_grace(store: TrustStore) -> None:
    """Whatever the mirror does, three days later the till judges nothing."""
    with pytest.raises(TrustStoreStale):
        store.load(MORNING + hours(72) + timedelta(seconds=1))


def test_a_frozen_mirror_and_a_clock_set_back_do_not_pass_together(
    store: TrustStore, publisher: Publisher
) -> None:
    """The hole TUF leaves: with the clock in 2020 an expired publication looks fresh. The floor closes it."""
    in_2020 = MORNING.replace(year=2020)

    with pytest.raises(VerifierClockBehind):
        refresh(store, str(publisher.directory), in_2020)


def test_the_store_refuses_by_itself_what_has_expired(
    store: TrustStore, publisher: Publisher, tmp_path: Path
) -> None:
    """Without the TUF client too: a new till is not started on an expired publication."""
    files = store.files()
    fresh = publisher.new_till(tmp_path / "fresh")
    assert files is not None

    with pytest.raises(TrustFrozen):
        fresh.accept(files, MORNING + hours(24))


def test_whoever_holds_the_timestamp_key_alone_freezes_for_a_week_at_most(
    publisher: Publisher, tmp_path: Path
) -> None:
    """New timestamps over an old snapshot: the snapshot's own end, with its grace, is the end."""
    store = publisher.new_till(tmp_path / "store")
    at = MORNING + timedelta(days=6, hours=23)
    sign_timestamp_over(publisher, at)
    refresh(store, str(publisher.directory), at)

    assert store.load(at).expires_at == MORNING + timedelta(days=7)
    with pytest.raises(TrustStoreStale):
        store.load(MORNING + timedelta(days=9, seconds=1))
