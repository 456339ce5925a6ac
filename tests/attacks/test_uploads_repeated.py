"""Attack: send one scan again and again, and drown a patient's journal and the operators' alarms.

A code scanned once can be uploaded for seven days, thirty times a request, and redeemed twice a second for a
minute: it is told once a structure.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from apcv_backend.bootstrap import Services
from tests.simulators.answers import json_of
from tests.simulators.clock import SteerableClock
from tests.simulators.online_rights_stage import RightsStage, open_rights_stage, pocket


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_rights_stage(services, clock, attestation_dir)


def upload(stage: RightsStage, scan: str, token: str = "laure", times: int = 5) -> set[str]:
    """Send a scan `times` over in one request; the verdicts."""
    answer = stage.post("/v1/presences/uploads", {"scans": [{"scan": scan}] * times}, token)
    return {one["verdict"] for one in json_of(answer)["results"]}


def test_a_scan_uploaded_a_hundred_times_is_told_once(stage: RightsStage) -> None:
    """The answer stays the same; the journal has one line."""
    shown = pocket(stage).show()
    stage.clock.advance(timedelta(hours=1).total_seconds())

    assert [upload(stage, shown) for _ in range(3)] == [{"kept"}] * 3
    stage.clock.advance(timedelta(days=3).total_seconds())
    assert upload(stage, shown) == {"kept"}

    assert len(stage.lines("presence.uploaded")) == 1


def test_a_scan_seen_in_two_structures_rings_once_for_each(stage: RightsStage) -> None:
    """The second structure is told, and rings; repeating it rings no more."""
    shown = pocket(stage).show()
    stage.clock.advance(timedelta(hours=1).total_seconds())
    upload(stage, shown)

    assert [upload(stage, shown, "karim") for _ in range(3)] == [{"seen_elsewhere"}] * 3

    assert len(stage.lines("presence.uploaded")) == 2
    assert stage.alarms() == ["proof_shown_twice"]


def test_a_withdrawn_card_uploaded_a_hundred_times_is_told_once(stage: RightsStage) -> None:
    """Its owner reads that it was shown where nobody could know, and not a hundred times."""
    patient = pocket(stage)
    stage.clock.advance(timedelta(minutes=1).total_seconds())
    shown = patient.show()
    patient.phone.withdraw()
    stage.clock.advance(timedelta(hours=1).total_seconds())

    assert upload(stage, shown) == upload(stage, shown) == {"refused"}

    assert [facts["why"] for _, facts in stage.lines("presence.refused")] == ["withdrawn"]


def test_a_proof_refused_again_and_again_is_told_once(stage: RightsStage) -> None:
    """Another structure insists on a proof that has served: each time refused, one line and one alarm."""
    shown = pocket(stage).show()
    assert stage.redeem(shown).status_code == 201

    answers = [stage.redeem(shown, "karim").status_code for _ in range(5)]

    assert answers == [409] * 5
    assert [facts["why"] for _, facts in stage.lines("presence.refused")] == ["elsewhere"]
    assert stage.alarms() == ["phone_in_two_places"]


def test_ones_own_till_that_insists_is_told_once_and_rings_nothing(stage: RightsStage) -> None:
    """A software that retries is no attack; its patient reads one line of it."""
    shown = pocket(stage).show()
    assert stage.redeem(shown).status_code == 201

    answers = [stage.redeem(shown).status_code for _ in range(5)]

    assert answers == [409] * 5
    assert len(stage.lines("presence.refused")) == 1
    assert stage.alarms() == []
