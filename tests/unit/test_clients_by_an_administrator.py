"""An administrator registers, shows, renews and closes a client of the sign-in; nobody else may."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from apcv_backend.bootstrap import Services
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


def test_an_identifier_is_never_given_twice(administrator: Colleague) -> None:
    """A second registration under the same name is refused, and changes nothing."""
    administrator.post("/v1/clients", {"client": DOCUMENT})

    again = administrator.post("/v1/clients", {"client": {**DOCUMENT, "name": "Un autre"}})

    assert again.status_code == 409
    assert "Un autre" not in administrator.get("/v1/clients").get_data(as_text=True)


def test_nobody_else_registers_a_client(client: FlaskClient) -> None:
    """Without an administrator's session the door stays shut."""
    assert client.post("/v1/clients", json={"client": DOCUMENT}).status_code in {401, 403}
