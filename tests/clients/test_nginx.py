"""What stands in front of the backend: Debian's nginx with the file that operators copy, `nginx.conf`."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.simulators.missing import missing
from tests.simulators.nginx import Nginx, TellingBackend, nginx_is_missing, start_nginx
from tests.simulators.publisher import Publisher

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("clients")]

SPELLINGS = (
    "Client-Cert",
    "Client_Cert",
    "Client-Cert-Chain",
    "Proxy-Secret",
    "Proxy_Secret",
    "X_Forwarded_For",
)
PATIENCE_S = 5
"""`client_header_timeout` and `client_body_timeout`."""


@pytest.fixture(scope="module")
def nginx() -> Iterator[Nginx]:
    if nginx_is_missing():
        missing("il manque nginx : paquet Debian nginx")
    running = start_nginx()
    yield running
    running.server.stop()


@pytest.fixture
def backend(nginx: Nginx) -> Iterator[TellingBackend]:
    telling = TellingBackend()
    with telling.serving(nginx.backend):
        yield telling


def ask(nginx: Nginx, method: str, path: str, **sent: object) -> requests.Response:
    """One request on a connection of its own."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, nginx.server.url + path, verify=nginx.authority, timeout=15, **sent)  # type: ignore[arg-type]  # headers and data


def test_a_request_passes_as_it_is(nginx: Nginx, backend: TellingBackend) -> None:
    """Its line, its body, its Host with the port, and the client's own headers."""
    answer = ask(
        nginx, "POST", "/v1/nonce?lang=en", data=b"{}", headers={"DPoP": "proof", "Idempotency-Key": "k"}
    )

    assert (answer.status_code, answer.json()) == (200, {"got": 2})
    (arrived,) = backend.arrived
    assert arrived.line == "POST /v1/nonce?lang=en HTTP/1.1"
    assert arrived.body == b"{}"
    assert arrived.headers["host"] == f"localhost:{nginx.server.port}"
    assert (arrived.headers["dpop"], arrived.headers["idempotency-key"]) == ("proof", "k")
    assert arrived.headers["connection"] == "close"


def test_what_only_a_proxy_may_say_is_taken_out(nginx: Nginx, backend: TellingBackend) -> None:
    """Certificates, the proxy's secret, another's address: in every spelling a backend reads as it."""
    ask(
        nginx,
        "GET",
        "/healthz",
        headers={**dict.fromkeys(SPELLINGS, "mine"), "X-Forwarded-For": "203.0.113.9"},
    )

    (arrived,) = backend.arrived
    assert arrived.headers["x-forwarded-for"] == "127.0.0.1"
    assert not [name for name, value in arrived.headers.items() if value == "mine"]


def test_a_large_body_is_refused_before_the_backend_sees_it(nginx: Nginx, backend: TellingBackend) -> None:
    """64 kB; but the files of insurers, of which the backend counts the lines itself, pass."""
    large = b" " * 70_000

    assert ask(nginx, "POST", "/v1/credential", data=large).status_code == 413
    assert backend.arrived == []
    for path in ("/v1/rights/batches", "/v1/contracts/files", "/v1/console/batches", "/v1/console/contracts"):
        assert ask(nginx, "POST", path, data=large).json() == {"got": len(large)}, path


def test_slow_senders_are_cut_off_and_the_backend_never_hears_of_them(
    nginx: Nginx, backend: TellingBackend
) -> None:
    """Half a head, or half a body: five seconds later the connection is gone; others are served meanwhile."""
    head = b"POST /v1/nonce HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
    slow = [nginx.connect(), nginx.connect()]
    started = time.monotonic()
    slow[0].sendall(head)
    slow[1].sendall(head + b"\r\n{")

    assert ask(nginx, "GET", "/healthz").status_code == 200
    for connection in slow:
        with connection:
            assert _until_closed(connection) in {b"", b"HTTP/1.1 408"}
    assert PATIENCE_S - 1 < time.monotonic() - started < PATIENCE_S + 5
    assert [one.line for one in backend.arrived] == ["GET /healthz HTTP/1.1"]


def _until_closed(connection: ssl.SSLSocket) -> bytes:
    """The first words of what came before the connection ended, if anything did."""
    received = b""
    try:
        while chunk := connection.recv(4096):
            received += chunk
    except (ConnectionError, ssl.SSLError):
        pass
    return received[:12]


def test_the_publication_is_served_without_the_backend(nginx: Nginx, tmp_path: Path) -> None:
    """Every file of a real publication, kept or not as it may be; nothing else that lies in its folder."""
    publisher = Publisher(tmp_path / "publication")
    publisher.publish()
    place = tmp_path / "publication"
    files = [path.relative_to(place) for path in place.rglob("*") if path.is_file()]
    for file in files:
        _copy(place / file, nginx.publication / file)
    _copy(place / "metadata" / "timestamp.json", nginx.publication / "unfinished.json")

    served = {file: ask(nginx, "GET", f"/publication/{file}") for file in files}
    published = {file: answer for file, answer in served.items() if answer.status_code == 200}
    assert {str(file) for file in published} >= {"metadata/timestamp.json", "metadata/1.root.json"}
    assert any(str(file).startswith("targets/") for file in published)
    for file, answer in published.items():
        kept = "no-cache" if file.name == "timestamp.json" else "public, max-age=31536000, immutable"
        assert (answer.content, answer.headers["Cache-Control"]) == ((place / file).read_bytes(), kept)
    for absent in ("unfinished.json", "metadata/2.root.json", "metadata/", "", ".lock"):
        answer = ask(nginx, "GET", f"/publication/{absent}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store"), absent
    assert ask(nginx, "GET", "/healthz").status_code == 502


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    for path in (target, *target.parents):
        if path.name == "publication":
            break
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_logs_hold_no_query_and_no_body(nginx: Nginx, backend: TellingBackend) -> None:
    """Neither the access log nor, when something goes wrong, the other one."""
    ask(nginx, "GET", "/authorize?login_hint=158032A99904296")
    ask(nginx, "POST", "/v1/credential?who=158032A99904296", data=b"158032A99904296" * 6_000)

    assert "/authorize 200" in nginx.told
    assert "158032A" not in nginx.told
