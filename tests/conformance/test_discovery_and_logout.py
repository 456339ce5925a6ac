"""The plans `oidcc-config`, `oidcc-rp-initiated-logout` and `oidcc-backchannel-rp-initiated-logout`.

Log-out without an ID token closes nothing, whoever loads the address: the person reads so on a page.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.simulators.portal import BASE, Portal, ProviderStage
from tests.simulators.signin_stage import SigninPhone

GOODBYE = "https://portail.example/adieu"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def metadata(portal: Portal) -> dict[str, Any]:
    """What the provider says of itself."""
    told: dict[str, Any] = portal.browser.get("/.well-known/openid-configuration").get_json()
    return told


def test_oidcc_discovery_endpoint_verification(portal: Portal, metadata: dict[str, Any]) -> None:
    """Issuer, endpoints of that issuer, what must be supported, and a key set without a private member."""
    endpoints = [value for name, value in metadata.items() if name.endswith(("_endpoint", "jwks_uri"))]
    keys = portal.browser.get(urlsplit(metadata["jwks_uri"]).path).get_json()["keys"]

    assert metadata["issuer"] == portal.issuer
    assert all(address.startswith(portal.issuer) for address in endpoints)
    assert "code" in metadata["response_types_supported"]
    assert set(metadata["subject_types_supported"]) == {"public", "pairwise"}
    assert {"RS256", "ES256"} <= set(metadata["id_token_signing_alg_values_supported"])
    assert "none" not in metadata["id_token_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert {"sub", "iss", "auth_time", "acr"} <= set(metadata["claims_supported"])
    assert metadata["claims_parameter_supported"] is False
    assert metadata["request_uri_parameter_supported"] is False
    assert metadata == portal.browser.get("/.well-known/wallet-openid-configuration").get_json()
    assert all(not {"d", "p", "q", "k"} & key.keys() for key in keys)
    assert len({key["kid"] for key in keys}) == len(keys)


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(metadata: dict[str, Any]) -> None:
    """The end-session endpoint is announced."""
    assert metadata["end_session_endpoint"].endswith(f"{BASE}/logout")


def test_oidcc_backchannel_logout_discovery_endpoint_verification(metadata: dict[str, Any]) -> None:
    """Back-channel log-out is announced, with sessions."""
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True


def _log_out(portal: Portal, **parameters: str) -> TestResponse:
    return portal.browser.get(f"{BASE}/logout?{urlencode(parameters)}")


def _is_page(answer: TestResponse, status: int) -> bool:
    """A page for the person, and nobody sent anywhere."""
    return (answer.status_code, answer.mimetype) == (status, "text/html") and "Location" not in answer.headers


def test_oidcc_rp_initiated_logout(portal: Portal, phone: SigninPhone) -> None:
    """Everything right: the session ends, and the browser comes back with `state`."""
    tokens = portal.tokens(phone)

    answer = _log_out(
        portal, id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE, state="fini"
    )

    assert answer.location == f"{GOODBYE}?state=fini"
    assert not portal.is_active(tokens["access_token"])


@pytest.mark.parametrize("address", [f"{GOODBYE}x", "https://mechant.example/adieu"])
def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(
    portal: Portal, phone: SigninPhone, address: str
) -> None:
    """An address nobody registered: a page."""
    tokens = portal.tokens(phone)

    assert _is_page(_log_out(portal, id_token_hint=tokens["id_token"], post_logout_redirect_uri=address), 400)


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    portal: Portal, phone: SigninPhone
) -> None:
    """A query added to a registered address makes another address."""
    hint = portal.tokens(phone)["id_token"]

    assert _is_page(_log_out(portal, id_token_hint=hint, post_logout_redirect_uri=f"{GOODBYE}?foo=bar"), 400)


def test_oidcc_rp_initiated_logout_bad_id_token_hint(portal: Portal, phone: SigninPhone) -> None:
    """What is no ID token of ours (an access token is none): a page, and the session lives."""
    tokens = portal.tokens(phone)

    for hint in ("abc", tokens["access_token"]):
        assert _is_page(_log_out(portal, id_token_hint=hint, post_logout_redirect_uri=GOODBYE), 400)

    assert portal.is_active(tokens["access_token"])


def test_oidcc_rp_initiated_logout_modified_id_token_hint(portal: Portal, phone: SigninPhone) -> None:
    """An ID token changed after it was signed: a page, and the session lives."""
    tokens = portal.tokens(phone)
    head, body, signature = tokens["id_token"].split(".")
    changed = ".".join((head, body, signature[:-6] + ("AAAAAA" if signature[-6:] != "AAAAAA" else "BBBBBB")))

    assert _is_page(_log_out(portal, id_token_hint=changed, post_logout_redirect_uri=GOODBYE), 400)
    assert portal.is_active(tokens["access_token"])


def test_oidcc_rp_initiated_logout_no_id_token_hint(portal: Portal, phone: SigninPhone) -> None:
    """An address without a token to say whose it is: a page, nothing closed."""
    tokens = portal.tokens(phone)

    assert _is_page(_log_out(portal, post_logout_redirect_uri=GOODBYE, state="fini"), 400)
    assert portal.is_active(tokens["access_token"])


def test_oidcc_rp_initiated_logout_no_params(portal: Portal, phone: SigninPhone) -> None:
    """Nothing at all: a page that says that nothing was closed, and where sessions can be."""
    tokens = portal.tokens(phone)

    answer = _log_out(portal)

    assert _is_page(answer, 200)
    assert "téléphone" in answer.get_data(as_text=True)
    assert portal.is_active(tokens["access_token"])


def test_oidcc_rp_initiated_logout_only_state(portal: Portal) -> None:
    """A state alone is as nothing."""
    assert _is_page(_log_out(portal, state="fini"), 200)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(portal: Portal, phone: SigninPhone) -> None:
    """The session ends, and the person reads so."""
    tokens = portal.tokens(phone)

    answer = _log_out(portal, id_token_hint=tokens["id_token"], state="fini")

    assert _is_page(answer, 200)
    assert "déconnecté" in answer.get_data(as_text=True)
    assert not portal.is_active(tokens["access_token"])


def test_oidcc_rp_initiated_logout_no_state(portal: Portal, phone: SigninPhone) -> None:
    """No state asked, none given."""
    hint = portal.tokens(phone)["id_token"]

    assert _log_out(portal, id_token_hint=hint, post_logout_redirect_uri=GOODBYE).location == GOODBYE


# --- back channel


class Heard:
    """A client's address for log-outs, on loopback; `status` is what it answers."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.status = 200
        heard = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                heard.tokens.append(form["logout_token"][0])
                self.send_response(heard.status)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/fini"

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def heard() -> Iterator[Heard]:
    """A client that listens."""
    listening = Heard()
    yield listening
    listening.stop()


def test_oidcc_backchannel_rp_initiated_logout(
    stage: ProviderStage, phone: SigninPhone, heard: Heard
) -> None:
    """Logged out by the browser: the logout token names the session and the person, the event, no nonce."""
    portal = stage.portal("portail-ecoute", backchannel_logout_uri=heard.url)
    tokens = portal.tokens(phone)
    identity = portal.claims(tokens["id_token"])
    _log_out(portal, id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE)

    assert stage.services.signin.deliveries.deliver(stage.clock()) == 1

    (token,) = heard.tokens
    claims = portal.claims(token)
    assert (claims["sub"], claims["sid"]) == (identity["sub"], identity["sid"])
    assert claims["events"] == {EVENT: {}}
    assert claims["jti"]
    assert claims["exp"] <= claims["iat"] + 120
    assert "nonce" not in claims


def test_a_client_that_is_down_is_told_again_and_once_heard_no_more(
    stage: ProviderStage, phone: SigninPhone, heard: Heard
) -> None:
    """An error is no answer: again fifteen seconds later; after an answer, silence."""
    portal = stage.portal("portail-en-panne", backchannel_logout_uri=heard.url)
    _log_out(portal, id_token_hint=portal.tokens(phone)["id_token"])
    deliveries = stage.services.signin.deliveries
    heard.status = 503

    assert deliveries.deliver(stage.clock()) == 0
    assert deliveries.deliver(stage.clock.advance(14)) == 0
    heard.status = 200
    assert deliveries.deliver(stage.clock.advance(1)) == 1
    assert deliveries.deliver(stage.clock.advance(3600)) == 0
    assert len(heard.tokens) == 2
