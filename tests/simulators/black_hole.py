"""A wire to a server that can be made to swallow: what a lost network or a frozen machine looks like.

Nothing is refused and nothing is closed: connections are still taken and bytes still acknowledged, they lead
nowhere and no answer comes. A deadline of the kernel's (TCP keep-alive, user timeout) sees nothing wrong.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_CHUNK = 65_536


class BlackHole:
    """Relays every connection to `port` on loopback, both ways, until `swallow`; and again after `release`.

    What arrived while it swallowed is lost for good; those connections stay dumb, new ones are served.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._swallowing = threading.Event()
        self._links: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.swallowed = threading.Event()
        """Set by the first bytes that led nowhere: a caller is waiting for what will not come."""
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """From now on, every byte of either side leads nowhere."""
        self.swallowed.clear()
        self._swallowing.set()

    def release(self) -> None:
        """Serve new connections again."""
        self._swallowing.clear()

    def close(self) -> None:
        """Hang up on everybody."""
        for one in (self._listener, *self._links):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._links += [near, far]
            lost = threading.Event()  # once a byte was lost, nothing of this connection makes sense
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink, lost), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                if self._swallowing.is_set():
                    lost.set()
                    self.swallowed.set()
                if not lost.is_set():
                    sink.sendall(chunk)
        if not lost.is_set():
            with suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)
