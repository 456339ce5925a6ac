"""The proxy's door: what only our own proxy may say is dropped unless it proved to be ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.app import create_app
from apcv_backend.bootstrap import build
from apcv_backend.caller_door import unverified_call
from apcv_backend.config import Config, ConfigError
from apcv_backend.proxy_door import CERTIFICATE, ProxyDoor
from tests.simulators.clock import SteerableClock
from tests.unit.test_config import GOOD

SECRET = "s3cret-of-the-proxy-0123456789-abcdef"
SAID = {
    "HTTP_CLIENT_CERT": ":AAAA:",
    "HTTP_CLIENT_CERT_CHAIN": ":BBBB:",
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
}


def through(secret: str | None, **environ: str) -> dict[str, Any]:
    """What the application behind the door sees of a request."""
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], _start_response: object) -> list[bytes]:
        seen.update(environ)
        return []

    ProxyDoor(app, secret)({**environ}, lambda *_: lambda _: None)
    return seen


def test_our_own_proxy_is_believed() -> None:
    """It showed the secret: the certificate goes through, apart from all headers, and not the secret."""
    seen = through(SECRET, HTTP_PROXY_SECRET=f"{SECRET} :AAAA:", **SAID)

    assert seen == {CERTIFICATE: ":AAAA:", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}


GOOD_WORD = f"{SECRET} :AAAA:"


@pytest.mark.parametrize(
    "shown",
    [
        "",
        SECRET,
        f"{SECRET} ",
        f"{SECRET} :BBBB:",
        GOOD_WORD[1:],
        GOOD_WORD + "x",
        GOOD_WORD.swapcase(),
        f"{GOOD_WORD}, {GOOD_WORD}",
        "é\udcff",
    ],
)
def test_whoever_lacks_the_secret_is_nobodys_proxy(shown: str) -> None:
    """Their certificate is none."""
    seen = through(SECRET, HTTP_PROXY_SECRET=shown, **SAID)

    assert seen == {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}  # another setting's business: `APCV_PROXIES`


def test_without_a_secret_in_the_settings_no_certificate_is_read() -> None:
    """The empty secret is nobody's."""
    assert through(None, HTTP_PROXY_SECRET="", **SAID) == {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}


def test_a_header_cannot_be_named_as_what_was_proven() -> None:
    """Every header becomes HTTP_…: the proven certificate stands where none can."""
    assert not CERTIFICATE.startswith("HTTP_")
    assert through(SECRET, HTTP_CARTES_CLIENT_CERTIFICATE=":AAAA:").get(CERTIFICATE) is None


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({"Client-Cert": ":AAAA:", "Proxy-Secret": f"{SECRET} :AAAA:"}, ":AAAA:"),
        ({"Client-Cert": ":AAAA:", "Proxy-Secret": f"{SECRET} :BBBB:"}, ""),
        ({"Client-Cert": ":AAAA:", "Proxy-Secret": f"{SECRET} "}, ""),
        ({"Client-Cert": ":AAAA:", "Proxy-Secret": SECRET}, ""),
        ({"Client-Cert": ":AAAA:"}, ""),
        ({"Client-Cert": ":AAAA:", "Proxy-Secret": "guessed"}, ""),
        ({"X-Client-Certificate-SHA256": "a" * 43, "Proxy-Secret": f"{SECRET} "}, ""),
    ],
)
def test_the_whole_application_stands_behind_the_door(
    config: Config, headers: dict[str, str], read: str
) -> None:
    """What `unverified_call` tells every resource route of a request's certificate."""
    services = build(replace(config, proxies=1, proxy_secret=SECRET), clock=SteerableClock())
    app = create_app(services)
    app.add_url_rule("/seen", view_func=lambda: unverified_call().certificate)

    seen = app.test_client().get("/seen", headers=headers).get_data(as_text=True)

    services.close()
    assert seen == read


def test_the_secret_is_one_line_of_a_file(tmp_path: Path) -> None:
    """Read at the start, with the address where certificates are asked for, and never shown again."""
    file = tmp_path / "proxy"
    file.write_text(SECRET + "\n")
    told = {
        "APCV_PROXIES": "1",
        "APCV_PROXY_SECRET_FILE": str(file),
        "APCV_MTLS_URL": "https://mtls.example/",
    }

    config = Config.from_env({**GOOD, **told})

    assert (config.proxy_secret, config.mtls_url) == (SECRET, "https://mtls.example")
    assert SECRET not in repr(config)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        b"a" * 31,
        b"a" * 20 + b" " + b"a" * 20,
        "é".encode() * 40,
        b"a" * 32 + b"\n" + b"b" * 32,
    ],
)
def test_a_secret_that_can_be_guessed_stops_the_start(tmp_path: Path, content: bytes) -> None:
    """Thirty-two characters at least, on one line."""
    file = tmp_path / "proxy"
    file.write_bytes(content)

    with pytest.raises(ConfigError, match="PROXY_SECRET_FILE"):
        Config.from_env({**GOOD, "APCV_PROXIES": "1", "APCV_PROXY_SECRET_FILE": str(file)})


def test_a_promise_nobody_could_keep_stops_the_start(tmp_path: Path) -> None:
    """A secret without a proxy, an address for certificates without a secret, a file that is not there."""
    file = tmp_path / "proxy"
    file.write_text(SECRET)
    for told, named in (
        ({"APCV_PROXY_SECRET_FILE": str(file)}, "PROXIES"),
        ({"APCV_PROXIES": "1", "APCV_MTLS_URL": "https://mtls.example"}, "PROXY_SECRET_FILE"),
        ({"APCV_PROXIES": "1", "APCV_PROXY_SECRET_FILE": str(tmp_path / "absent")}, "PROXY_SECRET_FILE"),
    ):
        with pytest.raises(ConfigError, match=named):
            Config.from_env({**GOOD, **told})
