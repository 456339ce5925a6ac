"""A static file server on a free loopback port, as any mirror would be; it counts, and can misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

Misbehave = Callable[["Handler"], bool]
"""Given a request; true when it answered it itself."""


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StaticServer

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        if self.server.misbehave is not None and self.server.misbehave(self):
            return
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's word
        """Say nothing: tests read `paths`."""


class StaticServer(ThreadingHTTPServer):
    """Serves `directory`; a context manager that gives itself, listening."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, directory: Path, misbehave: Misbehave | None = None) -> None:
        self.paths: list[str] = []
        self.misbehave = misbehave
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(directory)))
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


def answer_error(status: int) -> Misbehave:
    """Every request is answered with an error."""

    def misbehave(handler: Handler) -> bool:
        handler.send_error(status)
        return True

    return misbehave


def send_without_end(handler: Handler) -> bool:
    """The timestamp never ends: the endless data attack."""
    if not handler.path.endswith("timestamp.json"):
        return False
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65_536)
    except OSError:
        handler.close_connection = True
    return True


def stay_silent(seconds: float) -> Misbehave:
    """Accept, and say nothing."""

    def misbehave(handler: Handler) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return misbehave


def drip(handler: Handler) -> bool:
    """The timestamp comes one byte at a time: the slow retrieval attack."""
    if not handler.path.endswith("timestamp.json"):
        return False
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        pass
    handler.close_connection = True
    return True
