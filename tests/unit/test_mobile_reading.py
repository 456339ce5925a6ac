"""The phone reads a publication over one kept connection."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from mobile_mock.reading import publication_at


class _SlowRefuser(socketserver.StreamRequestHandler):
    """Answers 404 with a body that comes after the head, then 200, on one kept connection."""

    connections: ClassVar[list[object]] = []
    head_was_read = threading.Event()

    def handle(self) -> None:
        self.connections.append(self.client_address)
        while line := self.rfile.readline():
            path = line.split()[1]
            while self.rfile.readline().strip():
                pass
            found = path == b"/there"
            body = b"found" if found else b"not here"
            status = b"200 OK" if found else b"404 Not Found"
            self.wfile.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)))
            self.wfile.flush()
            if not found:
                self.head_was_read.wait(0.2)  # the body is late: a client that left it unread meets it next
            self.wfile.write(body)


@pytest.fixture
def address() -> Iterator[str]:
    _SlowRefuser.connections.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _SlowRefuser) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_file_that_is_not_there_does_not_spoil_the_next_one(address: str) -> None:
    """A 404 whose body comes late is read to its end: the next answer is the next file's."""
    fetch = publication_at(address)

    assert [fetch("absent"), fetch("there"), fetch("absent"), fetch("there")] == [
        None,
        b"found",
        None,
        b"found",
    ]
    assert len(_SlowRefuser.connections) == 1
