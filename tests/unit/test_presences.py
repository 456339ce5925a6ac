"""A presence: this phone was here, a moment ago, before this professional; once in the country."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from apcv_backend.bootstrap import Services
from apcv_backend.strict_jwt import verify_compact
from keys.keyring import Purpose
from tests.simulators.answers import json_of
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, LAURE
from tests.simulators.online_rights_stage import (
    PRACTICE,
    RightsStage,
    open_rights_stage,
    open_till,
    pocket,
    professional,
)


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_rights_stage(services, clock, attestation_dir)


def claims(stage: RightsStage, token: str) -> dict[str, Any]:
    (record,) = stage.services.keyring.public_keys(Purpose.OIDC)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), record.public_key)
    return verify_compact(token, key, "ES256", typ="presence+jwt")


def test_a_scan_redeemed_gives_a_signed_token_without_a_number(stage: RightsStage) -> None:
    """The token says who, where, when and how; the patient is a reference that only this house resolves."""
    patient = pocket(stage)

    answer = stage.redeem(patient.show())

    assert answer.status_code == 201, answer.get_json()
    told = claims(stage, json_of(answer)["presence_token"])
    assert (told["proofMethod"], told["actorId"], told["actorStructure"], told["actorProfession"]) == (
        "one_way",
        LAURE.text,
        "999001506",
        "21",
    )
    assert told["exp"] - told["iat"] == 30 * 60
    assert told["patientProofTime"] == int(stage.clock().timestamp())
    assert ANGE.text not in str(told)
    assert stage.subject_of(ANGE) not in str(told)
    assert stage.lines("presence.redeemed") == [
        (stage.subject_of(ANGE), {"by": LAURE.text, "structure": "999001506", "method": "one_way"})
    ]


def test_a_patient_is_another_reference_in_another_structure(stage: RightsStage) -> None:
    """Two structures cannot join what they keep by the reference they were given."""
    patient = pocket(stage)
    here = claims(stage, json_of(stage.redeem(patient.show()))["presence_token"])["patientId"]
    stage.clock.advance(timedelta(minutes=11).total_seconds())
    again = claims(stage, json_of(stage.redeem(patient.show()))["presence_token"])["patientId"]
    stage.clock.advance(timedelta(minutes=11).total_seconds())
    there = claims(stage, json_of(stage.redeem(patient.show(), "karim"))["presence_token"])["patientId"]

    assert here == again
    assert here != there


def test_a_proof_is_redeemed_once_in_the_country(stage: RightsStage) -> None:
    """The same code at another till is refused, with an alarm; the patient finds both in the journal."""
    shown = pocket(stage).show()
    assert stage.redeem(shown).status_code == 201
    stage.clock.advance(timedelta(seconds=20).total_seconds())
    stage.callers.callers["again"] = professional(KARIM, "999001506", "10")

    again = stage.redeem(shown, "again")

    assert (again.status_code, json_of(again)["code"]) == (409, "proof_already_redeemed")
    assert len(stage.presences()) == 1
    assert [facts["why"] for _, facts in stage.lines("presence.refused")] == ["redeemed"]


def test_a_signature_written_otherwise_is_the_same_proof(stage: RightsStage) -> None:
    """Both forms of an ECDSA signature verify: what is remembered is the card and its moment."""
    from cartes import presentation
    from cartes.wire import qr

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    data = pocket(stage).present("soins")
    parsed = presentation.parse(data)
    r, s = parsed.proof.signature[:32], int.from_bytes(parsed.proof.signature[32:], "big")
    other = presentation.HolderProof(
        parsed.proof.t,
        parsed.proof.flags,
        parsed.proof.counter,
        parsed.proof.profile,
        r + (order - s).to_bytes(32, "big"),
    )
    assert stage.redeem(qr.pack(data)).status_code == 201

    again = stage.redeem(qr.pack(presentation.build(parsed.credential, other)))

    assert json_of(again)["code"] in {"proof_already_redeemed", "scan_refused"}
    assert len(stage.presences()) == 1


@pytest.mark.parametrize(("seconds", "status"), [(75, 201), (76, 422)])
def test_a_code_older_than_75_seconds_of_our_clock_is_refused(
    stage: RightsStage, seconds: int, status: int
) -> None:
    """The till's sixty seconds and fifteen for the network; the server's clock counts."""
    shown = pocket(stage).show()
    stage.clock.advance(timedelta(seconds=seconds).total_seconds())

    answer = stage.redeem(shown)

    assert answer.status_code == status
    if status == 422:
        assert json_of(answer)["reason"] == "proof_stale"


def test_a_phone_in_two_places_at_once_is_refused_and_rings(stage: RightsStage) -> None:
    """Another structure within two minutes, with another code of the same phone."""
    patient = pocket(stage)
    assert stage.redeem(patient.show()).status_code == 201
    stage.clock.advance(timedelta(seconds=90).total_seconds())

    there = stage.redeem(patient.show(), "karim")

    assert (there.status_code, json_of(there)["code"]) == (409, "phone_elsewhere")
    assert stage.alarms() == ["phone_in_two_places"]
    assert [facts["structure"] for _, facts in stage.lines("presence.refused")] == [PRACTICE]


def test_a_phone_that_crossed_the_street_is_served_and_said(stage: RightsStage) -> None:
    """Five minutes after the practice, the pharmacy gets its token, with a flag."""
    patient = pocket(stage)
    stage.redeem(patient.show(), "karim")
    stage.clock.advance(timedelta(minutes=5).total_seconds())

    there = stage.redeem(patient.show())

    assert there.status_code == 201
    assert json_of(there)["seen_elsewhere"] is True


def test_a_withdrawn_phone_gives_no_presence(stage: RightsStage) -> None:
    """Its slot is revoked in our own database: no list needs to be published for that."""
    patient = pocket(stage)
    shown = patient.show()
    patient.phone.withdraw()

    answer = stage.redeem(shown)

    assert (answer.status_code, json_of(answer)["reason"]) == (422, "revoked")


def test_a_two_way_answer_is_redeemed_with_its_request(stage: RightsStage) -> None:
    """The till's request travels with the opened answer, and everything in it is checked again."""
    till, patient = open_till(stage), pocket(stage)
    request, shown = till.ask(patient)

    answer = stage.redeem(shown, request=request)

    assert answer.status_code == 201, answer.get_json()
    assert json_of(answer)["method"] == "two_way"
    assert json_of(answer)["opens"] == ["amc", "amo", "number"]


def test_a_two_way_answer_serves_nobody_but_who_asked(stage: RightsStage) -> None:
    """Karim cannot redeem what was answered to Laure's till, nor Laure elsewhere than where she asked."""
    till, patient = open_till(stage), pocket(stage)
    request, shown = till.ask(patient)
    stage.callers.callers["laure elsewhere"] = professional(LAURE, PRACTICE)

    by_karim = json_of(stage.redeem(shown, "karim", request))
    elsewhere = json_of(stage.redeem(shown, "laure elsewhere", request))
    without = json_of(stage.redeem(shown))

    assert by_karim["reason"] == "asked_by_another"
    assert elsewhere["reason"] == "asked_in_another_structure"
    assert without["reason"] == "holder_signature_invalid"
    assert stage.presences() == []


def test_a_presence_is_renewed_without_a_scan_and_not_for_ever(stage: RightsStage) -> None:
    """Half an hour at a time, eight hours in all; then the phone must be shown again."""
    given = json_of(stage.redeem(pocket(stage).show()))
    path = f"/v1/presences/{given['presence_id']}/renewals"
    opened = stage.clock()
    while stage.clock() - opened < timedelta(hours=8) - timedelta(minutes=25):
        stage.clock.advance(timedelta(minutes=25).total_seconds())
        renewed = stage.post(path)
        assert renewed.status_code == 201
    assert json_of(renewed)["expires_at"] == given["renew_until"]

    stage.clock.advance(timedelta(minutes=25).total_seconds())
    over = stage.post(path)

    assert (over.status_code, json_of(over)["why"]) == (403, "not_open")


def test_a_presence_that_expired_is_not_renewed(stage: RightsStage) -> None:
    """A context that died needs a new scan: nothing brings it back."""
    given = json_of(stage.redeem(pocket(stage).show()))
    stage.clock.advance(timedelta(minutes=31).total_seconds())

    assert stage.post(f"/v1/presences/{given['presence_id']}/renewals").status_code == 403


def test_a_lost_phone_ends_the_renewals_of_its_presences(stage: RightsStage) -> None:
    """While the context lives is also while the phone does."""
    patient = pocket(stage)
    given = json_of(stage.redeem(patient.show()))
    patient.phone.withdraw()

    assert stage.post(f"/v1/presences/{given['presence_id']}/renewals").status_code == 403


def test_a_closed_presence_serves_no_more(stage: RightsStage) -> None:
    """The visit is over when its professional says so, and nobody else may say it."""
    given = json_of(stage.redeem(pocket(stage).show()))
    path = f"/v1/presences/{given['presence_id']}"

    other = stage.client.delete(path, headers={"Authorization": "DPoP karim"})
    own = stage.client.delete(path, headers={"Authorization": "DPoP laure"})
    asked = stage.ask(ground="presence", presence_token=given["presence_token"])

    assert (other.status_code, own.status_code) == (403, 204)
    assert (asked.status_code, json_of(asked)["why"]) == (403, "not_open")


def test_scans_made_offline_are_told_and_never_exchanged(stage: RightsStage) -> None:
    """An upload is journalled; it holds no token, and no query can stand on it."""
    shown = pocket(stage).show()
    stage.clock.advance(timedelta(hours=3).total_seconds())

    answer = stage.post("/v1/presences/uploads", {"scans": [{"scan": shown}, {"scan": "12345"}]})

    assert answer.status_code == 200
    assert json_of(answer) == {"results": [{"verdict": "kept"}, {"verdict": "refused", "why": "not_sq1"}]}
    assert stage.presences() == []
    assert stage.lines("presence.uploaded") == [
        (stage.subject_of(ANGE), {"by": LAURE.text, "structure": "999001506", "method": "one_way"})
    ]
    assert stage.redeem(shown).status_code == 422


def test_a_revoked_card_shown_to_a_till_that_could_not_know_is_told_to_its_owner(stage: RightsStage) -> None:
    """The phone was withdrawn at nine and showed its card offline at ten: refused, and in the journal."""
    patient = pocket(stage)
    patient.phone.withdraw()
    shown = patient.show()
    stage.clock.advance(timedelta(hours=1).total_seconds())

    answer = json_of(stage.post("/v1/presences/uploads", {"scans": [{"scan": shown}]}))

    assert answer["results"] == [{"verdict": "refused", "why": "revoked"}]
    assert stage.lines("presence.uploaded") == []
    told = {"by": LAURE.text, "structure": "999001506", "method": "one_way", "why": "withdrawn"}
    assert stage.lines("presence.refused") == [(stage.subject_of(ANGE), told)]


def test_one_code_at_two_offline_tills_is_found(stage: RightsStage) -> None:
    """Attack 2, offline: filmed at A, shown at B within the minute. The uploads meet here."""
    shown = pocket(stage).show()
    stage.clock.advance(timedelta(hours=1).total_seconds())
    first = json_of(stage.post("/v1/presences/uploads", {"scans": [{"scan": shown}]}))

    second = json_of(stage.post("/v1/presences/uploads", {"scans": [{"scan": shown}]}, "karim"))
    repeated = json_of(stage.post("/v1/presences/uploads", {"scans": [{"scan": shown}]}))

    assert first["results"] == [{"verdict": "kept"}]
    assert second["results"] == [{"verdict": "seen_elsewhere"}]
    assert repeated["results"] == [{"verdict": "seen_elsewhere"}]
    assert "proof_shown_twice" in stage.alarms()


def test_a_patients_token_or_a_machines_redeems_nothing(stage: RightsStage) -> None:
    """A presence needs somebody it was before."""
    shown = pocket(stage).show()

    assert stage.redeem(shown, "mutuelle").status_code == 403
    assert stage.redeem(shown, "nobody").status_code == 401
    assert stage.presences() == []
