"""The load: requests prepared to the last byte, sent on a few connections at once, each answer checked.

A process of its own (`python -m benchmarks.load FILE`), the same for both sides of a comparison. It sends to
loopback only, and as many requests as the file holds: no more. The file is JSON: `port`, `status` and
`expect` (the status of every good answer, and a word it contains) and `connections`, each a list of whole
HTTP/1.1 requests in base64. It prints how long it took and what came back, as JSON.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_S = 10.0
_LENGTH = re.compile(rb"(?im)^content-length:\s*(\d+)")
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long all requests took, how many answers were good, and the first one that was not."""

    seconds: float
    good: int
    first_bad: str


def http_request(path: str, host: str, headers: dict[str, str], body: bytes) -> bytes:
    """One POST on a connection kept open, as bytes."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def send(
    file: Path, port: int, expect: str, connections: Sequence[Sequence[bytes]], *, status: int = 200
) -> Outcome:
    """Write `file`, and send its requests from another process. Raises when that process fails."""
    encoded = [[base64.b64encode(one).decode() for one in requests] for requests in connections]
    file.write_text(json.dumps({"port": port, "status": status, "expect": expect, "connections": encoded}))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", str(file)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = json.loads(done.stdout)
    return Outcome(told["seconds"], told["good"], told["first_bad"])


class _Connection(threading.Thread):
    """Sends its requests one after the other."""

    def __init__(
        self, port: int, good: tuple[int, bytes], requests: list[bytes], together: threading.Barrier
    ) -> None:
        super().__init__(daemon=True)
        self._address = ("127.0.0.1", port)
        self._start, self._expect = f"HTTP/1.1 {good[0]} ".encode(), good[1]
        self._requests = requests
        self._together = together
        self.good = 0
        self.bad: Counter[str] = Counter()

    def run(self) -> None:
        """Connect, wait for the others, send."""
        with socket.create_connection(self._address, timeout=_TIMEOUT_S) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._together.wait()
            for request in self._requests:
                try:
                    link.sendall(request)
                    head, body = _answer(link)
                except OSError as error:
                    self.bad[f"{type(error).__name__}: {error}"] += 1
                    return
                if head.startswith(self._start) and self._expect in body:
                    self.good += 1
                else:
                    self.bad[(head[:40] + b" " + body[:300]).decode(errors="replace")] += 1


def _answer(link: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(link)
    head, _, body = received.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if length is None:
        raise OSError("an answer without a length")
    while len(body) < int(length[1]):
        body += _more(link)
    return head, body


def _more(link: socket.socket) -> bytes:
    data = link.recv(65_536)
    if not data:
        raise OSError("the server closed the connection")
    return data


def main(file: str) -> None:
    """Send what `file` holds and print the outcome."""
    told = json.loads(Path(file).read_text())
    lists = [[base64.b64decode(one) for one in requests] for requests in told["connections"]]
    if sum(map(len, lists)) > _MOST:
        raise SystemExit(f"at most {_MOST} requests")
    together = threading.Barrier(len(lists) + 1)
    good = told["status"], told["expect"].encode()
    connections = [_Connection(told["port"], good, one, together) for one in lists]
    for connection in connections:
        connection.start()
    together.wait(_TIMEOUT_S)
    started = time.perf_counter()
    for connection in connections:
        connection.join()
    bad = sum((connection.bad for connection in connections), Counter[str]())
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "good": sum(connection.good for connection in connections),
                "first_bad": next(iter(bad), ""),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
