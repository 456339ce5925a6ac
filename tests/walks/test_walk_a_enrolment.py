"""Walk A, steps 1 to 9: a person proves who they are and registers a phone, through HTTP and real WebAuthn.

Each test runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text

from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.rules import DossierProfessionnel
from apcv_backend.tables import activation_codes, devices, journal, subjects
from cartes.assure import StatutIdentite
from tests.simulators.enrolment_stage import ANGE, PAOLI, SARAH, EnrolmentStage, insured, professional


@pytest.fixture
def stage(database_url: str) -> Iterator[EnrolmentStage]:
    opened = EnrolmentStage(database_url)
    yield opened
    opened.close()


def rows(stage: EnrolmentStage, table: Any) -> list[Any]:
    with stage.database.read() as connection:
        return list(connection.execute(select(table)))


def names(stage_answer: Any) -> list[str]:
    return [device["name"] for device in stage_answer.get_json()]


def test_a_patient_enrols_a_phone(stage: EnrolmentStage) -> None:
    """With the code of a letter and a gesture, a phone is registered, and told how long it renews alone."""
    answer = stage.phone("android").enrol(stage.open_code(ANGE), name="Téléphone d'Ange")

    assert answer.status_code == 201, answer.get_json()
    enrolled = answer.get_json()
    assert enrolled["card"] == "apcv"
    assert enrolled["binding"] == "hardware_attested"
    assert enrolled["attestation_format"] == "android-key"
    assert enrolled["renew_until"].startswith("2027-02-19T10:00:00")
    assert len(enrolled["loss_code"].replace("-", "")) == 16
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_professional_enrols_with_two_codes(stage: EnrolmentStage) -> None:
    """The e-CPS takes the code of the phone and the code of the mailbox, and a hardware-attested key."""
    answer = stage.phone("android").enrol(stage.open_code(PAOLI))

    assert answer.status_code == 201, answer.get_json()
    assert answer.get_json()["card"] == "ecps"


@pytest.mark.parametrize(
    ("model", "binding"),
    [("android", "hardware_attested"), ("plain", "device_bound_claimed"), ("synced", "synced")],
)
def test_the_apcv_takes_every_class_of_key_and_remembers_which(
    stage: EnrolmentStage, model: str, binding: str
) -> None:
    """A weaker key enrols an apCV too; the class is kept, for the card to say it."""
    answer = stage.phone(model).enrol(stage.open_code(SARAH))

    assert answer.get_json()["binding"] == binding


@pytest.mark.parametrize(
    ("model", "code"), [("plain", "attestation_too_weak"), ("synced", "synced_key_not_allowed")]
)
def test_the_ecps_refuses_a_key_nobody_vouches_for(stage: EnrolmentStage, model: str, code: str) -> None:
    """A phone whose key is only claimed, or copied to a cloud, holds no e-CPS; the codes are not spent."""
    opened = stage.open_code(PAOLI)

    refused = stage.phone(model).enrol(opened)
    accepted = stage.phone("android").enrol(opened)

    assert (refused.status_code, refused.get_json()["code"]) == (403, code)
    assert accepted.status_code == 201


def test_a_desk_agent_is_kept_with_the_phone(stage: EnrolmentStage) -> None:
    """For a code opened at a desk, who saw the person and where stay with the phone and in the journal."""
    agent = DeskAgent("Anne Martin", "France Services, Corte")

    stage.phone().enrol(stage.open_code(ANGE, agent))

    (device,) = rows(stage, devices)
    assert (device.enrolment_method, device.agent, device.place) == ("desk_agent", agent.name, agent.place)
    enrolled = [line for line in rows(stage, journal) if line.event == "device.enrolled"]
    assert [line.actor for line in enrolled] == ["desk:Anne Martin@France Services, Corte"]


def test_a_code_enrols_one_phone(stage: EnrolmentStage) -> None:
    """A code that recorded a phone proves nobody any more."""
    opened = stage.open_code(ANGE)
    stage.phone().enrol(opened)

    again = stage.phone().begin(opened)

    assert again.get_json()["code"] == "activation_code_refused"


def test_a_ceremony_left_unfinished_does_not_spend_the_code(stage: EnrolmentStage) -> None:
    """Someone who lets two minutes pass begins again with the same code."""
    opened, phone = stage.open_code(ANGE), stage.phone()
    begun = phone.begin(opened).get_json()
    creation = phone.creation(begun)
    stage.clock.advance(120)

    late = phone.finish(begun, creation)
    again = stage.phone().enrol(opened)

    assert (late.status_code, late.get_json()["code"]) == (410, "ceremony_gone")
    assert again.status_code == 201


def test_codes_are_read_as_people_type_them(stage: EnrolmentStage) -> None:
    """Small letters, spaces for hyphens, O for 0 and l for 1 are the same code."""
    opened = stage.open_code(ANGE)
    typed = opened.secrets[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")

    begun = stage.phone().begin(opened, secret=typed, reference=opened.reference.lower())

    assert begun.status_code == 201


def test_every_phone_hears_of_a_new_one(stage: EnrolmentStage) -> None:
    """A second phone is announced to the first: an enrolment nobody asked for does not stay quiet."""
    first = stage.enrolled(ANGE, name="Le mien")
    stage.clock.advance(60)
    stage.enrolled(ANGE, name="Un autre")

    told = first.call("GET", "/v1/notices").get_json()

    assert [(notice["kind"], notice["device_name"]) for notice in told] == [
        ("device_added", "Un autre"),
        ("device_added", "Le mien"),
    ]


def test_phones_are_listed_named_and_withdrawn_one_by_one(stage: EnrolmentStage) -> None:
    """A person sees their phones, renames one, withdraws the other; the withdrawn one is told so."""
    mine = stage.enrolled(ANGE, name="A")
    stage.clock.advance(60)
    lent = stage.enrolled(ANGE, name="B")
    stage.enrolled(SARAH, name="C")

    listed = mine.call("GET", "/v1/devices")
    renamed = mine.call("PATCH", f"/v1/devices/{mine.enrolment['device_id']}", name="Le mien")
    withdrawn = mine.call("DELETE", f"/v1/devices/{lent.enrolment['device_id']}")
    left = mine.call("GET", "/v1/devices")
    silenced = lent.call("GET", "/v1/devices")

    assert names(listed) == ["A", "B"]
    assert [device["this_device"] for device in listed.get_json()] == [True, False]
    assert renamed.get_json()["name"] == "Le mien"
    assert withdrawn.status_code == 204
    assert names(left) == ["Le mien"]
    assert (silenced.status_code, silenced.get_json()["code"]) == (403, "device_withdrawn")


def test_a_withdrawn_phone_has_its_slots_revoked(stage: EnrolmentStage) -> None:
    """Withdrawing a phone revokes the slots its cards stand on, and no others, in the same transaction."""
    mine, lent = stage.enrolled(ANGE), stage.enrolled(ANGE)
    with stage.database.write() as tx:
        for idx, phone in enumerate((mine, lent)):
            tx.execute(
                text(
                    "INSERT INTO status_slots (list_id, idx, device_id, kind, exercice, state, changed_at,"
                    " taken_until) VALUES (1, :idx, :device, 'apcv', '', 'valid', 0, 0)"
                ),
                {"idx": idx, "device": phone.enrolment["device_id"]},
            )

    mine.call("DELETE", f"/v1/devices/{lent.enrolment['device_id']}")

    with stage.database.read() as connection:
        states = connection.execute(text("SELECT state FROM status_slots ORDER BY idx")).scalars().all()
    assert states == ["valid", "revoked"]
    assert stage.rings == ["publication"], "the publisher is told at once"


def test_a_lost_phone_is_reported_without_it(stage: EnrolmentStage) -> None:
    """The slip kept at home is enough, even twice; the other phones hear of it."""
    lost, other = stage.enrolled(ANGE, name="Perdu"), stage.enrolled(ANGE, name="Autre")
    slip = {"reference": lost.enrolment["reference"], "loss_code": lost.enrolment["loss_code"]}

    first = stage.client.post("/v1/loss-reports", json=slip)
    again = stage.client.post("/v1/loss-reports", json=slip)

    assert (first.status_code, again.status_code) == (204, 204)
    assert lost.call("GET", "/v1/devices").get_json()["code"] == "device_withdrawn"
    told = other.call("GET", "/v1/notices").get_json()
    assert [notice["kind"] for notice in told].count("device_lost") == 1


def test_one_phone_too_many_is_refused_until_one_is_withdrawn(stage: EnrolmentStage) -> None:
    """Five phones a person; the sixth is refused before the gesture, and its code is kept for later."""
    phones = [stage.enrolled(ANGE) for _ in range(5)]
    opened = stage.open_code(ANGE)

    refused = stage.phone().begin(opened)
    phones[0].call("DELETE", f"/v1/devices/{phones[4].enrolment['device_id']}")
    accepted = stage.phone().enrol(opened)

    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_many_devices")
    assert refused.get_json()["limit"] == 5
    assert accepted.status_code == 201


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"deceased_on": date(2026, 11, 20), "ame": True}, "deceased"),
        ({"ame": True, "tutelle": True}, "ame_not_eligible"),
        ({"tutelle": True, "statut_identite": StatutIdentite.PROV}, "tutelle_requires_delegation"),
        ({"statut_identite": StatutIdentite.VALI}, "identity_not_qualified"),
    ],
)
def test_an_insured_person_who_may_hold_no_card_is_told_why(
    stage: EnrolmentStage, changes: dict[str, Any], code: str
) -> None:
    """Once the code has proven who they are, the first reason that applies is told, and no phone is kept."""
    stage.people.dossiers[ANGE.text] = insured(ANGE.text, "19580314", **changes)

    refused = stage.phone().enrol(stage.open_code(ANGE))

    assert (refused.status_code, refused.get_json()["code"]) == (403, code)
    assert rows(stage, devices) == []


def test_a_struck_off_professional_holds_no_card(stage: EnrolmentStage) -> None:
    """The ordre's decision comes before every other reason."""
    stage.people.dossiers[PAOLI.text] = DossierProfessionnel(
        professional(struck_off_on=date(2026, 1, 1), deceased_on=date(2026, 2, 1), active=False)
    )

    refused = stage.phone().enrol(stage.open_code(PAOLI))

    assert refused.get_json()["code"] == "struck_off"


def test_no_number_of_a_person_is_at_rest_in_clear(stage: EnrolmentStage) -> None:
    """Neither the NIR nor a secret stands in any row: an envelope, an index and MACs do."""
    opened = stage.open_code(ANGE)
    phone = stage.phone()
    phone.enrol(opened)

    with stage.database.read() as connection:
        tables = (subjects, activation_codes, devices, journal)
        stored = repr([connection.execute(select(table)).all() for table in tables]).encode()
    secrets = [opened.secrets[0].replace("-", ""), phone.enrolment["loss_code"].replace("-", "")]
    for secret in (ANGE.text, ANGE.text[:13], *secrets):
        assert secret.encode() not in stored
    (subject,) = rows(stage, subjects)
    sealed = subject.sealed_person
    assert ANGE.text.encode() not in sealed
    place = f"subjects|sealed_person|{subject.subject_id}"
    assert stage.vault.open_bytes(sealed, place=place) == ANGE.text.encode()


def test_codes_are_destroyed_three_months_after_they_were_opened(stage: EnrolmentStage) -> None:
    """Who a code was for is not kept beyond three months (CSS R161-33-18), used or not."""
    stage.phone().enrol(stage.open_code(ANGE))
    stage.open_code(SARAH)
    stage.clock.advance(90 * 86_400 - 1)
    stage.open_code(SARAH)
    before = len(rows(stage, activation_codes))
    stage.clock.advance(1)
    stage.open_code(SARAH)

    assert (before, len(rows(stage, activation_codes))) == (3, 2)
    assert rows(stage, devices)[0].enrolment_method == "activation_code"


def test_the_same_phone_makes_no_second_key_for_the_same_person(stage: EnrolmentStage) -> None:
    """The options name the keys the person already has, so that an honest phone refuses a second one."""
    phone = stage.enrolled(ANGE)

    begun = phone.begin(stage.open_code(ANGE)).get_json()

    known = [one["id"] for one in begun["public_key"]["excludeCredentials"]]
    assert len(known) == 1


def test_the_page_of_the_interface_documents_every_refusal(stage: EnrolmentStage) -> None:
    """The OpenAPI document has the six paths of this room, each with its problem documents."""
    paths = stage.api.spec.to_dict()["paths"]

    assert set(paths) == {
        "/v1/enrolments",
        "/v1/enrolments/{ceremony_id}",
        "/v1/devices",
        "/v1/devices/{device_id}",
        "/v1/notices",
        "/v1/loss-reports",
    }
    begin = paths["/v1/enrolments"]["post"]["responses"]
    assert "application/problem+json" in begin["403"]["content"]
