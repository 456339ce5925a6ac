"""A pharmacist signs in with her e-CPS, scans a patient, asks for rights; the patient reads it, objects."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.tables import presences
from cartes.till_request import TillOffer
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE, CardPhone
from tests.simulators.online_rights_stage import AskingTill, Pocket
from tests.simulators.representation_stage import MARIA, PAUL, open_tutelle
from tests.simulators.wired_town import WiredTown, open_wired_town
from verifier.own_key import OwnKey


@pytest.fixture
def town(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> WiredTown:
    return open_wired_town(services, app, clock, attestation_dir)


def _pocket(town: WiredTown, phone: CardPhone, **request: str) -> Pocket:
    return Pocket(town, phone, town.cards(phone, **request))


def test_from_the_sign_in_to_the_patients_objection(town: WiredTown) -> None:
    """e-CPS sign-in, presence, question, journal, "this was not me": one visit, with real tokens."""
    patient = town.patient(ANGE)
    pharmacist = town.signed_in(LAURE)

    # 1. The scan becomes a presence; the very same code gives no second one.
    shown = _pocket(town, patient).show()
    given = pharmacist.post("/v1/presences", {"scan": shown})
    assert given.status_code == 201, given.get_json()
    assert pharmacist.post("/v1/presences", {"scan": shown}).get_json()["code"] == "proof_already_redeemed"

    # 2. The question, on the presence.
    token = given.get_json()["presence_token"]
    answer = pharmacist.ask(ground="presence", presence_token=token)
    assert answer.status_code == 200, answer.get_json()
    assert answer.get_json()["amo"]["open"] is True

    # 3. The clock has not moved, and the patient reads it: who, where, why.
    entries = town.journal(patient)
    told = {one["event"]: one for one in entries}
    assert {"rights.queried", "presence.redeemed", "presence.refused"} <= set(told)
    asked = told["rights.queried"]
    assert "PAOLI" in asked["who"]
    assert asked["why"] == "motif : vous étiez présent ; but : tiers payant ; résultat : répondu"
    refused = "moyen : code montré par le téléphone ; raison : code déjà présenté"
    assert told["presence.refused"]["why"] == refused

    # 4. "This was not me": an incident is open, and said in the journal.
    contested = town.by_phone(patient, "POST", f"/v1/journal/{asked['entry']}/incident")
    assert contested.status_code == 201, contested.get_json()
    (incident,) = town.services.incidents.open()
    assert incident.event == "rights.queried"
    assert town.journal(patient)[0]["event"] == "incident.opened"


def test_a_two_way_scan_shows_the_patient_who_asks(town: WiredTown) -> None:
    """The till's request names its professional; another one cannot redeem the answer."""
    patient, doctor = town.patient(ANGE), town.signed_in(KARIM)
    pharmacist, theirs = town.signed_in(LAURE), _pocket(town, town.stage.phone(LAURE).phone)
    till = _till(town, theirs)

    request, scan = till.ask(_pocket(town, patient))
    stolen = doctor.post("/v1/presences", {"scan": scan, "request": request})
    given = pharmacist.post("/v1/presences", {"scan": scan, "request": request})

    assert (stolen.status_code, stolen.get_json()["reason"]) == (422, "asked_by_another")
    assert given.status_code == 201, given.get_json()
    assert given.get_json()["method"] == "two_way"


def _till(town: WiredTown, theirs: Pocket) -> AskingTill:
    key = OwnKey.make(town.services.random)
    offer = TillOffer(key.public_key, (town.clock() + timedelta(hours=8)).replace(microsecond=0))
    name = next(iter(theirs.credentials))
    return AskingTill(town, key, offer, theirs.present(name, ctx=offer.context))


def test_a_presence_lives_as_long_as_the_visit(town: WiredTown) -> None:
    """Renewed without a scan, closed at the end; nothing is asked on it afterwards."""
    patient, pharmacist = town.patient(ANGE), town.signed_in(LAURE)
    given = pharmacist.post("/v1/presences", {"scan": _pocket(town, patient).show()}).get_json()
    path = f"/v1/presences/{given['presence_id']}"
    town.clock.advance(60)

    renewed = pharmacist.post(f"{path}/renewals").get_json()
    assert renewed["expires_at"] > given["expires_at"]
    assert pharmacist.call("DELETE", path).status_code == 204

    over = pharmacist.ask(ground="presence", presence_token=renewed["presence_token"])
    assert (over.status_code, over.get_json()["code"]) == (403, "presence_refused")


def test_a_delegated_card_is_its_beneficiarys(town: WiredTown) -> None:
    """Paul shows Maria's card: the rights are Maria's, and so is the journal line."""
    paul = town.patient(PAUL)
    opened = open_tutelle(town.stage.signin.stage)
    pharmacist = town.signed_in(LAURE)

    scan = _pocket(town, paul, **{"for": opened.reference}).show()
    given = pharmacist.post("/v1/presences", {"scan": scan})
    assert given.status_code == 201, given.get_json()
    answer = pharmacist.ask(ground="presence", presence_token=given.get_json()["presence_token"])

    assert answer.get_json()["matricule_ins"] == MARIA.text
    with town.services.database.read() as connection:
        subject = connection.execute(select(presences.c.subject_id)).scalar_one()
    assert subject == opened.beneficiary_subject
    assert all(one["event"] != "rights.queried" for one in town.journal(paul))


def test_a_token_of_another_site_redeems_nothing(town: WiredTown) -> None:
    """She signed in at a portal that was given her name, not her tools."""
    patient, elsewhere = town.patient(ANGE), town.signed_in(LAURE, scope="")

    refused = elsewhere.post("/v1/presences", {"scan": _pocket(town, patient).show()})

    assert (refused.status_code, refused.get_json()["code"]) == (403, "caller_not_allowed")
    assert "presence.redeemed" not in {one["event"] for one in town.journal(patient)}


def test_a_phone_withdrawn_at_noon_shows_nothing_at_noon(town: WiredTown) -> None:
    """The professional's session dies with her phone; so does her token at every door."""
    patient, pharmacist = town.patient(ANGE), town.signed_in(LAURE)
    scan = _pocket(town, patient).show()
    town.services.revocation.revoke_person(LAURE, DeskAgent("A. Martin", "Corte"), town.clock())

    refused = pharmacist.post("/v1/presences", {"scan": scan})

    assert (refused.status_code, refused.get_json()["code"]) == (401, "caller_refused")
