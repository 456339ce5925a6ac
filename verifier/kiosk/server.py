"""The kiosk on HTTP: the standard library's server, on 127.0.0.1 and nowhere else.

Every request passes the gate first. Pages are a fixed table of files read at start: there is no folder to
walk out of and none to list. Bodies are bounded before they are read, connections are counted, answers are
never kept by a cache, and nothing is logged: what was scanned is nobody's business but the screen's.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from cartes.errors import CarteError
from verifier.kiosk.doors import DOORS, Call, Door, Kiosk, status_of
from verifier.kiosk.gate import TOKEN_HEADER, Gate
from verifier.kiosk.phrases import sentence_at_the_till
from verifier.kiosk.refusals import (
    BodyTooLarge,
    BodyUnreadable,
    KioskBroken,
    MethodRefused,
    NoSuchAddress,
)
from verifier.sentences import Language

STATIC: Final = Path(__file__).resolve().parent / "static"
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
)
_MOST_CONNECTIONS: Final = 32
_MOST_DRAINED: Final = 1 << 20
_LENGTH: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


class KioskServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; `port` 0 takes a free one. Raises `OSError` when the port is taken."""

    daemon_threads = True
    block_on_close = False
    # Another program must not listen beside us, nor we beside another kiosk (Windows would let both).
    allow_reuse_address = sys.platform != "win32"

    def __init__(self, port: int, token: str, kiosk: Kiosk, static: Path = STATIC) -> None:
        self.kiosk = kiosk
        self.pages = _pages(static)
        self._slots = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(("127.0.0.1", port), Handler)
        self.gate = Gate.at(self.server_port, token)

    @property
    def url(self) -> str:
        """The page's address, without the token."""
        return f"http://127.0.0.1:{self.server_port}/"

    @property
    def address(self) -> str:
        """The page's address with the token in its fragment, which browsers send to nobody."""
        return f"{self.url}#token={self.gate.token}"

    def server_bind(self) -> None:
        """Bind without asking the system's resolver for our own name: with no network it may take seconds."""
        if self.allow_reuse_address:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def process_request(self, request: Any, client_address: Any) -> None:
        """One thread a connection, and no more connections than one workstation opens."""
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back whatever happens."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke costs nothing and says nothing."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "cartes-kiosk"
    sys_version = ""
    timeout = 30
    # An answer leaves in one piece and at once: two small pieces would wait for each other (RFC 896).
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: KioskServer
    _unread = 0

    def do_GET(self) -> None:
        """A page, or a door that only tells."""
        self._serve("GET")

    def do_HEAD(self) -> None:
        """A page's headers."""
        self._serve("HEAD")

    def do_POST(self) -> None:
        """A door."""
        self._serve("POST")

    def do_DELETE(self) -> None:
        """A door that takes something back."""
        self._serve("DELETE")

    def do_PUT(self) -> None:
        """No address answers to it; it is said politely, and so for the others."""
        self._serve("PUT")

    do_PATCH = do_OPTIONS = do_TRACE = do_PUT  # noqa: N815 - the parent looks for these names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's word
        """Say nothing."""

    def send_error(  # the parent's signature
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002 - the parent's
        explain: str | None = None,  # noqa: ARG002 - the parent's
    ) -> None:
        """What the parent refuses (a line too long, an unknown method), told without repeating it."""
        self.close_connection = True
        status = code if 400 <= code < 600 else 400  # noqa: PLR2004 - HTTP's error statuses
        self._send(status, "application/json", b'{"code":"request_unreadable"}')

    def _serve(self, method: str) -> None:
        language = Language.ENGLISH if self._query().get("lang") == "en" else Language.FRENCH
        try:
            self._answer(method, language)
        except CarteError as refused:
            self._refuse(refused, language)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
        except Exception as broken:  # noqa: BLE001 - the last line: no traceback, no name on a console
            sys.stderr.write(f"kiosk: {type(broken).__name__}\n")
            self._refuse(KioskBroken(), language)

    def _answer(self, method: str, language: Language) -> None:
        gate = self.server.gate
        # 1. Is this request for us, and from our own page or from a program?
        gate.check_host(self.headers.get_all("Host", []))
        path = self._path()
        # 2. A page: a link may lead to it from anywhere, for there is nothing in it.
        page = self.server.pages.get(path)
        if page is not None:
            if method not in {"GET", "HEAD"}:
                raise MethodRefused(allow="GET, HEAD")
            self._send(200, *page)
            return
        gate.check_origin(self.headers.get("Origin"), self.headers.get("Sec-Fetch-Site"))
        # 3. A door, which asks for the token before it says anything.
        doors = DOORS.get(path)
        if doors is None:
            raise NoSuchAddress
        gate.check_token(self.headers.get(TOKEN_HEADER))
        door = next((one for one in doors if one.method == method), None)
        if door is None:
            raise MethodRefused(allow=", ".join(one.method for one in doors))
        # 4. Its body, bounded; then the door itself.
        call = Call(self._query(), self._body(door), language)
        self._json(200, door.open(self.server.kiosk, call))

    def _path(self) -> str:
        """The path asked for; a target that is no address leads nowhere. Raises `NoSuchAddress`."""
        try:
            return urlsplit(self.path).path
        except ValueError as refused:
            raise NoSuchAddress from refused

    def _query(self) -> dict[str, str]:
        try:
            return dict(parse_qsl(urlsplit(self.path).query, max_num_fields=8))
        except ValueError:
            return {}

    def _body(self, door: Door) -> bytes:
        if "Transfer-Encoding" in self.headers:
            raise BodyUnreadable(why="transfer_encoding")
        lengths = self.headers.get_all("Content-Length", ["0"])
        if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]):
            raise BodyUnreadable(why="content_length")
        length = self._unread = int(lengths[0])
        if length > door.most:
            raise BodyTooLarge(most=door.most)
        self._unread = 0
        body = self.rfile.read(length)
        if len(body) != length:
            raise BodyUnreadable(why="ended_early")
        return body

    def _refuse(self, refused: CarteError, language: Language) -> None:
        """A refusal as JSON. The rest of a body nobody read must not be taken for the next request."""
        self.close_connection = True
        sentence = sentence_at_the_till(refused.code, language)
        facts = {name: value for name, value in refused.facts.items() if isinstance(value, (str, int))}
        said = {"code": refused.code, "said": sentence.said, "to_do": sentence.to_do, "facts": facts}
        # A little of it is read all the same: closing on unread bytes would cut the answer short.
        if self._unread:
            self.rfile.read(min(self._unread, _MOST_DRAINED))
        allow = refused.facts.get("allow")
        self._json(status_of(refused), said, {"Allow": allow} if isinstance(allow, str) else {})

    def _json(self, status: int, said: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(said, ensure_ascii=False).encode(), headers or {})

    def _send(self, status: int, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in {**_HEADERS, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _pages(static: Path) -> Mapping[str, tuple[str, bytes]]:
    """Every file of the folder by its address, with its kind; `/` is the till."""
    found = {
        f"/{path.name}": (_KINDS[path.suffix], path.read_bytes())
        for path in sorted(static.iterdir())
        if path.suffix in _KINDS
    }
    return MappingProxyType(found | {"/": found["/index.html"]})
