"""`examples/portal`, served: a doctor signs in, chooses where they work, signs out of both."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from examples.portal.app import create_portal
from tests.simulators.running_provider import Browser, RunningProvider, next_of

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("clients")]


@pytest.fixture(scope="module")
def portal(provider: RunningProvider) -> Iterator[str]:
    """The portal's address; it stops with the tests of this module."""
    client = {"client_id": "portail-exemple", "client_secret": ""}
    server = make_server(
        "127.0.0.1", 0, create_portal(provider.issuer, client, secrets.token_hex(32)), threaded=True
    )
    address = f"http://localhost:{server.server_port}"
    client["client_secret"] = provider.client(
        "portail-exemple",
        name="Le dossier partagé (exemple)",
        redirect_uris=[f"{address}/retour"],
        post_logout_redirect_uris=[f"{address}/"],
    )
    server.app = create_portal(provider.issuer, client, secrets.token_hex(32))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


def sign_in(provider: RunningProvider, browser: Browser, portal: str, person: str) -> str:
    """From the portal's button to its first page for this person."""
    back = provider.pass_by_phone(browser, f"{portal}/connexion", provider.phones[person], f"{portal}/retour")
    home = browser.follow(browser.get(back))
    assert home.status_code == 200, home.text
    return home.text


def test_a_doctor_signs_in_chooses_a_structure_and_signs_out(
    provider: RunningProvider, browser: Browser, portal: str
) -> None:
    """Recognised by the national number; two structures to choose from; nothing is left after."""
    home = sign_in(provider, browser, portal, "karim")
    chosen = browser.follow(browser.post(f"{portal}/exercice", {"practice": "1"})).text
    out = browser.post(f"{portal}/deconnexion", {})
    back = browser.follow(out)

    assert "899700900147" in home
    assert home.count('name="practice"') == 2
    assert "Vous travaillez ici" in chosen
    assert next_of(out).startswith(f"{provider.issuer}/protocol/openid-connect/logout?")
    assert back.url == f"{portal}/"
    assert "Se connecter avec l’e‑CPS" in back.text
    assert "Le dossier partagé (exemple)" not in provider.phones["karim"].sessions()


def test_a_refusal_on_the_phone_opens_nothing(
    provider: RunningProvider, browser: Browser, portal: str
) -> None:
    """Refused on the phone: the portal says so, and keeps nobody."""
    page = browser.follow(browser.get(f"{portal}/connexion"))
    phone = provider.phones["laure"]
    phone.refuse(phone.scan(page.text))

    answer = browser.follow(browser.get(f"{page.url.partition('?')[0]}/finish"))

    assert answer.status_code == 403
    assert "Rien n" in answer.text
    assert "access_denied" in answer.text
