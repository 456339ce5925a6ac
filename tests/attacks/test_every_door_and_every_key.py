"""Every door with every key: what a route declares (`x-called-by`) is who gets in, and nobody else does.

The walk goes through the application's own map (`tests/simulators/doors.py`), so that a route added tomorrow
is tried tomorrow; one that declares nothing fails.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.ephemeral import MemoryEphemeral
from apcv_backend.staff_callers import StaffRole
from cartes.cards import CardKind
from mobile_mock.app_key import AppKey
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS
from tests.simulators.callers import KnownCallers
from tests.simulators.doors import OAUTH, OWN_PROOF, address_of, doors_of, knock, let_in, wrong_in
from tests.simulators.staff_stage import StaffStage

ANGE = PersonKey(CardKind.APCV, "158032A99904296")
PAOLI = PersonKey(CardKind.ECPS, "899700900154")


@pytest.fixture
def keys(services: Services) -> KnownCallers:
    """Tokens of the three kinds that sign in elsewhere, with every scope a door asks for."""
    scopes = frozenset({"rights", "contracts", "record", "openid"})
    one = Caller(CallerKind.CLIENT, client_id="c", organisation="99999001", scopes=scopes)
    return KnownCallers(
        {
            "client": one,
            "professional": replace(
                one, kind=CallerKind.PROFESSIONAL, subject_id="s1", person=PAOLI, structure="999001506"
            ),
            "patient": replace(one, kind=CallerKind.PATIENT, subject_id="s2", person=ANGE),
            "portal's": replace(
                one,
                kind=CallerKind.PROFESSIONAL,
                subject_id="s1",
                person=PAOLI,
                structure="999001506",
                scopes=frozenset({"openid", "scope_all"}),
            ),
            "patient portal's": replace(
                one,
                kind=CallerKind.PATIENT,
                subject_id="s2",
                person=ANGE,
                scopes=frozenset({"openid", "ins"}),
            ),
        }
    )


@pytest.fixture
def town_hall(services: Services, keys: KnownCallers) -> Flask:
    # Counters of its own: the limits of one walk are not the next one's.
    return create_app(replace(services, callers=keys, ephemeral=MemoryEphemeral()))


class PhoneKey:
    """An enrolled phone: a fresh proof by its app key for each request."""

    def __init__(self, services: Services, client: FlaskClient, attestation_dir: Path) -> None:
        self._services = services
        self._key = AppKey.make(secrets.token_bytes)
        ca = AttestationCa.load(attestation_dir, secrets.token_bytes)
        opened = services.enrolment.codes.open(ANGE, services.clock())
        body = {
            "card": "apcv",
            "proof": {
                "method": "activation_code",
                "reference": opened.reference,
                "secret": opened.secrets[0],
            },
            "device_name": "Essai",
            "app_key": self._key.jwk,
        }
        begun = client.post("/v1/enrolments", json=body).get_json()
        page = Client(ClientShape.CHROMIUM, "https://apcv.localhost")
        made = Authenticator(MODELS["android"], secrets.token_bytes, ca=ca).create(begun["public_key"], page)
        path = f"/v1/enrolments/{begun['ceremony_id']}"
        proof = self.proof("POST", path, nonce=begun["public_key"]["challenge"])
        answer = client.post(path, json={"credential": made}, headers={"DPoP": proof})
        assert answer.status_code == 201, answer.get_json()

    def proof(self, method: str, path: str, nonce: str | None = None) -> str:
        url = self._services.config.public_url + path
        return self._key.proof(method, url, self._services.clock(), random=secrets.token_bytes, nonce=nonce)


def _strangers() -> Mapping[str, tuple[CallerKind | None, Mapping[str, str]]]:
    """Every key but a phone's and staff's: the kind it proves, and what it shows."""
    signed_in = (CallerKind.CLIENT, CallerKind.PROFESSIONAL, CallerKind.PATIENT)
    return {
        "nothing": (None, {}),
        "garbage": (None, {"Authorization": "DPoP garbage", "DPoP": "a.b.c"}),
        "basic": (None, {"Authorization": "Basic YTpi"}),
        "cookie": (None, {"Cookie": "__Host-staff=garbage", "X-Staff-Csrf": "x"}),
        **{kind.value: (kind, {"Authorization": f"DPoP {kind.value}"}) for kind in signed_in},
    }


def test_every_route_declares_who_may_call_it(town_hall: Flask) -> None:
    """A door without a declaration is a door nobody thought about."""
    doors, silent = doors_of(town_hall)

    assert silent == []
    assert len(doors) > 50


def test_only_the_declared_keys_open_a_door(town_hall: Flask) -> None:
    """No key, garbage, a machine, a professional, a patient: each at every door."""
    doors, _ = doors_of(town_hall)

    wrong = [
        told
        for who, (kind, headers) in _strangers().items()
        for door in doors
        if (told := wrong_in(door, who, kind, knock(town_hall.test_client(), door, headers)))
    ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("token", ["portal's", "patient portal's"])
def test_a_token_given_to_a_portal_opens_nothing_but_who_signed_in(town_hall: Flask, token: str) -> None:
    """Where somebody signs in, the site gets a token: it asks no rights, changes no consent in their name."""
    doors = [
        door
        for door in doors_of(town_hall)[0]
        if CallerKind.ANYONE not in door.kinds and not door.path.startswith(OAUTH)
    ]

    opened = [
        door.name
        for door in doors
        if let_in(knock(town_hall.test_client(), door, {"Authorization": f"DPoP {token}"}))
        and (door.method, door.path) not in OWN_PROOF
    ]

    assert opened == []


def test_a_phone_opens_the_doors_of_phones_alone(
    town_hall: Flask, services: Services, attestation_dir: Path
) -> None:
    """An enrolled phone, with a fresh proof for each door."""
    phone = PhoneKey(services, town_hall.test_client(), attestation_dir)
    doors, _ = doors_of(town_hall)
    wrong = []

    for door in doors:
        proof = phone.proof(door.method, address_of(door.path))
        answer = knock(town_hall.test_client(), door, {"DPoP": proof})
        told = wrong_in(door, "phone", CallerKind.PHONE, answer)
        wrong += [told] if told else []

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", list(StaffRole))
def test_a_colleague_opens_the_doors_of_their_role_alone(
    town_hall: Flask, services: Services, attestation_dir: Path, role: StaffRole
) -> None:
    """A live session of staff opens no door of patients, machines or professionals, nor of another role."""
    stage = StaffStage(services, town_hall, attestation_dir)
    colleague = stage.administrators()[0] if role is StaffRole.ADMINISTRATOR else stage.colleague(role.value)
    doors, _ = doors_of(town_hall)
    wrong = []

    for door in doors:
        answer = knock(colleague.client, door, {"X-Staff-Csrf": colleague.csrf})
        other_role = door.scope.startswith("role:") and door.scope != f"role:{role.value}"
        told = wrong_in(door, role.value, None if other_role else CallerKind.STAFF, answer)
        wrong += [told] if told else []
        if door.name == "DELETE /v1/staff/session":
            colleague.sign_in()

    assert not wrong, "\n".join(wrong)
