"""The till's clock is set back, so that an expired card or an old publication would look alive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cartes.errors import TrustStoreUnusable, VerifierClockBehind
from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher, hours
from verifier.refresh import refresh
from verifier.trust_store import TrustStore

LATER = MORNING + hours(10)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(tmp_path / "publication")
    publisher.publish()
    return publisher


@pytest.fixture
def store(publisher: Publisher, tmp_path: Path) -> TrustStore:
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    publisher.publish(LATER)
    refresh(store, str(publisher.directory), LATER)
    return store


def test_a_clock_before_the_last_signed_time_is_refused(store: TrustStore) -> None:
    """An hour and a half back, where a naive till accepted an expired card."""
    with pytest.raises(VerifierClockBehind) as refused:
        store.load(LATER - hours(1.5))

    assert refused.value.facts == {"behind_s": 5400}


def test_taking_the_floor_away_lowers_nothing(store: TrustStore, tmp_path: Path) -> None:
    """The publication in force says itself when it was signed."""
    (tmp_path / "store" / "floor.json").unlink()

    assert store.load(LATER).floor == LATER
    with pytest.raises(VerifierClockBehind):
        store.load(MORNING)


@pytest.mark.parametrize("issued_at", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_the_floor_cannot_be_written_by_hand(store: TrustStore, tmp_path: Path, issued_at: str) -> None:
    """Neither lowered to pass, nor raised to stop the till: it is a signed file."""
    path = tmp_path / "store" / "floor.json"
    whole = json.loads(path.read_bytes())
    whole["signed"]["issued_at"] = issued_at
    path.write_text(json.dumps(whole))

    with pytest.raises(TrustStoreUnusable, match=r"file=floor\.json"):
        store.load(LATER)


def test_a_damaged_floor_is_not_forgotten_by_a_refresh(
    store: TrustStore, publisher: Publisher, tmp_path: Path
) -> None:
    """A refresh does not wash it away: a person must begin the store again."""
    (tmp_path / "store" / "floor.json").write_bytes(b"{}")
    publisher.publish(LATER + hours(1))

    with pytest.raises(TrustStoreUnusable, match=r"file=floor\.json"):
        refresh(store, str(publisher.directory), LATER + hours(1))


def test_a_refresh_with_the_clock_back_is_refused(store: TrustStore, publisher: Publisher) -> None:
    """The clock is named as the cause, and the store stays."""
    with pytest.raises(VerifierClockBehind):
        refresh(store, str(publisher.directory), MORNING)

    assert store.load(LATER).signed_at == LATER


def test_an_older_floor_left_by_a_crash_is_no_obstacle(
    store: TrustStore, publisher: Publisher, tmp_path: Path
) -> None:
    """The publication came into force and the power went before the floor was written: all is well."""
    floor = tmp_path / "store" / "floor.json"
    old = floor.read_bytes()
    publisher.publish(LATER + hours(1))
    refresh(store, str(publisher.directory), LATER + hours(1))
    floor.write_bytes(old)

    assert store.load(LATER + hours(1)).floor == LATER + hours(1)
