"""The phone's word for the record: said on the command line, kept by the town hall, taken back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from cartes.cards import CardKind
from mobile_mock.app_key import AppKey
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.cli import main
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS
from mobile_mock.record_consents import RecordConsents

ANGE = PersonKey(CardKind.APCV, "158032A99904296")
PAOLI = "899700900154"


class Door:
    """The way to the town hall, without a network: what `BackendClient` does, on its test client."""

    def __init__(self, client: FlaskClient, public_url: str) -> None:
        self.client = client
        self._public_url = public_url

    def url(self, path: str) -> str:
        return self._public_url + path

    def read_list(self, path: str, prove: Any) -> list[dict[str, Any]]:
        return list(self.client.get(path, headers={"DPoP": prove()}).get_json())

    def send(self, path: str, body: object, dpop: str) -> Mapping[str, Any]:
        answer = self.client.post(path, json=body, headers={"DPoP": dpop})
        assert answer.status_code == 201, answer.get_json()
        return dict(answer.get_json())

    def delete(self, path: str, dpop: str) -> None:
        assert self.client.delete(path, headers={"DPoP": dpop}).status_code == 204


class PocketOf:
    """A pocket with one registered phone in it."""

    def __init__(self, app_key: AppKey) -> None:
        self.app_key = app_key

    def device(self, kind: CardKind) -> PocketOf:
        assert kind is CardKind.APCV
        return self


@pytest.fixture
def app_key(services: Services, client: FlaskClient, attestation_dir: Path) -> AppKey:
    """The app key of a phone just enrolled."""
    key = AppKey.make(secrets.token_bytes)
    opened = services.enrolment.codes.open(ANGE, services.clock())
    body = {
        "card": "apcv",
        "proof": {
            "method": "activation_code",
            "reference": opened.reference,
            "secret": opened.secrets[0],
        },
        "device_name": "Essai",
        "app_key": key.jwk,
    }
    begun = client.post("/v1/enrolments", json=body).get_json()
    ca = AttestationCa.load(attestation_dir, secrets.token_bytes)
    page = Client(ClientShape.CHROMIUM, "https://apcv.localhost")
    made = Authenticator(MODELS["android"], secrets.token_bytes, ca=ca).create(begun["public_key"], page)
    path = f"/v1/enrolments/{begun['ceremony_id']}"
    proof = key.proof(
        "POST",
        services.config.public_url + path,
        services.clock(),
        random=secrets.token_bytes,
        nonce=begun["public_key"]["challenge"],
    )
    answer = client.post(path, json={"credential": made}, headers={"DPoP": proof})
    assert answer.status_code == 201
    return key


def test_a_phone_says_lists_and_takes_back(services: Services, client: FlaskClient, app_key: AppKey) -> None:
    """Granted, blocked in its place, opposed beforehand, and withdrawn: each signed by the app key."""
    at: datetime = services.clock()
    door = Door(client, services.config.public_url)
    mine = RecordConsents(PocketOf(app_key), door, random=secrets.token_bytes)  # type: ignore[arg-type]  # stand-ins of this test

    mine.grant("professional", PAOLI, at)
    blocked = mine.block("professional", PAOLI, at)
    opposed = mine.oppose("centre_15", at)

    assert {(one.number, one.decision) for one in mine.list(at)} == {
        (PAOLI, "blocked"),
        ("centre_15", "blocked"),
    }
    mine.withdraw(blocked.consent_id, at)
    assert [one.consent_id for one in mine.list(at)] == [opposed.consent_id]


def test_a_phone_objects_to_an_insurer(services: Services, client: FlaskClient, app_key: AppKey) -> None:
    """It is said of rights, the one thing an insurer asks for."""
    at: datetime = services.clock()
    door = Door(client, services.config.public_url)
    mine = RecordConsents(PocketOf(app_key), door, random=secrets.token_bytes)  # type: ignore[arg-type]  # stand-ins of this test

    mine.block("organisation", "99999001", at)

    (said,) = mine.list(at)
    assert (said.target, said.number, said.decision, said.scope) == (
        "organisation",
        "99999001",
        "blocked",
        "rights",
    )


def test_what_an_objection_may_cost_is_said_before_it_is_made(tmp_path: Path) -> None:
    """Whoever does not confirm has said nothing; no pocket was opened yet."""
    asked = CliRunner().invoke(
        main,
        ["consent", "block", "organisation", "99999001", "--pocket", str(tmp_path / "pocket")],
        input="n\n",
    )

    assert asked.exit_code == 1
    assert "avancer les frais" in asked.stderr
    assert not (tmp_path / "pocket").exists()
