"""A hand reader in serial mode: its bytes cut anywhere, its plug pulled; played by a pseudo-terminal."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.simulators.hand_reader import Douchette
from tests.simulators.kiosk import a_kiosk
from verifier.kiosk.framing import SILENCE_S, Frame, Framer
from verifier.kiosk.serial_reader import PyserialMissing, ReaderState, SerialReader, open_line
from verifier.scanner import MAX_TEXT_CHARS

CODE = "1234567890" * 90


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\x03", b"\r\n\r\n"])
@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_a_code_comes_whole_however_it_is_cut(end: bytes, size: int) -> None:
    """CR, LF, both, or ETX; one byte at a time or all at once; two codes stay two."""
    sent, framer, got = (CODE.encode() + end) * 2, Framer(), []

    for start in range(0, len(sent), size):
        got += framer.feed(sent[start : start + size], 0.0)

    assert got == [Frame(CODE), Frame(CODE)]


def test_silence_ends_a_code_that_no_mark_ends() -> None:
    """A reader without a suffix: late by a quarter of a second, not lost."""
    framer = Framer()

    assert framer.feed(CODE.encode(), 1.0) == []
    assert framer.feed(b"", 1.0 + SILENCE_S / 2) == []
    assert framer.feed(b"", 1.0 + SILENCE_S) == [Frame(CODE)]
    assert framer.feed(b"", 9.0) == []


def test_a_code_begun_after_silence_is_another() -> None:
    """Half a code and then a whole one are two."""
    framer = Framer()
    framer.feed(b"123", 1.0)

    assert framer.feed(b"456\r", 2.0) == [Frame("123"), Frame("456")]


def test_a_line_without_end_is_dropped_and_told() -> None:
    """And the next code is read as if nothing had happened."""
    framer = Framer()

    got = framer.feed(b"1" * (3 * MAX_TEXT_CHARS) + b"\r" + CODE.encode() + b"\r", 0.0)

    assert got == [Frame("", too_long=True), Frame(CODE)]


def test_half_a_code_is_forgotten_when_the_line_is_cut() -> None:
    """What came before the plug was pulled is not glued to what comes after."""
    framer = Framer()
    framer.feed(b"12345", 0.0)

    framer.forget()

    assert framer.feed(b"678\r", 0.0) == [Frame("678")]


def test_a_frame_does_not_show_its_text() -> None:
    """It may be a card; it may be printed."""
    assert CODE not in repr(Frame(CODE))


@contextmanager
def _reader(port: str) -> Iterator[tuple[SerialReader, queue.Queue[Frame], queue.Queue[ReaderState]]]:
    frames: queue.Queue[Frame] = queue.Queue()
    states: queue.Queue[ReaderState] = queue.Queue()
    reader = SerialReader(frames.put, lambda: states.put(reader.state), try_again_s=0.05)
    reader.choose(port)
    reader.start()
    try:
        yield reader, frames, states
    finally:
        reader.stop()


def test_a_reader_is_read_unplugged_waited_for_and_read_again(tmp_path: Path) -> None:
    """Ready, absent, ready: and a code each time it is there."""
    douchette = Douchette(tmp_path / "ttyACM0")
    douchette.plug()

    with _reader(str(douchette.link)) as (_, frames, states):
        assert states.get(timeout=5) is ReaderState.READY
        douchette.scan(CODE)
        assert frames.get(timeout=5) == Frame(CODE)
        douchette.unplug()
        assert states.get(timeout=5) is ReaderState.ABSENT
        douchette.plug()
        assert states.get(timeout=5) is ReaderState.READY
        douchette.scan(CODE, end="")
        assert frames.get(timeout=5) == Frame(CODE)
        douchette.unplug()


def test_a_port_that_is_not_there_is_waited_for() -> None:
    """Started before the reader was plugged in."""
    with _reader("/dev/there-is-no-such-reader") as (reader, _, states):
        assert states.get(timeout=5) is ReaderState.ABSENT
        reader.choose(None)
        assert states.get(timeout=5) is ReaderState.NOT_ASKED


def test_without_pyserial_the_reader_says_what_is_missing() -> None:
    """And the till goes on by keyboard and camera."""
    said = threading.Event()

    def missing(_: str) -> object:
        raise PyserialMissing

    reader = SerialReader(lambda _: None, said.set, missing)  # type: ignore[arg-type] # it never opens
    reader.choose("COM3")
    reader.start()

    assert said.wait(5)
    assert reader.state is ReaderState.NO_PYSERIAL
    reader.stop()


def test_a_name_that_is_no_port_is_an_absent_one() -> None:
    """Whatever pyserial thinks of it."""
    with pytest.raises(OSError):  # noqa: PT011 - whatever it says
        open_line("no such port \0")


def test_a_card_read_by_the_serial_reader_is_on_the_screen(tmp_path: Path) -> None:
    """From the reader's bytes to a green verdict, no key and no click."""
    douchette = Douchette(tmp_path / "ttyACM0")
    douchette.plug()

    with a_kiosk(tmp_path, reader=str(douchette.link)) as kiosk:
        seen = kiosk.ask("GET", "/api/happenings?after=0&wait=9").json["last"]
        ready = kiosk.state()["reader"]
        douchette.scan(kiosk.world.show_apcv())
        (told,) = kiosk.ask("GET", f"/api/happenings?after={seen}&wait=9").json["happenings"]
        douchette.scan("1" * (2 * MAX_TEXT_CHARS), pieces=8)
        (refused,) = kiosk.ask("GET", f"/api/happenings?after={told['seq']}&wait=9").json["happenings"]
    douchette.unplug()

    assert ready == {"port": str(douchette.link), "state": "ready"}
    assert (told["light"], told["source"]) == ("green", "serial")
    assert refused["reasons"][0]["code"] == "text_too_long"
