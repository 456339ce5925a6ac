"""What a till keeps on disk: whole generations, never going back, proven at each reading."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from cartes.errors import CarteError, TrustStoreStale, TrustStoreUnusable, VerifierClockBehind
from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher, hours
from tests.simulators.stopwatch import work_of
from tests.testdata import ROOT
from verifier.durable import write_durably
from verifier.refresh import refresh
from verifier.trust_bundle import TrustFiles
from verifier.trust_errors import RootUnusable, StoreAlreadyInitialised, StoreNotWritten, TrustForged
from verifier.trust_store import TrustStore

_ES256 = ec.ECDSA(hashes.SHA256())


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(tmp_path / "publication")
    publisher.slots.revoked_slots = {1: {3, 5}, 2: {9}}
    publisher.slots.suspended_slots = {1: {4}}
    publisher.publish()
    return publisher


@pytest.fixture
def store(publisher: Publisher, tmp_path: Path) -> TrustStore:
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    return store


def files_of(store: TrustStore) -> TrustFiles:
    files = store.files()
    assert files is not None
    return files


def test_what_was_published_is_what_is_believed(store: TrustStore) -> None:
    """Trust list, revoked and suspended slots, the time of signing and the end, through the whole way."""
    snapshot = store.load(MORNING)

    assert len(snapshot.trust.issuers) == 2
    assert {number: found.indices for number, found in snapshot.revoked.items()} == {
        1: {3, 5},
        2: {9},
        3: set(),
    }
    assert {number: found.indices for number, found in snapshot.suspended.items()} == {
        1: {4},
        2: set(),
        3: set(),
    }
    assert (snapshot.signed_at, snapshot.expires_at) == (MORNING, MORNING + hours(24))
    assert (snapshot.floor, snapshot.age(MORNING + hours(3))) == (MORNING, hours(3))


def test_a_store_that_was_never_refreshed_says_so(publisher: Publisher, tmp_path: Path) -> None:
    """A root alone lets nothing be judged."""
    store = publisher.new_till(tmp_path / "store")

    with pytest.raises(TrustStoreUnusable, match="never_refreshed"):
        store.load(MORNING)


def test_a_folder_that_is_no_store_says_so(tmp_path: Path) -> None:
    """Nothing was initialised here."""
    with pytest.raises(TrustStoreUnusable, match="not_initialised"):
        TrustStore(tmp_path / "nowhere").load(MORNING)


def test_beginning_again_with_the_same_root_changes_nothing(store: TrustStore, publisher: Publisher) -> None:
    """A script may run `init` each time."""
    store.init(publisher.root)

    assert store.load(MORNING).signed_at == MORNING


def test_beginning_again_with_another_root_is_refused(store: TrustStore, tmp_path: Path) -> None:
    """A till changes whom it trusts by refresh only; the store stands."""
    other = Publisher(tmp_path / "other")
    other.keys = {role: type(key)(f"other {role.value}") for role, key in other.keys.items()}
    other.publish()

    with pytest.raises(StoreAlreadyInitialised):
        store.init(other.root)
    assert store.load(MORNING).signed_at == MORNING


@pytest.mark.parametrize("data", [b"", b"{}", b'{"signed":{"_type":"root"},"signatures":[]}'])
def test_a_root_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    """And nothing is made of it."""
    with pytest.raises(RootUnusable):
        TrustStore(tmp_path / "store").init(data)
    assert not (tmp_path / "store").exists()


def test_a_root_whose_signature_does_not_hold_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """One letter changed after the ceremony."""
    edited = publisher.root.replace(b'"consistent_snapshot":true', b'"consistent_snapshot":false')

    with pytest.raises(RootUnusable, match="signature"):
        TrustStore(tmp_path / "store").init(edited)


def test_age_is_judged_after_the_grace(store: TrustStore) -> None:
    """24 h of signature and 48 h of grace; a second more is too old to judge with."""
    assert store.load(MORNING + hours(72)).age(MORNING + hours(72)) == hours(72)
    with pytest.raises(TrustStoreStale):
        store.load(MORNING + hours(72) + hours(1 / 3600))


def test_a_clock_a_little_behind_is_forgiven(store: TrustStore) -> None:
    """300 s, and not one more."""
    assert store.load(MORNING - hours(300 / 3600)).floor == MORNING
    with pytest.raises(VerifierClockBehind):
        store.load(MORNING - hours(301 / 3600))


def test_accepting_the_same_publication_changes_nothing(store: TrustStore, tmp_path: Path) -> None:
    """No new generation is written."""
    before = sorted(path.name for path in (tmp_path / "store" / "generations").iterdir())

    assert not store.accept(files_of(store), MORNING)
    assert sorted(path.name for path in (tmp_path / "store" / "generations").iterdir()) == before


def test_only_the_generation_before_is_kept(publisher: Publisher, store: TrustStore, tmp_path: Path) -> None:
    """The store does not grow with each refresh."""
    for hour in range(1, 6):
        publisher.publish(MORNING + hours(hour))
        refresh(store, str(publisher.directory), MORNING + hours(hour))

    assert len(list((tmp_path / "store" / "generations").iterdir())) == 2


def test_a_stop_at_any_write_leaves_the_old_state_or_the_new(publisher: Publisher, tmp_path: Path) -> None:
    """The disk fills up at each write in turn: what is read next is whole, and the next refresh mends all."""
    allowed = [10_000]

    def write(path: Path, data: bytes) -> None:
        allowed[0] -= 1
        if allowed[0] < 0:
            raise OSError(28, "No space left on device")
        write_durably(path, data)

    store = TrustStore(tmp_path / "store", write=write)
    store.init(publisher.root)
    refresh(store, str(publisher.directory), MORNING)
    stops = 0
    for step in range(1, 40):
        at = MORNING + hours(step / 60)
        publisher.slots.revoked_slots = {1: {step}}
        publisher.publish(at)
        before = store.load(at).signed_at
        allowed[0] = stops
        try:
            refresh(store, str(publisher.directory), at)
        except StoreNotWritten:
            assert store.load(at).signed_at in {before, at}
            stops += 1
            allowed[0] = 10_000
            refresh(store, str(publisher.directory), at)
        else:
            break
        assert store.load(at).revoked[1].indices == {step}

    assert stops == 1 + 4 + 1 + 7 + 1 + 1  # root, roles, what was seen revoked, files, the pointer, the floor


def test_readers_always_find_a_whole_generation(
    publisher: Publisher, store: TrustStore, tmp_path: Path
) -> None:
    """A till that reads while another process refreshes sees the one before or the one after."""
    failures: list[Exception] = []
    done = threading.Event()
    late = MORNING + hours(1)

    def read() -> None:
        reader = TrustStore(tmp_path / "store")
        while not done.is_set():
            try:
                reader.load(late)
            except CarteError as error:
                failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for minute in range(1, 11):
        publisher.publish(MORNING + hours(minute / 60))
        refresh(store, str(publisher.directory), late)
    done.set()
    thread.join()

    assert failures == []


def test_a_damaged_store_mends_at_the_next_refresh(
    store: TrustStore, publisher: Publisher, tmp_path: Path
) -> None:
    """What can be fetched again is; only the roots and the floor cannot be made up."""
    (path,) = (tmp_path / "store" / "generations").glob("1-*/snapshot.json")
    path.write_bytes(b"{}")
    with pytest.raises(TrustStoreUnusable, match=r"file=snapshot\.json"):
        store.load(MORNING)

    assert refresh(store, str(publisher.directory), MORNING).changed
    assert store.load(MORNING).signed_at == MORNING


def test_a_load_is_quick(store: TrustStore) -> None:
    """Five signatures and seven files: some ten times the signatures alone, and never thirty."""
    key = ec.generate_private_key(ec.SECP256R1())
    signature = key.sign(b"bare", _ES256)

    def five_bare() -> None:
        for _ in range(5):
            key.public_key().verify(signature, b"bare", _ES256)

    assert work_of(lambda: store.load(MORNING)) < 30 * work_of(five_bare)


def test_reading_the_store_imports_no_tuf() -> None:
    """A scan starts quickly, and the till's proof does not rest on the library that fetched."""
    words = "import sys, verifier.trust_store; print(*sys.modules)"

    told = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout

    imported = {name.partition(".")[0] for name in told.split()}
    assert "verifier" in imported
    assert not imported & {"tuf", "urllib3", "securesystemslib"}


def test_a_root_the_store_does_not_hold_is_not_accepted(store: TrustStore) -> None:
    """A publication that forgets one of our roots, or brings another first one, is not ours."""
    with pytest.raises(TrustForged, match="not_our_root"):
        store.accept(replace(files_of(store), roots={}), MORNING)
