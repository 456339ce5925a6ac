"""A hand reader in serial mode, played by a pseudo-terminal: plugged, read, unplugged, plugged again."""

from __future__ import annotations

import os
import tty
from pathlib import Path


class Douchette:
    """A reader: a pseudo-terminal whose other end the kiosk opens by `link`."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._master = -1

    def plug(self) -> None:
        """Appear, as the same port."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self._slave = slave
        self.link.symlink_to(os.ttyname(slave))

    def unplug(self) -> None:
        """Disappear."""
        self.link.unlink()
        os.close(self._slave)
        os.close(self._master)
        self._master = -1

    def scan(self, text: str, end: str = "\r\n", pieces: int = 3) -> None:
        """Read a code, in pieces."""
        data = (text + end).encode()
        step = len(data) // pieces + 1
        for start in range(0, len(data), step):
            os.write(self._master, data[start : start + step])
