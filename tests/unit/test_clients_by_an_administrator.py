"""An administrator registers, shows, renews and closes a client of the sign-in; nobody else may."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from apcv_backend.bootstrap import Services
from apcv_backend.signin.provider.client_commands import client as client_words
from apcv_backend.signin.provider.client_rules import MEMBERS, complete, parse_client
from cartes.errors import InvalidValue
from cartes.wire import strict_json
from tests.simulators.keyed_portal import ClientKey
from tests.simulators.staff_stage import Colleague, StaffStage

DOCUMENT: dict[str, Any] = {
    "client_id": "portail-corte",
    "name": "Portail de Corte",
    "place": "Corte",
    "redirect_uris": ["https://portail.example/retour"],
    "scopes": ["openid", "scope_all"],
    "purposes": ["signin"],
    "legal_basis": "contrat fictif",
    "grant_types": ["authorization_code"],
    "auth_method": "client_secret_basic",
}


@pytest.fixture
def administrator(services: Services, app: Flask, attestation_dir: Path) -> Colleague:
    return StaffStage(services, app, attestation_dir).administrators()[0]


def introspect(client: FlaskClient, secret: str) -> int:
    """The status of a question asked as this client."""
    basic = base64.b64encode(f"portail-corte:{secret}".encode()).decode()
    path = "/protocol/openid-connect/token/introspect"
    answer = client.post(path, data={"token": "unknown"}, headers={"Authorization": f"Basic {basic}"})
    return answer.status_code


def test_a_client_lives_and_ends_by_an_administrators_hand(
    administrator: Colleague, client: FlaskClient
) -> None:
    """Registered with a secret told once, shown without it, renewed, closed: the door follows each step."""
    made = administrator.post("/v1/clients", {"client": DOCUMENT})
    assert made.status_code == 201, made.get_json()
    secret = made.get_json()["client_secret"]
    assert introspect(client, secret) == 200

    shown = administrator.get("/v1/clients/portail-corte").get_data(as_text=True)
    assert "https://portail.example/retour" in shown
    assert secret not in shown

    renewed = administrator.post("/v1/clients/portail-corte/secret").get_json()["client_secret"]
    assert introspect(client, renewed) == 200

    closed = administrator.post("/v1/clients/portail-corte/closing", {"reason": "essai terminé"})
    assert closed.status_code == 204


def test_a_clients_keys_are_replaced_and_nothing_else_is(
    administrator: Colleague, services: Services
) -> None:
    """By the door and by the command; a set that is none, or a client with a secret, is refused unchanged."""
    keys = [ClientKey.make().jwk for _ in range(3)]
    asked = {**DOCUMENT, "auth_method": "private_key_jwt", "jwks": {"keys": keys[:1]}}
    administrator.post("/v1/clients", {"client": asked})
    administrator.post("/v1/clients", {"client": {**DOCUMENT, "client_id": "portail-secret"}})

    done = administrator.post("/v1/clients/portail-corte/keys", {"jwks": {"keys": keys[1:]}})
    bad = administrator.post(
        "/v1/clients/portail-corte/keys", {"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}
    )
    secret = administrator.post("/v1/clients/portail-secret/keys", {"jwks": {"keys": keys}})
    nobody = administrator.post("/v1/clients/personne/keys", {"jwks": {"keys": keys}})

    assert [one.status_code for one in (done, bad, secret, nobody)] == [204, 422, 422, 404]
    kept = administrator.get("/v1/clients/portail-corte").get_json()["client"]
    assert kept == {**complete(asked), "jwks": {"keys": keys[1:]}}
    told = CliRunner().invoke(
        client_words, ["replace-keys", "portail-corte", "-", "--by", "A"], obj=services, input=_jwks(keys[:1])
    )
    assert told.exit_code == 0, told.output
    kept = administrator.get("/v1/clients/portail-corte").get_json()["client"]
    assert kept["jwks"] == {"keys": keys[:1]}
    refused = CliRunner().invoke(
        client_words, ["replace-keys", "portail-corte", "-", "--by", "A"], obj=services, input="[1]"
    )
    assert refused.exit_code == 1
    assert "rien n'a été changé" in refused.output


def _jwks(keys: list[dict[str, Any]]) -> bytes:
    return strict_json.canonical({"keys": keys})


def test_an_identifier_is_never_given_twice(administrator: Colleague) -> None:
    """A second registration under the same name is refused, and changes nothing."""
    administrator.post("/v1/clients", {"client": DOCUMENT})

    again = administrator.post("/v1/clients", {"client": {**DOCUMENT, "name": "Un autre"}})

    assert again.status_code == 409
    assert "Un autre" not in administrator.get("/v1/clients").get_data(as_text=True)


def test_nobody_else_registers_a_client(client: FlaskClient) -> None:
    """Without an administrator's session the door stays shut."""
    assert client.post("/v1/clients", json={"client": DOCUMENT}).status_code in {401, 403}


_ODD: tuple[Any, ...] = (None, 5, 1.5, True, "", "\x00", "x" * 5_000, [], [[]], [None], [5], {}, {"a": []})


@pytest.mark.parametrize("member", sorted(MEMBERS))
def test_a_member_of_the_wrong_kind_is_refused_by_its_name(member: str) -> None:
    """Whatever stands in it, a document is refused for one of its members, or gives a client of ours."""
    for odd in _ODD:
        word, sector = judged({**DOCUMENT, member: odd})

        assert word in {"", *MEMBERS}, odd
        assert sector.isprintable(), odd


def judged(document: dict[str, Any]) -> tuple[str, str]:
    """The member a document is refused for (empty: none), and the sector of the client it gives."""
    try:
        return "", parse_client(document, loopback=False).sector
    except InvalidValue as refused:
        return str(refused.facts["why"]), ""
