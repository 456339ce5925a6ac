"""A hand reader in serial mode (USB-COM, CDC): opened, read, and waited for when it is unplugged.

In keyboard mode a reader types some nine hundred keys; on its serial line the same code takes a few
milliseconds. One thread reads; a reader that goes away is looked for once a second until it is back, and the
page is told both times. Half a code from before is forgotten: the person scans again.

pyserial is imported when a reader is asked for, and only then; without it the till works by keyboard and
camera, and says what to install. A pseudo-terminal plays the reader in the tests.
"""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from verifier.kiosk.framing import Frame, Framer

BAUD: Final = 115_200  # of no effect on USB; what most readers are set to on RS-232
_POLL_S: Final = 0.1
_TRY_AGAIN_S: Final = 1.0


class Line(Protocol):
    """An open serial line. `read` gives what came in a short while; `OSError` once unplugged."""

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none when nothing came."""

    def close(self) -> None:
        """Let go of the line."""


class ReaderState(enum.Enum):
    """What the page says of the reader in serial mode."""

    NOT_ASKED = "not_asked"
    READY = "ready"
    ABSENT = "absent"
    BUSY = "busy"
    NO_PYSERIAL = "no_pyserial"


class PyserialMissing(Exception):
    """pyserial is not installed on this workstation."""


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port of this workstation: its name, and what the system says it is."""

    name: str
    about: str


class SerialReader:
    """The reader on one port; `choose` moves to another. Start it once, stop it at the end."""

    def __init__(
        self,
        on_frame: Callable[[Frame], None],
        on_change: Callable[[], None],
        opened: Callable[[str], Line] | None = None,
        *,
        try_again_s: float = _TRY_AGAIN_S,
    ) -> None:
        self._on_frame = on_frame
        self._on_change = on_change
        self._opened = opened or open_line
        self._try_again_s = try_again_s
        self._port: str | None = None
        self._state = ReaderState.NOT_ASKED
        self._moved = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="serial reader", daemon=True)

    @property
    def port(self) -> str | None:
        """The port asked for, open or not."""
        return self._port

    @property
    def state(self) -> ReaderState:
        """Whether it is there."""
        return self._state

    def choose(self, port: str | None) -> None:
        """Read from `port` from now on; None reads nothing."""
        self._port = port
        self._moved.set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and let go of the port."""
        self._stopped = True
        self._moved.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped:
            self._moved.clear()
            port = self._port
            if port is None:
                self._say(ReaderState.NOT_ASKED)
                self._moved.wait()
                continue
            try:
                line = self._opened(port)
            except PyserialMissing:
                self._say(ReaderState.NO_PYSERIAL)
                self._moved.wait()
                continue
            except OSError as failure:
                self._say(ReaderState.BUSY if isinstance(failure, PermissionError) else ReaderState.ABSENT)
                self._moved.wait(self._try_again_s)
                continue
            self._say(ReaderState.READY)
            try:
                self._listen(line)
            except (
                OSError,
                TypeError,
                ValueError,
            ):  # TypeError: a line closed meanwhile
                self._say(ReaderState.ABSENT)
                self._moved.wait(self._try_again_s)
            finally:
                line.close()

    def _listen(self, line: Line) -> None:
        framer = Framer()
        while not self._moved.is_set():
            for frame in framer.feed(line.read(4096), time.monotonic()):
                self._on_frame(frame)

    def _say(self, state: ReaderState) -> None:
        if state is not self._state:
            self._state = state
            self._on_change()


def open_line(port: str) -> Line:
    """Open `port` by pyserial. Raises `PyserialMissing`, or `OSError` when it is not there or is taken."""
    try:
        import serial
    except ImportError as missing:
        raise PyserialMissing from missing
    # SerialException is an OSError; an unusable name is a ValueError.
    try:
        line: Line = serial.Serial(port, BAUD, timeout=_POLL_S, exclusive=True)
    except ValueError as refused:
        raise OSError(str(refused)) from refused
    return line


def ports() -> Sequence[SerialPort]:
    """The serial ports of this workstation, by name; none without pyserial."""
    try:
        from serial.tools import list_ports
    except ImportError:
        return ()
    found = (SerialPort(str(port.device), str(port.description)) for port in list_ports.comports())
    return tuple(sorted(found, key=lambda port: port.name))
