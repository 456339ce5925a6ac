"""nginx in front of a backend, from Debian, with the settings we document; a backend that tells what it got.

The settings are `docs/operations/nginx.conf`: only the addresses and folders in it are those of this machine.
Nothing of the machine's own nginx is read or touched but its table of media types.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.simulators.certificates import TlsClient
from tests.simulators.servers import Server, free_port, wait_until
from tests.testdata import ROOT

SETTINGS = ROOT / "docs" / "operations" / "nginx.conf"
_BINARY = Path("/usr/sbin/nginx")
_MEDIA_TYPES = Path("/etc/nginx/mime.types")
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def nginx_is_missing() -> bool:
    """Whether this machine has no nginx."""
    return not _BINARY.exists() or not _MEDIA_TYPES.exists()


@dataclass(frozen=True)
class Arrived:
    """One request as the backend got it; names of headers in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class TellingBackend:
    """A backend that keeps what reached it."""

    arrived: list[Arrived] = field(default_factory=list)

    @contextmanager
    def serving(self, port: int) -> Iterator[None]:
        """Answer on `port` until the block ends."""
        arrived = self.arrived

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._tell()

            def do_GET(self) -> None:
                self._tell()

            def _tell(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                arrived.append(Arrived(self.requestline, headers, body))
                told = json.dumps({"got": len(body)}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@dataclass
class Nginx:
    """A running nginx; `backend` is the port it sends to, `publication` the folder it serves."""

    server: Server
    authority: str
    backend: int
    publication: Path

    @property
    def told(self) -> str:
        """What it logged: requests, and what it complained of."""
        return (self.server.folder / "log").read_text(errors="replace")

    def connect(self) -> ssl.SSLSocket:
        """A connection by hand, for clients that misbehave."""
        context = ssl.create_default_context(cafile=self.authority)
        plain = socket.create_connection(("127.0.0.1", self.server.port), timeout=15)
        return context.wrap_socket(plain, server_hostname="localhost")


def start_nginx() -> Nginx:
    """A proxy on a free port, with our settings; whoever wants may listen on the backend's port."""
    folder = Path(tempfile.mkdtemp(prefix="cartes-nginx-"))
    folder.chmod(0o755)
    port, backend, publication = free_port(), free_port(), folder / "publication"
    publication.mkdir(mode=0o755)
    own = TlsClient.make(datetime.now(UTC), name="localhost", server=True)
    certificate, key = own.files(folder, "server")
    shutil.copy(_MEDIA_TYPES, folder / "mime.types")
    settings = SETTINGS.read_text(encoding="utf-8")
    temporary = "".join(f"  {name}_temp_path {folder}/{name};\n" for name in _TEMPORARY)
    for ours, here in (
        ("listen 8443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/nginx/tls/fullchain.pem", certificate),
        ("/etc/nginx/tls/privkey.pem", key),
        ("set $backend backend:8000", f"set $backend 127.0.0.1:{backend}"),
        ("/srv/publication/", f"{publication}/"),
        ("http {\n", f"http {{\n{temporary}"),
        ("/dev/stdout", f"{folder}/log"),
        ("/dev/stderr", f"{folder}/log"),
    ):
        assert ours in settings, f"nginx.conf no longer says {ours!r}"
        settings = settings.replace(ours, here)
    (folder / "nginx.conf").write_text(settings, encoding="utf-8")
    user = "user www-data;" if os.geteuid() == 0 else ""
    command = [str(_BINARY), "-p", str(folder), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/log"]
    command += ["-g", f"daemon off; pid {folder}/pid; {user}"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        raise RuntimeError(f"nginx refuses the settings: {checked.stderr}")
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server(f"https://localhost:{port}", port, process, folder)
    wait_until(lambda: _answers(port), server)
    return Nginx(server, certificate, backend, publication)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
