"""A tiny relying party that is told of log-outs: what arrives is a logout token it can believe, once."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest

from tests.clients.openid_client import OpenidClient, require_openid_client
from tests.simulators.listening_client import ListeningClient
from tests.simulators.running_provider import Browser, RunningProvider

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("clients")]

CALLBACK = "http://localhost:9/backchannel"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def relying() -> Iterator[ListeningClient]:
    listening = ListeningClient()
    yield listening
    listening.stop()


def test_a_closed_session_is_told_to_its_client(
    provider: RunningProvider, browser: Browser, relying: ListeningClient
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
