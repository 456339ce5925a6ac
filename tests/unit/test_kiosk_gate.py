"""Who may speak to the kiosk: its own page, and programs of this machine that hold the token."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.kiosk import TOKEN, TestKiosk, a_kiosk
from verifier.kiosk.doors import DOORS, MAX_FRAME

EVERY_DOOR = [(door.method, path) for path, doors in DOORS.items() for door in doors]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestKiosk]:
    """One kiosk for every question."""
    with a_kiosk(tmp_path_factory.mktemp("kiosk")) as running:
        yield running


def _port(kiosk: TestKiosk) -> int:
    return kiosk.server.server_port


def test_it_listens_on_loopback_alone(kiosk: TestKiosk) -> None:
    """Another machine cannot even connect."""
    assert kiosk.server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
@pytest.mark.parametrize("path", ["/", "/api/state"])
def test_a_rebound_name_is_refused_even_with_the_token(kiosk: TestKiosk, host: str, path: str) -> None:
    """A page whose name was made to point here is told nothing, not even a page."""
    answer = kiosk.ask("GET", path, headers={"Host": host.format(port=_port(kiosk))})

    assert (answer.status, answer.json["code"]) == (421, "host_not_allowed")


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_its_own_names_are_answered(kiosk: TestKiosk, host: str) -> None:
    """The number and the word, with the port."""
    assert kiosk.ask("GET", "/api/state", headers={"Host": host.format(port=_port(kiosk))}).status == 200


def test_two_hosts_are_none(kiosk: TestKiosk) -> None:
    """Two readers of one request must not see two hosts."""
    ours = f"Host: 127.0.0.1:{_port(kiosk)}\r\n"
    head = f"GET /api/state HTTP/1.1\r\n{ours}Host: evil.example\r\nX-Till-Token: {TOKEN}\r\n\r\n"

    assert _raw(kiosk, head.encode()).startswith(b"HTTP/1.1 421")


@pytest.mark.parametrize(("method", "path"), EVERY_DOOR)
@pytest.mark.parametrize("token", [None, "", "another", TOKEN + "x", "é"])
def test_every_door_asks_for_the_token(kiosk: TestKiosk, method: str, path: str, token: str | None) -> None:
    """Without it nothing is read, changed or told."""
    said: object = {} if method == "POST" else None
    if token == "é":
        answer_status = _raw_status(kiosk, f"{method} {path}", "é")
    else:
        answer_status = kiosk.ask(method, path, said, token=token).status

    assert answer_status == 401


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
def test_a_page_of_another_origin_is_refused(kiosk: TestKiosk, origin: str) -> None:
    """Even with the token: another port of this machine is another origin."""
    headers = {"Origin": origin.format(port=_port(kiosk))}

    answer = kiosk.ask("POST", "/api/blank", {}, headers=headers)

    assert (answer.status, answer.json["code"]) == (403, "origin_not_allowed")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_where_a_request_comes_from_is_believed(kiosk: TestKiosk, site: str) -> None:
    """Sec-Fetch-Site, which no page can forge."""
    assert kiosk.ask("GET", "/api/state", headers={"Sec-Fetch-Site": site}).status == 403


def test_no_origin_is_ever_allowed_by_cors(kiosk: TestKiosk) -> None:
    """A preflight gets a plain refusal."""
    headers = {"Origin": f"http://127.0.0.1:{_port(kiosk)}", "Access-Control-Request-Method": "POST"}

    answer = kiosk.ask("OPTIONS", "/api/scans", headers=headers)

    assert answer.status == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "GET"])
def test_another_method_is_named_wrong_and_the_right_one_told(kiosk: TestKiosk, method: str) -> None:
    """405 and Allow."""
    answer = kiosk.ask(method, "/api/scans")

    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


def test_a_method_nobody_knows_is_refused_without_being_repeated(kiosk: TestKiosk) -> None:
    """The library's own error page is never shown."""
    got = _raw(kiosk, b"<script> / HTTP/1.1\r\nHost: x\r\n\r\n")

    assert b"<script>" not in got
    assert got.split(b" ")[1] in {b"400", b"501"}


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/static/",
        "/../cli.py",
        "/..%2fcli.py",
        "/api",
        "/api/",
        "//evil.example/",
        "/till.js/",
        "/%2e%2e/",
    ],
)
def test_only_known_addresses_answer(kiosk: TestKiosk, path: str) -> None:
    """No folder is listed and none is walked out of."""
    assert kiosk.ask("GET", path).status == 404


@pytest.mark.parametrize("target", ["http://[", "http://[::1/api/state"])
def test_an_address_that_is_none_is_not_found(
    kiosk: TestKiosk, target: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A target no reader of addresses takes is no fault of ours."""
    ours = f"Host: 127.0.0.1:{_port(kiosk)}\r\nX-Till-Token: {TOKEN}\r\n"

    got = _raw(kiosk, f"GET {target} HTTP/1.1\r\n{ours}\r\n".encode())

    assert got.startswith(b"HTTP/1.1 404")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/till.js", "/style.css", "/reader.html", "/paper.html"]
)
def test_pages_need_no_token_and_carry_a_strict_policy(kiosk: TestKiosk, path: str) -> None:
    """There is nothing in them; nothing else may run in them, and nobody may frame them."""
    answer = kiosk.ask("GET", path, token=None, headers={"Sec-Fetch-Site": "cross-site"})

    policy = answer.headers["Content-Security-Policy"]
    assert answer.status == 200
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert answer.body


def test_pages_run_no_inline_script_and_no_inline_style() -> None:
    """Or the policy would stop them."""
    from verifier.kiosk.server import STATIC

    for page in STATIC.glob("*.html"):
        text = page.read_text("utf-8")
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text
        assert text.count("<script") == text.count('<script type="module" src="/')
        assert "http://" not in text
        assert "https://" not in text


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(kiosk: TestKiosk) -> None:
    """Said by its length alone; the answer still arrives."""
    answer = kiosk.ask("POST", "/api/frames?width=1&height=1", body=b"\0" * (MAX_FRAME + 1))

    assert (answer.status, answer.json["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: -1",
        "Content-Length: 1e3",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: chunked",
    ],
)
def test_a_length_that_two_readers_would_read_apart_is_refused(kiosk: TestKiosk, headers: str) -> None:
    """No request is smuggled behind another."""
    ours = f"Host: 127.0.0.1:{_port(kiosk)}\r\nX-Till-Token: {TOKEN}\r\n"
    head = f"POST /api/typed HTTP/1.1\r\n{ours}{headers}\r\n\r\n"

    got = _raw(kiosk, head.encode() + b"5\r\nhello\r\n0\r\n\r\n")

    assert got.startswith(b"HTTP/1.1 400")
    assert b"Connection: close" in got


def test_more_connections_than_a_workstation_opens_are_not_served(kiosk: TestKiosk) -> None:
    """And those that close give their place back."""
    held = [socket.create_connection(("127.0.0.1", _port(kiosk))) for _ in range(40)]
    for one in held:
        one.close()

    for _ in range(50):
        try:
            if kiosk.ask("GET", "/api/state").status == 200:
                return
        except OSError:
            continue
    pytest.fail("the kiosk never came back")


def test_nothing_scanned_is_ever_logged(kiosk: TestKiosk, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither a good card, nor a bad request, nor an address."""
    kiosk.type(kiosk.world.show_apcv())
    kiosk.ask("GET", "/api/state?text=158032A99904296")
    kiosk.ask("POST", "/api/typed", body=b"{")

    assert capfd.readouterr() == ("", "")


def test_our_own_fault_is_told_as_such_without_a_trace(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A broken clock: 500, one word on the console, nothing of the request."""
    with a_kiosk(tmp_path) as kiosk:
        kiosk.now = None  # type: ignore[assignment] # what no caller does
        answer = kiosk.ask("POST", "/api/typed", {"text": "158032A99904296"})

    assert (answer.status, answer.json["code"]) == (500, "kiosk_broken")
    assert "158032A99904296" not in "".join(capfd.readouterr())


def _raw(kiosk: TestKiosk, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", _port(kiosk)), timeout=5) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        got = b""
        while chunk := line.recv(65536):
            got += chunk
        return got


def _raw_status(kiosk: TestKiosk, request: str, token: str) -> int:
    head = f"{request} HTTP/1.1\r\nHost: 127.0.0.1:{_port(kiosk)}\r\nX-Till-Token: {token}\r\n\r\n"
    return int(_raw(kiosk, head.encode()).split(b" ")[1])
