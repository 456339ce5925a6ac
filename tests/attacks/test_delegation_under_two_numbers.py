"""A newborn is known without a number of their own, and has one later: the same person at a desk.

Whoever is revoked, looked for or represented is the person, not the number an agent typed that day.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.rules import Representation
from cartes.cards import CardKind
from tests.simulators.issuance_stage import IssuanceStage
from tests.simulators.representation_stage import HUGO, INES, ZOE, open_for
from tests.simulators.staff_stage import StaffStage

AS_A_NEWBORN = PersonKey.parse(CardKind.APCV, f"{INES.text}/20210512/1")
AGENT = DeskAgent("A. Martin", "Corte")


@pytest.fixture
def opened(stage: IssuanceStage) -> Representation:
    """Zoé was spoken of before a number of hers could be used; her parents hold her card since."""
    services = stage.services
    services.database.run(lambda tx: services.subjects.ensure(tx, AS_A_NEWBORN, stage.clock()))
    open_for(stage, ZOE, HUGO)
    return open_for(stage, ZOE, INES)


@pytest.mark.parametrize("typed", [ZOE, AS_A_NEWBORN], ids=["today's", "a former one's"])
def test_revoking_a_person_reaches_what_was_opened_under_another_number(
    stage: IssuanceStage, opened: Representation, typed: PersonKey
) -> None:
    """Both parents' phones lose her card, and are issued no other."""
    phone = stage.enrolled(INES)
    assert phone.fetch(**{"for": opened.reference}).status_code == 200

    done = stage.services.revocation.revoke_person(typed, AGENT, stage.clock())

    assert done.representations == 2
    assert phone.fetch(**{"for": opened.reference}).get_json()["code"] == "representation_over"
    assert {row.state for row in stage.slots() if row.exercice.endswith(opened.reference)} == {"revoked"}


@pytest.mark.parametrize("typed", [ZOE, AS_A_NEWBORN], ids=["today's", "a former one's"])
def test_a_desk_finds_both_sides_under_every_number(
    stage: IssuanceStage, opened: Representation, app: Flask, attestation_dir: Path, typed: PersonKey
) -> None:
    """An agent types what the family shows: who represents her is listed, and said to represent."""
    agent = StaffStage(stage.services, app, attestation_dir).colleague("desk_agent")

    hers = agent.post("/v1/desk/delegations/search", {"person": typed.text}).get_json()
    mothers = agent.post("/v1/desk/delegations/search", {"person": INES.text}).get_json()

    assert [(one["represents"], one["in_force"]) for one in hers] == [(False, True)] * 2
    assert [(one["reference"], one["represents"]) for one in mothers] == [(opened.reference, True)]
