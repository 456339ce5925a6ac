"""The till is killed, or its disk full, at any write: the old state or the new, never a third."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher, hours
from tests.simulators.static_server import Handler, StaticServer
from tests.testdata import ROOT
from verifier.refresh import refresh
from verifier.trust_errors import SourceUnreachable, StoreNotWritten, TrustForged
from verifier.trust_store import TrustStore

LATER = MORNING + hours(1)

# Each child is the same refresh; the n-th write kills it, before, in the middle of, or after the write.
_DRIVER = """
import os, shutil, signal, sys
from datetime import datetime
from pathlib import Path
from verifier.durable import write_durably
from verifier.refresh import refresh
from verifier.trust_store import TrustStore

pristine, work, source = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
at = datetime.fromisoformat(sys.argv[4])

def child(point, when):
    left = [point]
    def write(path, data):
        left[0] -= 1
        if left[0] >= 0:
            return write_durably(path, data)
        if when == "middle":
            path.with_name(f".{path.name}.new").write_bytes(data[: len(data) // 2])
        if when == "after":
            write_durably(path, data)
        os.kill(os.getpid(), signal.SIGKILL)
    refresh(TrustStore(work, write=write), source, at)
    os._exit(0)

finished = 0
point = 0
while finished < 3:
    finished = 0
    for when in ("before", "middle", "after"):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(pristine, work)
        pid = os.fork()
        if pid == 0:
            child(point, when)
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status)
        finished += not killed
        first = TrustStore(work).load(at)
        changed = refresh(TrustStore(work), source, at).changed
        second = TrustStore(work).load(at)
        print(point, when, int(killed), first.signed_at.isoformat(), int(first.revoked[1].is_set(6)),
              int(second.revoked[1].is_set(6)), int(changed), flush=True)
    point += 1
"""


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    publisher = Publisher(tmp_path / "publication")
    publisher.slots.revoked_slots = {1: {5}}
    publisher.publish()
    return publisher


@pytest.fixture
def store(publisher: Publisher, tmp_path: Path) -> TrustStore:
    store = publisher.new_till(tmp_path / "store")
    refresh(store, str(publisher.directory), MORNING)
    publisher.slots.revoked_slots = {1: {5, 6}}
    publisher.publish(LATER)
    return store


def test_killed_at_every_write(publisher: Publisher, store: TrustStore, tmp_path: Path) -> None:
    """SIGKILL in a process of its own, at each write point: whole before or whole after, then mended."""
    arguments = [str(store.directory), str(tmp_path / "work"), str(publisher.directory), LATER.isoformat()]

    done = subprocess.run(
        [sys.executable, "-c", _DRIVER, *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    seen = [line.split() for line in done.stdout.splitlines()]
    assert sum(killed == "1" for _, _, killed, *_ in seen) >= 3 * 10
    for _, _, killed, signed_at, knows_before, knows_after, _ in seen:
        assert (signed_at, knows_before) in {(MORNING.isoformat(), "0"), (LATER.isoformat(), "1")}
        assert knows_after == "1"
        assert killed == "1" or signed_at == LATER.isoformat()


def test_a_disk_that_fills_up_keeps_what_was_fetched(publisher: Publisher, tmp_path: Path) -> None:
    """No space for the new state: the old one judges, and the next attempt fetches no file again."""
    full = [False]

    def write(path: Path, data: bytes) -> None:
        if full[0]:
            raise OSError(28, "No space left on device")
        path.write_bytes(data)

    store = TrustStore(tmp_path / "store", write=write)
    store.init(publisher.root)
    refresh(store, str(publisher.directory), MORNING)
    publisher.slots.revoked_slots = {1: {5, 6}}
    publisher.publish(LATER)
    full[0] = True

    with StaticServer(publisher.directory) as server:
        with pytest.raises(StoreNotWritten):
            refresh(store, server.url, LATER)
        assert store.load(LATER).signed_at == MORNING
        full[0] = False
        server.paths.clear()
        refresh(store, server.url, LATER)

    assert server.paths == ["/metadata/2.root.json", "/metadata/timestamp.json"]
    assert store.load(LATER).revoked[1].is_set(6)


def test_a_download_cut_at_each_file_is_taken_up_again(publisher: Publisher, tmp_path: Path) -> None:
    """The line drops at the n-th file of a first refresh: whatever was proven is never fetched twice."""
    fetched: list[str] = []
    left = [0]

    def cut(handler: Handler) -> bool:
        if handler.path.endswith(("2.root.json", "timestamp.json")):
            return False
        left[0] -= 1
        if left[0] < 0:
            handler.close_connection = True
            return True
        fetched.append(handler.path)
        return False

    store = publisher.new_till(tmp_path / "store")
    with StaticServer(publisher.directory, cut) as server:
        for _ in range(100):
            left[0] = 1
            try:
                refresh(store, server.url, MORNING)
                break
            except SourceUnreachable:
                continue

    assert len(fetched) == len(set(fetched)) >= 8
    assert store.load(MORNING).revoked[1].is_set(5)
    assert not (store.directory / "incoming").exists()


def test_leftovers_somebody_edited_are_dropped(publisher: Publisher, tmp_path: Path) -> None:
    """What an earlier attempt left is proven again: a changed file is fetched anew, nothing else is lost."""
    store = publisher.new_till(tmp_path / "store")

    def cut(handler: Handler) -> bool:
        handler.close_connection = "status" in handler.path
        return handler.close_connection

    with StaticServer(publisher.directory, cut) as server, pytest.raises(SourceUnreachable):
        refresh(store, server.url, MORNING)
    left = [
        path
        for path in (store.directory / "incoming").rglob("*")
        if path.is_file() and path.suffix == ".json"
    ]
    assert len(left) >= 4
    for path in left:
        if not path.is_symlink():
            path.write_bytes(path.read_bytes()[:-20] + b"x" * 20)

    refresh(store, str(publisher.directory), MORNING)

    assert store.load(MORNING).revoked[1].is_set(5)


def test_a_list_without_end_is_cut(publisher: Publisher, store: TrustStore) -> None:
    """The endless data attack on a file whose length is signed: no more than that is read."""
    sent = [0]

    def endless(handler: Handler) -> bool:
        if "/targets/status/" not in handler.path:
            return False
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        try:
            while sent[0] < 1 << 26:
                sent[0] += handler.wfile.write(b" " * 65_536)
        except OSError:
            pass
        return True

    with StaticServer(publisher.directory, endless) as server, pytest.raises(TrustForged):
        refresh(store, server.url, LATER)
    assert sent[0] < 1 << 25
    assert store.load(LATER).signed_at == MORNING
