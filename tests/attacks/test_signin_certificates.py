"""Tokens bound to a client certificate (RFC 8705): worthless without it; nobody plays the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services, build
from apcv_backend.callers import CallerKind
from apcv_backend.config import Config
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.signin.provider.client_service import ClientDocumentRefused
from tests.simulators.certificates import TlsClient
from tests.simulators.clock import SteerableClock
from tests.simulators.doors import OAUTH, OWN_PROOF, doors_of, knock, let_in
from tests.simulators.issuance_stage import ANGE, KARIM
from tests.simulators.keyed_portal import KeyedPortal, keyed_portal
from tests.simulators.portal import (
    BASE,
    CALLBACK,
    VERIFIER,
    DpopKey,
    Portal,
    ProviderStage,
    document,
    open_provider_stage,
)

SECRET = "s3cret-of-the-proxy-0123456789-abcdef"
MTLS = "https://mtls.cartes.example"
IN = 415
"""What a resource route answers whom it let in, and who sent no file."""


@pytest.fixture
def services(config: Config, clock: SteerableClock) -> Iterator[Services]:
    """The services of a town hall that stands behind a proxy which asks for certificates."""
    built = build(replace(config, proxies=1, proxy_secret=SECRET, mtls_url=MTLS), clock=clock)
    yield built
    built.close()


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> ProviderStage:
    return open_provider_stage(services, create_app(services), clock, attestation_dir)


@pytest.fixture
def insurer(clock: SteerableClock) -> TlsClient:
    return TlsClient.make(clock())


def by_proxy(certificate: str, secret: str = SECRET) -> dict[str, str]:
    """The headers our own proxy writes."""
    return {"Client-Cert": certificate, "Proxy-Secret": f"{secret} {certificate}"}


def machine(
    stage: ProviderStage, *certificates: TlsClient, client_id: str = "mutuelle", **changes: Any
) -> Portal:
    """A client that proves itself by its certificate alone."""
    asked = document(
        client_id,
        auth_method="self_signed_tls_client_auth",
        jwks={"keys": [one.jwk for one in certificates]},
        redirect_uris=[],
        kinds=[],
        grant_types=["client_credentials"],
        **{"scopes": ["rights"], **changes},
    )
    new = stage.services.signin.clients.register(asked, "agent:test", stage.clock())
    assert new.secret == ""
    return Portal(stage.signin, stage.app, client_id, "")


def ask(client: Portal, headers: dict[str, str], **form: str) -> TestResponse:
    """The token endpoint, with client credentials and these headers."""
    told = {"grant_type": "client_credentials", "client_id": client.client_id, **form}
    return client.browser.post(
        f"{BASE}/token",
        data=urlencode(told),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )


def rights(client: Portal, token: str, headers: dict[str, str], scheme: str = "Bearer") -> TestResponse:
    """A resource route: who may come in is judged before the body is looked at."""
    return client.browser.post(
        "/v1/rights/batches", json={}, headers={"Authorization": f"{scheme} {token}", **headers}
    )


def test_a_certificate_gives_a_token_that_needs_it(stage: ProviderStage, insurer: TlsClient) -> None:
    """The whole way, and every way round it: none, another, the header by anybody, a wrong secret."""
    client, other = machine(stage, insurer), TlsClient.make(stage.clock())

    told = ask(client, by_proxy(insurer.header)).get_json()
    token = told["access_token"]

    assert (told["token_type"], told["scope"]) == ("Bearer", "rights")
    assert client.claims(token, client.issuer)["cnf"] == {"x5t#S256": insurer.thumbprint}
    assert rights(client, token, by_proxy(insurer.header)).status_code == IN
    for headers in (
        {},
        by_proxy(""),
        by_proxy(other.header),
        by_proxy(insurer.header, "guessed"),
        by_proxy(insurer.header, ""),
        {"Client-Cert": insurer.header},
        {"Client-Cert": insurer.header, "Proxy-Secret": f"{SECRET} "},
        {"Client-Cert": insurer.header, "Proxy-Secret": f"{SECRET} {other.header}"},
        {"X-Client-Certificate-SHA256": insurer.thumbprint, "Proxy-Secret": f"{SECRET} "},
        by_proxy(f"{insurer.header}, {other.header}"),
        by_proxy(f"{other.header}, {insurer.header}"),
        by_proxy(":" + "A" * 100_000 + ":"),
        by_proxy("\x7f\x01"),
    ):
        answer = rights(client, token, headers)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "caller_refused"), headers


def test_nobody_is_a_client_without_its_certificate(stage: ProviderStage, insurer: TlsClient) -> None:
    """Every failure is the same word, and no error of ours."""
    client, other = machine(stage, insurer), TlsClient.make(stage.clock())

    for headers in (
        {},
        by_proxy(other.header),
        by_proxy(insurer.header, "guessed"),
        {"Client-Cert": insurer.header},
        by_proxy(":AAAA:"),
        by_proxy(f"{insurer.header},{other.header}"),
        by_proxy(":" + "A" * 100_000 + ":"),
    ):
        refused = ask(client, headers)
        assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_client"), headers


def test_a_certificate_past_its_dates_opens_nothing(stage: ProviderStage) -> None:
    """Neither a token, nor a door with a token it was given the minute before; the next one does both."""
    ending = TlsClient.make(stage.clock(), days=2)
    following = TlsClient.make(stage.clock())
    client = machine(stage, ending, following)
    stage.clock.advance(24 * 3600 - 60)
    token = ask(client, by_proxy(ending.header)).get_json()["access_token"]
    assert rights(client, token, by_proxy(ending.header)).status_code == IN

    stage.clock.advance(120)

    assert rights(client, token, by_proxy(ending.header)).status_code == 401
    refused = ask(client, by_proxy(ending.header)).get_json()
    assert refused["error_description"] == "the client certificate has expired"
    assert ask(client, by_proxy(following.header)).status_code == 200


def test_a_certificate_taken_out_opens_nothing_more(stage: ProviderStage, insurer: TlsClient) -> None:
    """Stolen, and replaced: from that instant neither it nor a token bound to it is worth anything."""
    client, following = machine(stage, insurer), TlsClient.make(stage.clock())
    token = ask(client, by_proxy(insurer.header)).get_json()["access_token"]
    assert rights(client, token, by_proxy(insurer.header)).status_code == IN

    stage.services.signin.clients.replace_keys(
        client.client_id, {"keys": [following.jwk]}, "agent:test", stage.clock()
    )

    assert rights(client, token, by_proxy(insurer.header)).status_code == 401
    assert ask(client, by_proxy(insurer.header)).get_json()["error"] == "invalid_client"
    assert ask(client, by_proxy(following.header)).status_code == 200


def test_a_key_and_a_certificate_do_not_stand_for_each_other(
    stage: ProviderStage, insurer: TlsClient
) -> None:
    """A DPoP-bound token with a certificate only; one bound to both, with either."""
    token_url, url = (
        f"{stage.services.config.public_url}{BASE}/token",
        (f"{stage.services.config.public_url}/v1/rights/batches"),
    )
    bare = keyed_machine(stage, "mutuelle-dpop", dpop_required=True)
    both = keyed_machine(
        stage, "mutuelle-deux", dpop_required=True, tls_client_certificate_bound_access_tokens=True
    )
    key, with_certificate = DpopKey(stage.clock), by_proxy(insurer.header)

    bound = credentials(bare, DPoP=key.proof("POST", token_url), **with_certificate).get_json()[
        "access_token"
    ]
    assert bare.claims(bound, bare.issuer)["cnf"].keys() == {"jkt"}
    for scheme in ("Bearer", "DPoP"):
        assert rights(bare, bound, with_certificate, scheme).status_code == 401

    told = credentials(both, DPoP=key.proof("POST", token_url), **with_certificate).get_json()
    token = told["access_token"]
    assert told["token_type"] == "DPoP"
    assert both.claims(token, both.issuer)["cnf"].keys() == {"jkt", "x5t#S256"}
    proof = {"DPoP": key.proof("POST", url, token)}
    assert rights(both, token, with_certificate, "DPoP").status_code == 401
    assert rights(both, token, proof, "DPoP").status_code == 401
    assert (
        rights(both, token, {**proof, **by_proxy(TlsClient.make(stage.clock()).header)}, "DPoP").status_code
        == 401
    )
    assert rights(both, token, {**proof, **with_certificate}, "DPoP").status_code == IN


def test_every_door_asks_a_bound_token_for_its_certificate(stage: ProviderStage, insurer: TlsClient) -> None:
    """A machine's, a professional's, a patient's: with it they are let in where they may, without it nowhere.

    The doors are the application's own map: one added tomorrow is tried tomorrow.
    """
    with_certificate, other = by_proxy(insurer.header), by_proxy(TlsClient.make(stage.clock()).header)
    doors = [
        door
        for door in doors_of(stage.app)[0]
        if CallerKind.ANYONE not in door.kinds
        and not door.path.startswith(OAUTH)
        and (door.method, door.path) not in OWN_PROOF
    ]
    tokens = {
        CallerKind.CLIENT: ask(
            machine(stage, insurer, scopes=["rights", "contracts"]), with_certificate
        ).get_json(),
        CallerKind.PROFESSIONAL: bound_session(stage, KARIM, "scope_all", insurer),
        CallerKind.PATIENT: bound_session(stage, ANGE, "ins", insurer),
    }
    for kind, told in tokens.items():
        bearer = {"Authorization": f"Bearer {told['access_token']}"}
        theirs = [door for door in doors if kind in door.kinds]
        assert theirs
        for door in theirs:
            browser = stage.app.test_client()
            assert let_in(knock(browser, door, {**bearer, **with_certificate})), (kind, door.name)
            for headers in ({}, other, {"Client-Cert": insurer.header}):
                answer = knock(browser, door, {**bearer, **headers})
                assert answer.status_code == 401, (kind, door.name, headers)


def bound_session(stage: ProviderStage, person: PersonKey, who: str, insurer: TlsClient) -> dict[str, Any]:
    """Somebody signs in at software that is bound to its certificate; the answer of the token endpoint."""
    kinds, scope = [person.card.value], f"openid {who} rights record"
    portal = stage.portal(
        f"logiciel-{person.card.value}",
        scopes=scope.split(),
        kinds=kinds,
        tls_client_certificate_bound_access_tokens=True,
    )
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": portal.code(stage.phone(person), scope=scope),
        "code_verifier": VERIFIER,
    }
    answer = portal.post("token", form, **by_proxy(insurer.header))
    assert answer.status_code == 200, answer.get_json()
    told: dict[str, Any] = answer.get_json()
    return told


def test_an_assertion_gets_a_bound_token_with_any_certificate(
    stage: ProviderStage, insurer: TlsClient
) -> None:
    """RFC 8705 section 3: who the client is and what the token is bound to are two questions."""
    client = keyed_machine(stage, "mutuelle-liee", tls_client_certificate_bound_access_tokens=True)

    without = credentials(client)
    told = credentials(client, **by_proxy(insurer.header)).get_json()
    asked = client.post("token/introspect", {"token": told["access_token"]}).get_json()

    assert (without.status_code, without.get_json()["error"]) == (401, "invalid_client")
    assert asked["active"]
    assert (asked["token_type"], asked["cnf"]) == ("Bearer", {"x5t#S256": insurer.thumbprint})
    assert rights(client, told["access_token"], by_proxy(insurer.header)).status_code == IN
    assert rights(client, told["access_token"], {}).status_code == 401


def test_a_session_of_a_bound_client_needs_the_certificate_everywhere(
    stage: ProviderStage, insurer: TlsClient
) -> None:
    """Code, userinfo, refresh: each door looks; a refresh without it takes nothing away."""
    portal, other = (
        stage.portal(tls_client_certificate_bound_access_tokens=True),
        TlsClient.make(stage.clock()),
    )
    with_certificate = by_proxy(insurer.header)
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": portal.code(stage.phone())}
    form["code_verifier"] = VERIFIER
    told = portal.post("token", form, **with_certificate).get_json()

    assert portal.userinfo(told["access_token"], **with_certificate).status_code == 200
    assert portal.userinfo(told["access_token"]).status_code == 401
    assert portal.userinfo(told["access_token"], **by_proxy(other.header)).status_code == 401
    assert portal.refresh(told["refresh_token"]).get_json()["error"] == "invalid_client"
    again = portal.refresh(told["refresh_token"], **with_certificate)
    assert again.status_code == 200
    assert portal.claims(again.get_json()["access_token"], portal.issuer)["cnf"] == {
        "x5t#S256": insurer.thumbprint
    }


def test_every_door_of_clients_takes_a_certificate(stage: ProviderStage, insurer: TlsClient) -> None:
    """Introspection, revocation, pushed requests and CIBA too: a client has one way to prove itself."""
    asked = document("portail-tls", auth_method="self_signed_tls_client_auth", jwks={"keys": [insurer.jwk]})
    stage.services.signin.clients.register(asked, "agent:test", stage.clock())
    portal = Portal(stage.signin, stage.app, "portail-tls", "")
    doors = {
        "token/introspect": {"token": "x"},
        "revoke": {"token": "x"},
        "par": portal.asks(),
        "ext/ciba/auth": {"scope": "openid"},
    }
    for door, form in doors.items():
        told = {**form, "client_id": "portail-tls"}
        with_it = portal.post(door, told, **by_proxy(insurer.header), Authorization="")
        without = portal.post(door, told, Authorization="")
        assert with_it.status_code in {200, 201, 400}, (door, with_it.get_json())
        assert with_it.get_json().get("error") in {None, "unauthorized_client"}, door
        assert (without.status_code, without.get_json()["error"]) == (401, "invalid_client"), door


def test_the_metadata_say_what_can_be_used_and_nothing_else(stage: ProviderStage) -> None:
    """Behind a proxy: the method, the binding, the addresses. Without one: none of the three."""
    told = stage.app.test_client().get("/.well-known/openid-configuration").get_json()
    path = "/protocol/openid-connect/token"

    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert "self_signed_tls_client_auth" in told["token_endpoint_auth_methods_supported"]
    assert told["mtls_endpoint_aliases"]["token_endpoint"] == MTLS + path
    assert told["token_endpoint"] == told["issuer"] + path
    assert "authorization_endpoint" not in told["mtls_endpoint_aliases"]


def test_without_a_proxy_nothing_is_announced(config: Config, clock: SteerableClock) -> None:
    """Nobody could use it."""
    bare = build(config, clock=clock)
    told = create_app(bare).test_client().get("/.well-known/openid-configuration").get_json()
    bare.close()

    assert "tls_client_certificate_bound_access_tokens" not in told
    assert "mtls_endpoint_aliases" not in told
    assert "self_signed_tls_client_auth" not in told["token_endpoint_auth_methods_supported"]


@pytest.mark.parametrize(
    "changes",
    [
        {"jwks": None},
        {"jwks": {"keys": []}},
        {"auth_method": "tls_client_auth"},
        {"tls_client_certificate_bound_access_tokens": "yes"},
    ],
)
def test_a_client_registers_certificates_and_nothing_else(
    stage: ProviderStage, insurer: TlsClient, changes: dict[str, Any]
) -> None:
    """Without a certificate it could never prove itself."""
    asked = document(auth_method="self_signed_tls_client_auth", jwks={"keys": [insurer.jwk]})

    with pytest.raises(ClientDocumentRefused):
        stage.services.signin.clients.register({**asked, **changes}, "agent:test", stage.clock())


def keyed_machine(stage: ProviderStage, client_id: str, **changes: Any) -> KeyedPortal:
    """A client alone, which proves itself by an assertion."""
    return keyed_portal(
        stage,
        client_id,
        redirect_uris=[],
        scopes=["rights"],
        kinds=[],
        grant_types=["client_credentials"],
        **changes,
    )


def credentials(client: KeyedPortal, **headers: str) -> TestResponse:
    """Client credentials with an assertion and these headers."""
    return client.post("token", {"grant_type": "client_credentials"}, **headers)
