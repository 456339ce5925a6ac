"""Attacks on a registration under way: finished twice, by another, from another site, raced, replayed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from apcv_backend.tables import devices
from mobile_mock.app_key import AppKey
from tests.simulators.enrolment_stage import ANGE, PAOLI, PUBLIC_URL, SARAH, EnrolmentStage, Phone
from tests.simulators.issuance_races import raced


@pytest.fixture
def stage(database_url: str) -> Iterator[EnrolmentStage]:
    opened = EnrolmentStage(database_url)
    yield opened
    opened.close()


def enrolled_phones(stage: EnrolmentStage) -> int:
    with stage.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(devices)).scalar_one())


def begun(stage: EnrolmentStage, phone: Phone) -> Any:
    return phone.begin(stage.open_code(ANGE)).get_json()


def test_a_ceremony_finished_twice_at_once_enrols_once(stage: EnrolmentStage) -> None:
    """Eight copies of one answer race: the ceremony is taken by one of them."""
    phone = stage.phone()
    ceremony = begun(stage, phone)
    creation = phone.creation(ceremony)
    path = f"/v1/enrolments/{ceremony['ceremony_id']}"
    proof = phone.proof("POST", path, nonce=ceremony["public_key"]["challenge"])

    told = raced(
        8, lambda _: stage.room.registration.finish(ceremony["ceremony_id"], creation, proof, stage.clock())
    )

    assert told == {"done": 1, "ceremony_gone": 7}
    assert enrolled_phones(stage) == 1


def test_two_phones_cannot_both_be_the_last_one_allowed(stage: EnrolmentStage) -> None:
    """With room for one phone more, of three enrolled at once one is recorded."""
    for _ in range(4):
        stage.enrolled(ANGE)
    phones = [stage.phone() for _ in range(3)]
    ceremonies = [begun(stage, phone) for phone in phones]
    creations = [phone.creation(one) for phone, one in zip(phones, ceremonies, strict=True)]

    def finish(number: int) -> None:
        ceremony = ceremonies[number]
        path = f"/v1/enrolments/{ceremony['ceremony_id']}"
        proof = phones[number].proof("POST", path, nonce=ceremony["public_key"]["challenge"])
        stage.room.registration.finish(ceremony["ceremony_id"], creations[number], proof, stage.clock())

    assert raced(3, finish) == {"done": 1, "too_many_devices": 2}
    assert enrolled_phones(stage) == 5


def test_a_key_made_on_another_site_is_refused(stage: EnrolmentStage) -> None:
    """A page that relays our challenge from its own origin gets nothing (the origin is configuration)."""
    phone = stage.phone()
    ceremony = begun(stage, phone)
    creation = phone.creation(ceremony, origin="https://phish.apcv.localhost")

    refused = phone.finish(ceremony, creation)

    assert (refused.status_code, refused.get_json()["code"]) == (403, "origin_not_allowed")
    assert enrolled_phones(stage) == 0


def test_a_host_header_changes_nothing(stage: EnrolmentStage) -> None:
    """The address a proof is checked against is the configuration's, whatever Host the request names."""
    phone = stage.phone()
    ceremony = begun(stage, phone)
    path = f"/v1/enrolments/{ceremony['ceremony_id']}"
    forged = phone.key.proof(
        "POST",
        "http://evil.example" + path,
        stage.clock(),
        random=secrets.token_bytes,
        nonce=ceremony["public_key"]["challenge"],
    )

    refused = stage.client.post(
        path,
        json={"credential": phone.creation(ceremony)},
        headers={"DPoP": forged, "Host": "evil.example"},
    )

    assert (refused.status_code, refused.get_json()["why"]) == (401, "htu")


@pytest.mark.parametrize("theft", ["another_app_key", "another_nonce", "no_proof"])
def test_a_stolen_ceremony_is_finished_by_nobody_else(stage: EnrolmentStage, theft: str) -> None:
    """Who intercepts the ceremony cannot bind their own app key to it."""
    phone = stage.phone()
    ceremony = begun(stage, phone)
    creation = phone.creation(ceremony)
    if theft == "another_app_key":
        phone.key = AppKey.make(secrets.token_bytes)
    changes = {
        "another_app_key": {},
        "another_nonce": {"nonce": "A" * 43},
        "no_proof": {"dpop": " "},
    }[theft]

    refused = phone.finish(ceremony, creation, **changes)

    assert (refused.status_code, refused.get_json()["code"]) == (401, "dpop_refused")
    assert enrolled_phones(stage) == 0


def test_a_key_of_one_card_enrols_no_other(stage: EnrolmentStage) -> None:
    """A key made for the apCV's relying party is not accepted for the e-CPS."""
    phone = stage.phone()
    apcv = phone.begin(stage.open_code(ANGE)).get_json()
    ecps = phone.begin(stage.open_code(PAOLI)).get_json()
    mixed = {**ecps["public_key"], "rp": apcv["public_key"]["rp"]}

    refused = phone.finish(ecps, phone.creation({"public_key": mixed}, origin="https://apcv.localhost"))

    assert refused.status_code == 403
    assert refused.get_json()["code"] in {"origin_not_allowed", "rp_id_mismatch"}


def test_one_app_key_serves_one_phone(stage: EnrolmentStage) -> None:
    """The app key of a phone of somebody else cannot be registered again: it would manage both."""
    phone = stage.enrolled(ANGE)
    copied = stage.phone()
    copied.key = phone.key

    refused = copied.enrol(stage.open_code(SARAH))

    assert (refused.status_code, refused.get_json()["code"]) == (409, "credential_already_registered")
    assert enrolled_phones(stage) == 1


def test_a_signed_request_works_once(stage: EnrolmentStage) -> None:
    """A copied request, even raced against its original, is answered once."""
    phone = stage.enrolled(ANGE)
    proof = phone.proof("GET", "/v1/devices")

    def ask(_: int) -> None:
        from apcv_backend.enrolment.device_service import SignedRequest

        stage.room.devices.list(SignedRequest("GET", "/v1/devices", proof), stage.clock())

    assert raced(8, ask) == {"done": 1, "dpop_refused": 7}


def test_a_request_for_one_thing_permits_no_other(stage: EnrolmentStage) -> None:
    """The proof of a listing does not withdraw a phone."""
    phone = stage.enrolled(ANGE)
    path = f"/v1/devices/{phone.enrolment['device_id']}"

    refused = stage.client.delete(path, headers={"DPoP": phone.proof("GET", "/v1/devices")})

    assert (refused.status_code, refused.get_json()["code"]) == (401, "dpop_refused")
    assert phone.call("GET", "/v1/devices").status_code == 200


def test_a_person_cannot_touch_the_phone_of_another(stage: EnrolmentStage) -> None:
    """Somebody else's phone answers as one that does not exist."""
    mine, theirs = stage.enrolled(ANGE), stage.enrolled(SARAH)
    path = f"/v1/devices/{theirs.enrolment['device_id']}"

    refused = [mine.call("DELETE", path), mine.call("PATCH", path, name="À moi")]
    nowhere = mine.call("DELETE", "/v1/devices/00000000-0000-4000-8000-000000000000")

    assert [one.get_json() for one in refused] == [nowhere.get_json()] * 2
    assert theirs.call("GET", "/v1/devices").get_json()[0]["name"] == "Téléphone"


def test_an_unknown_key_is_told_so(stage: EnrolmentStage) -> None:
    """A request signed by a key nobody registered is refused, and leaves no trace of its proof."""
    stranger = stage.phone()

    refused = stranger.call("GET", "/v1/notices")

    assert (refused.status_code, refused.get_json()["code"]) == (401, "device_unknown")
    assert PUBLIC_URL not in refused.get_data(as_text=True)
