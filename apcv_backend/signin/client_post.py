"""One HTTP POST to an address a client registered: bounded as a whole, following no redirect.

The address was registered by an administrator, not sent by anybody. A redirect is not followed: it would be
an address nobody registered. Of the answer only the status is read. What a slow client may cost is time of
the process that tells clients: an answer that drips, each byte within a timeout, is hung up on too.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from urllib.parse import urlsplit

TIMEOUT_S = 2.0
"""For the connection, and again for the whole of the answer."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, within_s: float = TIMEOUT_S) -> int:
    """The status `url` answered in time; 0 when whatever went wrong left none."""
    parts = urlsplit(url)
    path = parts.path or "/"
    try:
        with closing(_connection(parts.scheme, parts.hostname or "", parts.port, within_s)) as connection:
            connection.connect()
            hang_up = threading.Timer(within_s, _hang_up, [connection.sock])
            hang_up.start()
            try:
                sent = {**headers, "Connection": "close"}
                connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, sent)
                return connection.getresponse().status
            finally:
                hang_up.cancel()
    except (OSError, http.client.HTTPException, ValueError):
        return 0


def _connection(scheme: str, host: str, port: int | None, within_s: float) -> http.client.HTTPConnection:
    if scheme == "https":
        trusted = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=within_s, context=trusted)
    return http.client.HTTPConnection(host, port, timeout=within_s)


def _hang_up(connected: socket.socket) -> None:
    with suppress(OSError):  # closed meanwhile: it was answered after all
        connected.shutdown(socket.SHUT_RDWR)
