"""Attack: keep asking on a presence whose card was withdrawn or suspended, or is no longer the delegate's.

A presence lives half an hour and is renewed for a working day. What ends the card meanwhile ends it too, at
the next question: whoever reports a phone lost from the next room is not asked about until tonight.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.representation.rules import EndedBy
from cartes.wire import base64url
from tests.simulators.answers import json_of
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE
from tests.simulators.online_rights_stage import Pocket, RightsStage, open_rights_stage, pocket
from tests.simulators.representation_stage import DESK, PAUL, open_tutelle

AGENT = DeskAgent("A. Martin", "Corte")


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_rights_stage(services, clock, attestation_dir)


def over(stage: RightsStage, given: dict[str, str]) -> list[tuple[int, str]]:
    """What a question on a presence and its renewal answer."""
    asked = stage.ask(ground="presence", presence_token=given["presence_token"])
    renewed = stage.post(f"/v1/presences/{given['presence_id']}/renewals")
    return [
        (answer.status_code, str((answer.get_json() or {}).get("why", ""))) for answer in (asked, renewed)
    ]


ENDED = [(403, "not_open"), (403, "not_open")]
ALIVE = [(200, ""), (201, "")]


def test_a_phone_reported_lost_ends_its_presences(stage: RightsStage) -> None:
    """By its owner or at a desk: the token in the till's hands is worth nothing."""
    patient = pocket(stage)
    given = json_of(stage.redeem(patient.show()))
    assert over(stage, given) == ALIVE

    patient.phone.withdraw()

    assert over(stage, given) == ENDED


def test_a_suspended_card_suspends_its_presences(stage: RightsStage) -> None:
    """And lifting the suspension within the half-hour brings them back."""
    given = json_of(stage.redeem(pocket(stage).show()))
    desk, at = stage.services.revocation, stage.clock()

    desk.suspend_person(ANGE, AGENT, at)
    suspended = over(stage, given)
    desk.resume_person(ANGE, AGENT, at)

    assert suspended == ENDED
    assert over(stage, given) == ALIVE


def test_a_delegation_withdrawn_ends_the_presences_of_the_card_it_gave(stage: RightsStage) -> None:
    """The tutor's phone lives on and so does his own presence; what he showed of Maria's serves no more."""
    held = open_tutelle(stage.cards)
    own = pocket(stage, PAUL)
    answer = json_of(own.phone.fetch(**{"for": held.reference}))
    names = {one["shape"]: base64url.decode(one["credential"]) for one in answer["credentials"]}
    hers = json_of(stage.redeem(Pocket(stage, own.phone, names).show()))
    his = json_of(stage.redeem(own.show()))
    assert over(stage, hers) == over(stage, his) == ALIVE

    stage.services.representation.end(held.reference, EndedBy.JUGE, DESK, stage.clock())

    assert over(stage, hers) == ENDED
    assert over(stage, his) == ALIVE
