"""Walk A, steps 1 to 9, on the town hall as it is put together: configuration, keys, rights, directory."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from apcv_backend.enrolment.rules import PersonKey
from cartes.cards import CardKind
from mobile_mock.app_key import AppKey
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from apcv_backend.bootstrap import Services


def enrol(
    services: Services, client: FlaskClient, attestation_dir: Path, nir: str, model: str = "android"
) -> tuple[int, Any]:
    """What an insured person of the demonstration hears: status and body of the last answer."""
    at = services.clock()
    code = services.enrolment.codes.open(PersonKey.parse(CardKind.APCV, nir), at)
    key = AppKey.make(secrets.token_bytes)
    begun = client.post(
        "/v1/enrolments",
        json={
            "card": "apcv",
            "proof": {
                "method": "activation_code",
                "reference": code.reference,
                "secret": code.secrets[0],
            },
            "device_name": "Téléphone",
            "app_key": key.jwk,
        },
    )
    if begun.status_code != 201:
        return begun.status_code, begun.get_json()
    ceremony = begun.get_json()
    ca = AttestationCa.load(attestation_dir, secrets.token_bytes)
    phone = Authenticator(MODELS[model], secrets.token_bytes, ca=ca)
    creation = phone.create(ceremony["public_key"], Client(ClientShape.CHROMIUM, "https://apcv.localhost"))
    path = f"/v1/enrolments/{ceremony['ceremony_id']}"
    proof = key.proof(
        "POST",
        services.config.public_url + path,
        at,
        random=secrets.token_bytes,
        nonce=ceremony["public_key"]["challenge"],
    )
    finished = client.post(path, json={"credential": creation}, headers={"DPoP": proof})
    return finished.status_code, finished.get_json()


def test_ange_enrols_his_phone(services: Services, client: FlaskClient, attestation_dir: Path) -> None:
    """Persona 1, with the roots, origins and rights of the configuration."""
    status, told = enrol(services, client, attestation_dir, "158032A99904296")

    assert (status, told.get("binding")) == (201, "hardware_attested"), told


@pytest.mark.parametrize(
    ("nir", "reason"),
    [
        ("187049999902144", "ame_not_eligible"),
        ("224112B99900759", "tutelle_requires_delegation"),
        ("295036999911808/20261103/1", "under_16"),
    ],
)
def test_a_persona_who_may_hold_no_card_is_refused_by_name(
    services: Services, client: FlaskClient, attestation_dir: Path, nir: str, reason: str
) -> None:
    """Mamadou (AME), Maria (tutelle) and the newborn hear why, and no more."""
    status, told = enrol(services, client, attestation_dir, nir)

    assert (status, told["code"]) == (403, reason)
