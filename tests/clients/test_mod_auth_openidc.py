"""Apache's mod_auth_openidc, as Debian ships it: a protected page opens, and closes again.

Hospitals put it in front of software that knows nothing of OpenID Connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.simulators.apache import Apache, apache_is_missing, start_apache
from tests.simulators.missing import missing
from tests.simulators.running_provider import Browser, RunningProvider, next_of
from tests.simulators.servers import free_port

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("clients")]


@pytest.fixture(scope="module", params=["ES256", "RS256"])
def apache(request: pytest.FixtureRequest, provider: RunningProvider) -> Iterator[Apache]:
    """An Apache registered as a client, for each algorithm of ID tokens."""
    if apache_is_missing():
        missing("il manque Apache : paquets Debian apache2 et libapache2-mod-auth-openidc")
    alg, port = str(request.param), free_port()
    callback = f"http://localhost:{port}/protege/retour"
    client_id = f"apache-{alg.lower()}"
    secret = provider.client(
        client_id,
        name=f"Logiciel derrière Apache ({alg})",
        redirect_uris=[callback],
        post_logout_redirect_uris=[f"http://localhost:{port}/adieu"],
        backchannel_logout_uri=f"{callback}?logout=backchannel",
        id_token_alg=alg,
    )
    running = start_apache(provider.issuer, client_id, secret, alg, port)
    yield running
    running.server.stop()


def sign_in(provider: RunningProvider, browser: Browser, apache: Apache, person: str) -> dict[str, str]:
    """Open the protected page, approve on the phone, come back to it; what the module says of the person."""
    page = f"{apache.url}/protege/"
    back = provider.pass_by_phone(browser, page, provider.phones[person], apache.callback)
    answer = browser.follow(browser.get(back))
    assert answer.status_code == 200, apache.server.log()
    assert answer.url == page
    assert "Ouvert." in answer.text
    return {name: value for name, value in answer.headers.items() if name.startswith("X-")}


def test_a_protected_page_opens_with_the_right_claims(
    provider: RunningProvider, browser: Browser, apache: Apache
) -> None:
    """Who, where, how: what the application behind Apache reads."""
    told = sign_in(provider, browser, apache, "laure")

    assert told["X-Person"] == "899700900154"
    assert told["X-Acr"] == "eidas1"
    assert told["X-Organization"] not in {"", "(null)"}


def test_logging_out_closes_both(provider: RunningProvider, browser: Browser, apache: Apache) -> None:
    """Apache sends the browser to the provider, which closes the session and sends it back."""
    sign_in(provider, browser, apache, "karim")
    name = f"Logiciel derrière Apache ({apache.alg})"
    assert name in provider.phones["karim"].sessions()

    goodbye = f"{apache.url}/adieu"
    answer = browser.follow(browser.get(f"{apache.callback}?logout={quote(goodbye, safe='')}"), goodbye)

    assert next_of(answer).startswith(goodbye)
    assert name not in provider.phones["karim"].sessions()
    assert browser.get(f"{apache.url}/protege/").is_redirect


def test_a_session_closed_from_the_phone_closes_the_page(
    provider: RunningProvider, browser: Browser, apache: Apache
) -> None:
    """Back-channel logout: the module believes our logout token, and asks for a sign-in again."""
    sign_in(provider, browser, apache, "laure")
    assert browser.get(f"{apache.url}/protege/").status_code == 200

    provider.phones["laure"].close_sessions()
    provider.hall.tell_logouts()

    assert browser.get(f"{apache.url}/protege/").is_redirect, apache.server.log()
