"""A tiny relying party that is told of log-outs: what arrives is a logout token it can believe, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import jwt
import pytest

from tests.clients.openid_client import OpenidClient, require_openid_client
from tests.simulators.running_provider import Browser, RunningProvider

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("clients")]

CALLBACK = "http://localhost:9/backchannel"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Relying:
    """Listens on loopback and keeps the forms it is sent."""

    def __init__(self) -> None:
        self.heard: list[dict[str, list[str]]] = []
        relying = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                relying.heard.append(parse_qs(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.server_port}/fini"

    def stop(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def relying() -> Iterator[Relying]:
    listening = Relying()
    yield listening
    listening.stop()


def test_a_closed_session_is_told_to_its_client(
    provider: RunningProvider, browser: Browser, relying: Relying
) -> None:
    """Closed on the phone, told once: signed by a published key, for this client, about this very session."""
    require_openid_client()
    secret = provider.client("qui-ecoute", redirect_uris=[CALLBACK], backchannel_logout_uri=relying.url)
    settings = {"issuer": provider.issuer, "client_id": "qui-ecoute", "secret": secret}
    client = OpenidClient({**settings, "redirect_uri": CALLBACK, "scope": "openid scope_all"})
    try:
        phone = provider.phones["laure"]
        landed = provider.pass_by_phone(browser, client.step("begin")["url"], phone, CALLBACK)
        signed_in = client.step("finish", url=landed)["claims"]
    finally:
        client.close()

    phone.close_sessions()
    provider.hall.tell_logouts()
    provider.hall.tell_logouts()

    (form,) = relying.heard
    (token,) = form["logout_token"]
    header = jwt.get_unverified_header(token)
    keys = jwt.PyJWKSet.from_dict(browser.get(f"{provider.issuer}/protocol/openid-connect/certs").json())
    claims = jwt.decode(token, keys[header["kid"]], ["ES256"], audience="qui-ecoute", issuer=provider.issuer)
    assert header["typ"] == "logout+jwt"
    assert (claims["sub"], claims["sid"]) == (signed_in["sub"], signed_in["sid"])
    assert claims["events"] == {EVENT: {}}
    assert "nonce" not in claims
