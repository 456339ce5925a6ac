"""What is posted to clients: heard, refused, or given up in time, whatever the other end does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from apcv_backend.signin.client_post import post
from tests.simulators.servers import free_port

_PATIENCE_S = 0.5
_ENOUGH_S = 3.0  # six times the patience: a machine under load gets the rest


@contextmanager
def answering(how: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server of one request: its address, and what it was sent; `how` answers."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError), listener.accept()[0] as caller:
            heard.append(caller.recv(65_536))
            how(caller)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    listener.close()
    thread.join()


def say(told: bytes) -> Callable[[socket.socket], None]:
    return lambda caller: caller.sendall(told)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\n\r\n", 302),
        (b"HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n", 500),
        (b"nothing of HTTP\r\n\r\n", 0),
        (b"", 0),
    ],
)
def test_the_status_is_told_and_no_redirect_followed(told: bytes, status: int) -> None:
    """Whatever is answered is told as it is; what is no answer is 0."""
    with answering(say(told)) as (url, _):
        assert post(url, b"{}", {}) == status


def test_the_registered_address_is_used_whole() -> None:
    """Its path and its query are the client's own."""
    with answering(say(b"HTTP/1.1 200 OK\r\n\r\n")) as (url, heard):
        post(f"{url}/told?tenant=7", b"{}", {"Authorization": "Bearer t"})

    assert heard[0].startswith(b"POST /told?tenant=7 HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer t\r\n" in heard[0]


def test_nobody_there_is_no_status() -> None:
    """A port nobody listens on."""
    assert post(f"http://127.0.0.1:{free_port()}", b"{}", {}) == 0


def _silent(caller: socket.socket) -> None:
    caller.recv(1)  # until the other end hangs up


def _dripping(caller: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200:
        caller.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize("how", [_silent, _dripping])
def test_a_client_that_keeps_us_waiting_is_hung_up_on(how: Callable[[socket.socket], None]) -> None:
    """Silent, or a byte at a time within every timeout: it costs its patience and no more."""
    with answering(how) as (url, _):
        started = time.monotonic()
        status = post(url, b"{}", {}, within_s=_PATIENCE_S)
        took = time.monotonic() - started

    assert status == 0
    assert took < _ENOUGH_S
