"""Attack: an insurer asks about whoever was its member once, as if they still were.

Membership is a ground for the days the contract was in force. Of another day the insurer may be told that its
own contract is closed, and nothing about the compulsory cover of somebody it does not insure.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from apcv_backend.bootstrap import Services
from cartes.amc import EtatContrat
from tests.simulators.answers import json_of
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE
from tests.simulators.online_rights_stage import INSURER, RightsStage, contract, open_rights_stage


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_rights_stage(services, clock, attestation_dir)


@pytest.mark.parametrize(
    ("ended", "care_date", "is_told"),
    [
        (None, "2026-11-21", True),
        (date(2026, 11, 21), "2026-11-21", True),  # its last day is a day of it
        (date(2026, 11, 20), "2026-11-21", False),
        (date(2026, 10, 31), "2026-11-21", False),
        (date(2026, 10, 31), "2026-10-15", True),  # a claim of when it was in force
        (None, "2025-12-31", False),  # before it began
    ],
)
def test_the_compulsory_cover_is_told_of_days_the_contract_was_in_force(
    stage: RightsStage, ended: date | None, care_date: str, is_told: bool
) -> None:
    """One by one, and in a file."""
    stage.told.members[INSURER, ANGE.text] = contract(until=ended)

    one = json_of(stage.ask_member(ANGE.text, care_date=care_date))
    line = stage.client.post(
        f"/v1/rights/batches?purpose=contract&care_date={care_date}",
        data=b'{"nir":"%s"}' % ANGE.text.encode(),
        content_type="application/x-ndjson",
        headers={"Authorization": "DPoP mutuelle", "Batch-Id": "fichier-de-novembre"},
    ).data

    assert ("amo" in one) is is_told
    assert one["amc"]["open"] is is_told
    assert (b'"amo"' in line) is is_told


def test_who_nobody_knows_to_be_a_member_is_none(stage: RightsStage) -> None:
    """An insurer that does not know, or said nothing for long, has no ground for other covers."""
    stage.told.members[INSURER, ANGE.text] = contract(etat=EtatContrat.INCONNU)

    told = json_of(stage.ask_member(ANGE.text))

    assert "amo" not in told
    assert "amc" not in told
