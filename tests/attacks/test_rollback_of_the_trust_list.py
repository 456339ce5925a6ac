"""A mirror serves a till something genuine but older than what the till has seen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cartes.errors import TrustStoreUnusable
from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher, hours
from verifier.refresh import refresh
from verifier.trust_bundle import TrustFiles
from verifier.trust_errors import TrustForged, TrustRolledBack
from verifier.trust_store import TrustStore

LATER = MORNING + hours(2)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(tmp_path / "publication")
    publisher.publish()
    return publisher


@pytest.fixture
def old_mirror(publisher: Publisher, tmp_path: Path) -> Path:
    """The publication before the revocation, kept by somebody."""
    return Path(shutil.copytree(publisher.directory, tmp_path / "old mirror"))


@pytest.fixture
def store(publisher: Publisher, old_mirror: Path, tmp_path: Path) -> TrustStore:
    """A till that knows slot 5 to be revoked."""
    publisher.slots.revoked_slots = {1: {5}}
    publisher.publish(LATER)
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), LATER)
    return store


def offered_by(publisher: Publisher, source: Path, folder: Path, hour: float = 2) -> TrustFiles:
    """The files of a source, as a till that knows nothing else would hold them."""
    store = publisher.new_till(folder)
    refresh(store, str(source), MORNING + hours(hour))
    files = store.files()
    assert files is not None
    return files


def test_an_old_mirror_is_refused(store: TrustStore, old_mirror: Path) -> None:
    """The revocation stays known."""
    with pytest.raises(TrustRolledBack):
        refresh(store, str(old_mirror), LATER)

    assert store.load(LATER).revoked[1].is_set(5)


def test_the_store_refuses_by_itself_what_is_older(
    store: TrustStore, publisher: Publisher, old_mirror: Path, tmp_path: Path
) -> None:
    """Even handed over without the TUF client, old files do not replace newer ones."""
    old = offered_by(publisher, old_mirror, tmp_path / "another till")

    with pytest.raises(TrustRolledBack):
        store.accept(old, LATER)
    assert store.load(LATER).revoked[1].is_set(5)


def test_an_old_snapshot_under_a_new_timestamp_is_refused(
    store: TrustStore, publisher: Publisher, tmp_path: Path
) -> None:
    """Mix and match: each role genuine, from different editions."""
    old = store.files()
    publisher.slots.revoked_slots = {1: {5, 6}}
    publisher.publish(MORNING + hours(3))
    new = offered_by(publisher, publisher.directory, tmp_path / "another till", 3)
    assert old is not None
    mixed = TrustFiles(new.roots, new.timestamp, old.snapshot, new.targets, old.status, old.target_files)

    with pytest.raises(TrustForged, match="mix_and_match"):
        store.accept(mixed, MORNING + hours(3))


def test_the_pointer_moved_back_to_an_old_generation_is_noticed(
    store: TrustStore, publisher: Publisher, old_mirror: Path, tmp_path: Path
) -> None:
    """Somebody puts a genuine old generation back on the till's own disk: the signed floor says no."""
    other = tmp_path / "another till"
    offered_by(publisher, old_mirror, other)
    (old,) = (other / "generations").glob("1-*")
    shutil.copytree(old, tmp_path / "store" / "generations" / old.name)
    (tmp_path / "store" / "current").write_text(old.name)

    with pytest.raises(TrustStoreUnusable, match="rolled_back"):
        store.load(LATER)


def test_a_publisher_that_began_again_is_a_rollback(
    store: TrustStore, publisher: Publisher, tmp_path: Path
) -> None:
    """Same keys, versions from 1: a publisher restored from nothing does not take tills back."""
    again = Publisher(tmp_path / "began again")
    again.publish(MORNING + hours(5))

    with pytest.raises((TrustRolledBack, TrustForged)):
        refresh(store, str(again.directory), MORNING + hours(5))
    assert store.load(LATER).revoked[1].is_set(5)
