"""How a till fetches: two requests when nothing is new, deadlines, and a reason for each failure."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from cartes.errors import TrustStoreUnusable
from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher, hours
from tests.simulators.static_server import StaticServer, answer_error, drip, send_without_end, stay_silent
from verifier.fetchers import Deadlines
from verifier.refresh import refresh
from verifier.trust_errors import SourceInvalid, SourceUnreachable, TrustForged
from verifier.trust_store import TrustStore


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(tmp_path / "publication")
    publisher.publish()
    return publisher


@pytest.fixture
def store(publisher: Publisher, tmp_path: Path) -> TrustStore:
    return publisher.new_till(tmp_path / "store")


def test_a_first_refresh_fetches_everything(publisher: Publisher, store: TrustStore) -> None:
    """Next root, four roles, one trust list, six status lists."""
    with StaticServer(publisher.directory) as server:
        done = refresh(store, server.url, MORNING)

    assert (done.requests, done.changed, done.signed_at) == (12, True, MORNING)
    assert server.paths[:2] == ["/metadata/2.root.json", "/metadata/timestamp.json"]
    assert store.load(MORNING).trust.version == 1


def test_nothing_new_takes_two_requests(publisher: Publisher, store: TrustStore) -> None:
    """The root that does not exist, and the timestamp; under one kilobyte."""
    with StaticServer(publisher.directory) as server:
        refresh(store, server.url, MORNING)
        server.paths.clear()
        done = refresh(store, server.url, MORNING + hours(1))

    assert server.paths == ["/metadata/2.root.json", "/metadata/timestamp.json"]
    assert (done.requests, done.changed) == (2, False)
    assert done.received < 1000


def test_a_new_timestamp_alone_takes_two_requests_and_moves_the_age(
    publisher: Publisher, store: TrustStore
) -> None:
    """The publisher spoke again and had nothing to say: the till's knowledge is younger."""
    with StaticServer(publisher.directory) as server:
        refresh(store, server.url, MORNING)
        publisher.publish(MORNING + hours(10))
        done = refresh(store, server.url, MORNING + hours(10))

    assert (done.requests, done.changed, done.signed_at) == (2, True, MORNING + hours(10))


def test_a_revocation_takes_only_what_changed(publisher: Publisher, store: TrustStore) -> None:
    """Root, timestamp, snapshot, status, and the one list that moved."""
    with StaticServer(publisher.directory) as server:
        refresh(store, server.url, MORNING)
        publisher.slots.revoked_slots = {1: {5}}
        publisher.publish(MORNING + hours(1))
        done = refresh(store, server.url, MORNING + hours(1))

    assert done.requests == 5
    assert store.load(MORNING + hours(1)).revoked[1].is_set(5)


def test_a_folder_serves_as_a_source(publisher: Publisher, store: TrustStore) -> None:
    """A stick or a mirror on disk, as a path or a `file:` address."""
    assert refresh(store, str(publisher.directory), MORNING).changed
    assert not refresh(store, publisher.directory.as_uri(), MORNING).changed


def test_progress_is_told_file_by_file(publisher: Publisher, store: TrustStore) -> None:
    """A person watches it move: names, requests and bytes that only grow."""
    told: list[tuple[str, int, int]] = []

    refresh(store, str(publisher.directory), MORNING, lambda *news: told.append(news))

    assert [name for name, _, _ in told][:3] == ["timestamp.json", "1.snapshot.json", "1.targets.json"]
    assert [count for _, count, _ in told] == sorted(count for _, count, _ in told)
    assert told[-1][2] == sum(
        path.stat().st_size
        for path in publisher.directory.rglob("*.*")
        # What is for audit is not fetched: a till lives on the live window.
        if path.is_file() and path.name not in {".lock", "1.root.json"} and not path.match("*-all")
    )


def test_a_till_without_a_root_is_told_to_begin(publisher: Publisher, tmp_path: Path) -> None:
    """A refresh trusts nobody by itself."""
    with pytest.raises(TrustStoreUnusable, match="not_initialised"):
        refresh(TrustStore(tmp_path / "new"), str(publisher.directory), MORNING)


@pytest.mark.parametrize("source", ["", "ftp://example.fr/x", "/nowhere/at/all", "http://", "http://a@b/x"])
def test_a_source_that_is_none_is_refused(store: TrustStore, source: str) -> None:
    """An address with a name and password inside is refused too, and not repeated."""
    with pytest.raises(SourceInvalid):
        refresh(store, source, MORNING)


def test_nobody_listening_is_unreachable(store: TrustStore) -> None:
    """The store stays; the reason is named."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(SourceUnreachable):
        refresh(store, f"http://127.0.0.1:{port}", MORNING)


@pytest.mark.parametrize("status", [301, 404, 500, 503])
def test_an_error_of_the_server_is_unreachable(publisher: Publisher, store: TrustStore, status: int) -> None:
    """No redirect is followed, and an absent timestamp is no publication."""
    with (
        StaticServer(publisher.directory, answer_error(status)) as server,
        pytest.raises(SourceUnreachable, match=f"status={status}"),
    ):
        refresh(store, server.url, MORNING)


def test_a_silent_server_is_given_up(publisher: Publisher, store: TrustStore) -> None:
    """Each wait has an end: a refresh never hangs."""
    start = time.monotonic()

    with StaticServer(publisher.directory, stay_silent(3)) as server, pytest.raises(SourceUnreachable):
        refresh(store, server.url, MORNING, deadlines=Deadlines(connect_s=1, read_s=0.2))

    assert time.monotonic() - start < 2


def test_a_file_without_end_is_cut(publisher: Publisher, store: TrustStore) -> None:
    """The endless data attack: no more than the largest timestamp is read."""
    with StaticServer(publisher.directory, send_without_end) as server, pytest.raises(TrustForged):
        refresh(store, server.url, MORNING)


def test_a_file_that_drips_is_cut(publisher: Publisher, store: TrustStore) -> None:
    """Bytes that keep coming, too slowly: each file has a time of its own."""
    start = time.monotonic()

    with StaticServer(publisher.directory, drip) as server, pytest.raises(SourceUnreachable):
        refresh(store, server.url, MORNING, deadlines=Deadlines(read_s=1, file_s=0.3))

    assert time.monotonic() - start < 2
