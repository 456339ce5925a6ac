"""A client seen a second ago is believed for that second; what that allows is bounded, and held here."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from apcv_backend.bootstrap import Services
from apcv_backend.bootstrap.signin_provider import build_sessions
from apcv_backend.signin.provider.client_authentication import ClientAuthenticator
from apcv_backend.signin.provider.client_service import ClientDesk
from apcv_backend.signin.provider.oauth_errors import OAuthRefused
from apcv_backend.signin.provider.provider_ports import UsedOnce
from apcv_backend.signin.provider.token_service import TokenCall
from apcv_backend.signin.store.clients import REMEMBERED_S, SqlClients
from tests.simulators.clock import SteerableClock
from tests.simulators.portal import document

URL = "https://cartes.example/token"


class Ticks:
    """Seconds that go forward when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def a_process(services: Services, ticks: Ticks) -> SqlClients:
    """The register of clients as one more process has it, with a memory of its own."""
    sessions = build_sessions(services.vault, services.journal, services.random)
    return SqlClients(services.database, services.journal, sessions, loopback=True, ticks=ticks)


def desk_of(clients: SqlClients, services: Services) -> ClientDesk:
    return ClientDesk(clients=clients, macs=services.vault, random=services.random, loopback=True)


def registered(services: Services, clock: SteerableClock, **changes: Any) -> str:
    """A client, known to the table; its secret."""
    return services.signin.clients.register(document(**changes), "A. Martin", clock()).secret


def basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"portail-demo:{secret}".encode()).decode()


def test_a_client_closed_elsewhere_is_noticed_within_a_second(
    services: Services, clock: SteerableClock, ticks: Ticks
) -> None:
    """The bound, to the tick; and `get` has no memory at all."""
    registered(services, clock)
    here, elsewhere = a_process(services, ticks), a_process(services, ticks)
    here.get("portail-demo")

    elsewhere.close("portail-demo", "fin de contrat", "A. Martin", clock())

    ticks.now += REMEMBERED_S / 2
    still = here.recent("portail-demo")
    assert still is not None
    assert still.closed_at is None
    ticks.now += REMEMBERED_S / 2
    noticed = here.recent("portail-demo")
    assert noticed is not None
    assert noticed.closed_at == clock()


def test_a_client_closed_here_is_noticed_at_once(
    services: Services, clock: SteerableClock, ticks: Ticks
) -> None:
    """The process that closes forgets what it had seen."""
    registered(services, clock)
    here = a_process(services, ticks)
    here.get("portail-demo")

    here.close("portail-demo", "fin de contrat", "A. Martin", clock())

    noticed = here.recent("portail-demo")
    assert noticed is not None
    assert noticed.closed_at == clock()


def test_a_secret_changed_elsewhere_works_at_once(
    services: Services, clock: SteerableClock, ticks: Ticks
) -> None:
    """Nobody is refused on what was seen a second ago; a wrong secret is refused all the same."""
    registered(services, clock)
    here, elsewhere = a_process(services, ticks), a_process(services, ticks)
    here.get("portail-demo")
    authenticator = ClientAuthenticator(here, services.signin.live._registers, services.vault, "issuer")

    secret = desk_of(elsewhere, services).rotate_secret("portail-demo", "A. Martin", clock()).secret

    assert authenticator.prove({}, basic(secret), URL, clock()).client.client_id == "portail-demo"
    with pytest.raises(OAuthRefused, match="invalid_client"):
        authenticator.prove({}, basic("x" * 43), URL, clock())


def test_the_tokens_of_a_closed_client_are_inactive_from_that_instant(
    services: Services, clock: SteerableClock, ticks: Ticks
) -> None:
    """Whatever this process saw of the client a moment ago: the token is judged on the table."""
    grants = ["client_credentials"]
    secret = registered(
        services, clock, scopes=["cartes.lire"], kinds=[], grant_types=grants, redirect_uris=[]
    )
    call = TokenCall({"grant_type": "client_credentials"}, basic(secret), "")
    token = services.signin.tokens.answer(call, clock())["access_token"]
    client = services.signin.clients.show("portail-demo").client
    assert services.signin.registry.introspect(client, {"token": token}, clock())["active"] is True

    a_process(services, ticks).close("portail-demo", "fin de contrat", "A. Martin", clock())

    assert services.signin.registry.introspect(client, {"token": token}, clock()) == {"active": False}


def test_an_identifier_serves_once_in_a_transaction_or_as_one(
    services: Services, clock: SteerableClock
) -> None:
    """The same judge, the primary key, whichever way it is asked."""
    registers = services.signin.live._registers
    one, other = (UsedOnce("assertion", bytes([n]) * 32, clock()) for n in (1, 2))

    assert registers.use_once((one,)) is True
    assert registers.use_once((one,)) is False
    assert registers.run(lambda register: register.use_once((one,))) is False
    assert registers.use_once((other, one)) is False
