"""Access to the record with real tokens: the patient's word, the doctor's question, and who reads of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from apcv_backend.bootstrap import Services
from apcv_backend.tables import journal
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE
from tests.simulators.representation_stage import (
    HELENE,
    INES,
    LINA,
    MARIA,
    PAUL,
    ZOE,
    open_for,
    open_tutelle,
)
from tests.simulators.wired_town import Holder, WiredTown, open_wired_town


@pytest.fixture
def town(services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path) -> WiredTown:
    return open_wired_town(services, app, clock, attestation_dir)


def _may(doctor: Holder, **words: Any) -> dict[str, Any]:
    body = {"patient": ANGE.text, "purpose": "normal", "care_team": True, **words}
    answer = doctor.post("/v1/access-decisions", body)
    assert answer.status_code == 200, answer.get_json()
    told: dict[str, Any] = answer.get_json()
    return told


def test_a_block_said_on_the_phone_counts_at_the_next_question(town: WiredTown) -> None:
    """Care team, then blocked, then an emergency: the rule that decided is told, to both sides."""
    patient, doctor = town.patient(ANGE), town.signed_in(KARIM)
    assert _may(doctor)["rule"] == "care_team"

    said = {"target": "professional", "number": KARIM.text, "decision": "blocked"}
    assert town.by_phone(patient, "POST", "/v1/consents", said).status_code == 201

    assert (_may(doctor)["decision"], _may(doctor)["rule"]) == ("deny", "professional_blocked")
    urgent = _may(doctor, purpose="bris_de_glace")
    assert (urgent["decision"], urgent["patient_is_told"]) == ("permit", True)
    told = [one for one in town.journal(patient) if one["event"].startswith("record.")]
    assert [one["event"] for one in told] == [
        "record.permitted",
        "record.denied",
        "record.denied",
        "record.permitted",
    ]
    assert "HADDAD" in told[0]["who"]
    assert told[0]["why"] == "but : urgence (bris de glace) ; règle : urgence"
    assert told[1]["why"] == "but : soins ; règle : vous avez bloqué ce professionnel"


def test_an_opposition_said_beforehand_stops_an_emergency(town: WiredTown) -> None:
    """And nothing else does."""
    patient, doctor = town.patient(ANGE), town.signed_in(LAURE)
    said = {"target": "purpose", "number": "bris_de_glace", "decision": "blocked"}
    assert town.by_phone(patient, "POST", "/v1/consents", said).status_code == 201

    assert _may(doctor, purpose="bris_de_glace")["rule"] == "opposed_beforehand"


def test_the_switchboards_purpose_is_a_regulators(town: WiredTown) -> None:
    """A pharmacist's token does not become one by asking."""
    assert _may(town.signed_in(LAURE), purpose="centre_15")["rule"] == "not_a_regulator"


def test_a_patient_signed_in_at_their_space_says_the_same(town: WiredTown) -> None:
    """From a site registered for it; and not from one that was given a name only."""
    said = {"target": "professional", "number": KARIM.text, "decision": "blocked"}
    space, elsewhere = town.signed_in(ANGE, scope="record"), town.signed_in(ANGE, scope="")

    refused = elsewhere.post("/v1/consents", said)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "caller_not_allowed")
    assert space.post("/v1/consents", said).status_code == 201

    assert _may(town.signed_in(KARIM))["rule"] == "professional_blocked"


def test_who_represents_somebody_signs_in_for_them_and_does_not_speak_for_them(town: WiredTown) -> None:
    """Paul for Maria: the sign-in is told in her journal too, and her consents stay hers."""
    opened = open_tutelle(town.stage.signin.stage)
    paul = town.signed_in(PAUL, scope="record", acts_for=opened.reference)
    said = {"target": "professional", "number": KARIM.text, "decision": "granted"}

    refused = paul.post("/v1/consents", said)

    assert refused.status_code == 403, refused.get_json()
    rows = town.stage.signin.stage.rows(journal)
    (line,) = [row for row in rows if row.event == "signin.session_opened_for_you"]
    assert line.subject == opened.beneficiary_subject
    assert opened.delegate_subject in line.facts
    assert MARIA.text not in line.facts


@pytest.mark.parametrize("purpose", ["bris_de_glace", "centre_15"])
def test_who_answers_for_somebody_without_a_phone_is_told_of_an_emergency(
    town: WiredTown, purpose: str
) -> None:
    """Maria holds nothing: Paul's phone is told, permitted or not, and that it is not about him."""
    paul, doctor = town.patient(PAUL), town.signed_in(KARIM)
    open_tutelle(town.stage.signin.stage)

    _may(doctor, patient=MARIA.text, purpose=purpose, care_team=False)

    told = town.by_phone(paul, "GET", "/v1/notices").get_json()
    kinds = [one["kind"] for one in told if "record" in one["kind"]]
    assert kinds == ["represented_record_in_emergency"]


def test_a_parent_is_not_told_of_an_emergency_their_child_keeps(town: WiredTown) -> None:
    """A child's own business in an emergency too (CSP L1111-5); nor is a parent from sixteen on."""
    stage, doctor = town.stage.signin.stage, town.signed_in(KARIM)
    ines, helene = town.patient(INES), town.patient(HELENE)
    open_for(stage, ZOE, INES)
    open_for(stage, LINA, HELENE)

    _may(doctor, patient=ZOE.text, purpose="bris_de_glace", confidential=True)
    _may(doctor, patient=LINA.text, purpose="bris_de_glace")

    for phone in (ines, helene):
        told = town.by_phone(phone, "GET", "/v1/notices").get_json()
        assert [one for one in told if "record" in one["kind"]] == []
