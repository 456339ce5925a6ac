"""The rounds of a command that goes on for ever: how it rests between two, and how it ends.

SIGTERM and SIGINT are heard at once and obeyed between two pieces of work, so that whatever supervises a
command (a terminal, systemd, a container) ends it without leaving a piece half done; the code is then 0.
A second signal is not waited for: it ends the process as if nothing here were.

While a command rests, what would wake it may be out of reach (bells lie in the database or in Redis). That is
no reason to end: it rests as long as it would have, and tries again.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from cartes.errors import CarteError

_HEARD = (signal.SIGTERM, signal.SIGINT)
_PIECE_S = 1.0


class Rounds:
    """Whether somebody asked to stop, and the rest between two rounds."""

    def __init__(self) -> None:
        self.asked_to_stop = False

    def rest(self, seconds: float, wait: Callable[[float], object]) -> bool:
        """Rest for `seconds`, or until `wait` says that somebody rang, or a stop is asked.

        `wait` is given at most a second at a time, so that a stop is obeyed within a second. Returns whether
        somebody rang.
        """
        left = seconds
        while left > 0 and not self.asked_to_stop:
            piece = min(left, _PIECE_S)
            left -= piece
            try:
                if wait(piece):
                    return True
            except CarteError:
                time.sleep(piece)
        return False


@contextmanager
def rounds() -> Iterator[Rounds]:
    """Rounds that hear the signals of this process until the block ends."""
    heard = Rounds()
    if threading.current_thread() is not threading.main_thread():
        yield heard  # signals belong to the main thread; whoever runs a command elsewhere stops it otherwise
        return
    before = {number: signal.getsignal(number) for number in _HEARD}

    def give_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def hear(_number: int, _frame: FrameType | None) -> None:
        heard.asked_to_stop = True
        give_back()

    for number in _HEARD:
        signal.signal(number, hear)
    try:
        yield heard
    finally:
        give_back()
