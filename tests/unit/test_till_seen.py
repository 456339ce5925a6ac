"""Rules of the memory of proofs: once is once, whatever happens to the process or the file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.simulators.cards import NOON
from tests.testdata import ROOT
from verifier.seen import FileSeen, MemorySeen, Seen, TillMemoryUnusable

UNTIL = NOON + timedelta(seconds=76)
MakeSeen = Callable[[], Seen]


def key(name: str, t: int = 1) -> tuple[bytes, int]:
    """A replay key made from a name."""
    return hashlib.sha256(name.encode()).digest(), t


@pytest.fixture(params=["memory", "file"])
def seen(request: pytest.FixtureRequest, tmp_path: Path) -> Seen:
    """Both memories keep the same contract."""
    return MemorySeen() if request.param == "memory" else FileSeen(tmp_path / "seen")


def test_a_proof_is_new_once(seen: Seen) -> None:
    """The first showing is new, the second is not, even at the last second of the window."""
    assert seen.first_time(key("a"), NOON, UNTIL)
    assert not seen.first_time(key("a"), NOON, UNTIL)
    assert not seen.first_time(key("a"), UNTIL, UNTIL + timedelta(seconds=76))


def test_another_card_or_another_second_is_another_proof(seen: Seen) -> None:
    """The key is the card and the moment, both."""
    assert seen.first_time(key("a", 1), NOON, UNTIL)
    assert seen.first_time(key("a", 2), NOON, UNTIL)
    assert seen.first_time(key("b", 1), NOON, UNTIL)


def test_old_proofs_are_forgotten_and_recent_ones_are_not(seen: Seen) -> None:
    """Memory stays small: what expired long ago is dropped when there is much, the rest stays."""
    for number in range(300):
        seen.first_time(key("old", number), NOON, UNTIL)
    later = NOON + timedelta(hours=1)
    for number in range(300):
        assert seen.first_time(key("new", number), later, later + timedelta(seconds=76))

    assert seen.first_time(key("old", 0), later, later)
    assert not seen.first_time(key("new", 0), later, later)


def test_a_clock_stepped_forward_and_back_forgets_nothing(seen: Seen) -> None:
    """Five minutes forward and back again do not make a proof new."""
    seen.first_time(key("a"), NOON, UNTIL)
    ahead = NOON + timedelta(minutes=5)
    for number in range(600):
        seen.first_time(key("busy", number), ahead, ahead + timedelta(seconds=76))

    assert not seen.first_time(key("a"), NOON, UNTIL)


def test_the_file_outlives_the_process(tmp_path: Path) -> None:
    """One process a scan: the next one still knows."""
    FileSeen(tmp_path / "seen").first_time(key("a"), NOON, UNTIL)

    assert not FileSeen(tmp_path / "seen").first_time(key("a"), NOON, UNTIL)


@pytest.mark.parametrize("kept", [1, 20, 64, 66, 70, 85])
def test_a_crash_in_the_middle_of_a_write_costs_nothing_else(tmp_path: Path, kept: int) -> None:
    """A torn last line is skipped; what was before it is still known, what comes after is written whole."""
    path = tmp_path / "seen"
    FileSeen(path).first_time(key("whole"), NOON, UNTIL)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:kept].replace(b"\n", b""))

    memory = FileSeen(path)

    assert not memory.first_time(key("whole"), NOON, UNTIL)
    assert memory.first_time(key("next"), NOON, UNTIL)
    assert not FileSeen(path).first_time(key("next"), NOON, UNTIL)


def test_garbage_in_the_file_is_skipped(tmp_path: Path) -> None:
    """Bytes of any kind neither stop the till nor hide what it knows."""
    path = tmp_path / "seen"
    FileSeen(path).first_time(key("a"), NOON, UNTIL)
    path.write_bytes(b"\xff\xfe \n zz 1 2\n" + path.read_bytes() + b"1 2 3 4\n")

    assert not FileSeen(path).first_time(key("a"), NOON, UNTIL)


def test_a_memory_that_cannot_be_written_refuses(tmp_path: Path) -> None:
    """It fails closed: no folder, no acceptance."""
    with pytest.raises(TillMemoryUnusable):
        FileSeen(tmp_path / "missing" / "seen").first_time(key("a"), NOON, UNTIL)


def test_a_memory_that_is_a_folder_refuses(tmp_path: Path) -> None:
    """Something else of that name is not a memory."""
    (tmp_path / "seen").mkdir()

    with pytest.raises(TillMemoryUnusable):
        FileSeen(tmp_path / "seen").first_time(key("a"), NOON, UNTIL)


def test_an_endless_file_is_refused(tmp_path: Path) -> None:
    """A memory larger than any till makes is not read into memory."""
    path = tmp_path / "seen"
    with path.open("wb") as file:
        file.truncate(5_000_000)

    with pytest.raises(TillMemoryUnusable):
        FileSeen(path).first_time(key("a"), NOON, UNTIL)


def test_one_winner_among_threads(tmp_path: Path) -> None:
    """The same picture scanned by many hands at once is new for one of them."""
    with ThreadPoolExecutor(8) as hands:
        answers = list(
            hands.map(lambda _: FileSeen(tmp_path / "seen").first_time(key("a"), NOON, UNTIL), range(40))
        )

    assert answers.count(True) == 1


def _count_new(path: Path, names: list[str]) -> int:
    return sum(FileSeen(path).first_time(key(name), NOON, UNTIL) for name in names)


def test_one_winner_among_processes(tmp_path: Path) -> None:
    """Processes share the file: each of thirty proofs is new exactly once, pruning included."""
    names = [f"proof-{number}" for number in range(30)]
    with get_context("spawn").Pool(3) as pool:
        counts = pool.starmap(_count_new, [(tmp_path / "seen", names)] * 3)

    assert sum(counts) == len(names)


def test_what_was_answered_survives_a_till_that_is_killed(tmp_path: Path) -> None:
    """A till killed at any moment, pruning included: each proof it answered for is known to the next one."""
    told = tmp_path / "told"
    program = (
        "import sys, hashlib\n"
        "from datetime import timedelta\n"
        "from pathlib import Path\n"
        "from tests.simulators.cards import NOON\n"
        "from verifier.seen import FileSeen\n"
        "memory = FileSeen(Path(sys.argv[1]))\n"
        "for number in range(100_000):\n"
        "    at = NOON + timedelta(seconds=number)\n"
        "    key = hashlib.sha256(str(number).encode()).digest(), number\n"
        "    if memory.first_time(key, at, at + timedelta(seconds=76)):\n"
        "        print(number, flush=True)\n"
    )
    for killed in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "seen")], stdout=subprocess.PIPE, cwd=ROOT
        ) as till:
            assert till.stdout is not None
            lines = [int(till.stdout.readline()) for _ in range(400 + 37 * killed)]
            till.kill()
            lines += [int(line) for line in till.stdout.read().split()]
        told.write_text(f"{lines[-1]}")
        memory = FileSeen(tmp_path / "seen")
        recent = [number for number in lines if number > lines[-1] - 600]
        assert recent
        for number in recent:
            key = hashlib.sha256(str(number).encode()).digest(), number
            at = NOON + timedelta(seconds=lines[-1])
            assert not memory.first_time(key, at, at + timedelta(seconds=76)), number


@pytest.mark.parametrize("fails_at", range(6))
def test_a_disk_that_fails_at_any_write_forgets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """A write cut short, a flush or a rename refused, while pruning: that scan is refused, no more."""
    path, later = tmp_path / "seen", NOON + timedelta(hours=1)
    memory = FileSeen(path)
    for number in range(255):
        memory.first_time(key("old", number), NOON, UNTIL)
    memory.first_time(key("recent"), later, later + timedelta(seconds=76))
    calls = 0

    def failing(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == fails_at + 1:
                if real is write:
                    write(arguments[0], bytes(arguments[1])[:40])  # type: ignore[arg-type, call-overload]  # as os.write is called
                raise OSError(28, "No space left on device")
            return real(*arguments, **named)

        return call

    write = os.write
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", failing(os.write))
        broken.setattr(os, "fsync", failing(os.fsync))
        broken.setattr(Path, "replace", failing(Path.replace))
        try:
            answered = memory.first_time(key("new"), later, later + timedelta(seconds=76))
        except TillMemoryUnusable:
            answered = False

    again = FileSeen(path)
    assert calls > fails_at
    assert not again.first_time(key("recent"), later, later)
    if answered:
        assert not again.first_time(key("new"), later, later)


def test_nothing_personal_is_written(tmp_path: Path) -> None:
    """The file holds digests and numbers, readable by its owner alone."""
    path = tmp_path / "seen"
    FileSeen(path).first_time(key("a", 5), NOON, UNTIL)

    digest, second, until = path.read_text().split()

    assert (len(bytes.fromhex(digest)), second) == (32, "5")
    assert int(until) >= UNTIL.timestamp()
    assert path.stat().st_mode & 0o077 == 0
