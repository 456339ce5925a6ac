"""Attack: ask twice in the same instant for what may happen once, at several workers of the server."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from apcv_backend.bootstrap import Services
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.record_access.rules import Purpose
from apcv_backend.record_access.service import AccessRequest
from apcv_backend.tables import query_people, query_windows, rights_batches
from cartes.cards import CardKind
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_races import raced
from tests.simulators.issuance_stage import LAURE
from tests.simulators.online_rights_stage import RightsStage, open_country, pocket
from tests.simulators.population import nir_of

AT_ONCE = 8
FILES_AT_ONCE = 4


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_country(services, clock, attestation_dir, 1_000)


def test_one_proof_raced_by_two_structures_opens_one_presence(stage: RightsStage) -> None:
    """Half the tills are the pharmacy's, half the practice's: one wins, the other structure rings."""
    shown = pocket(stage).show()
    clients = [stage.client.application.test_client() for _ in range(AT_ONCE)]

    def redeem(number: int) -> None:
        token = "laure" if number % 2 else "karim"
        answer = clients[number].post(
            "/v1/presences", json={"scan": shown}, headers={"Authorization": f"DPoP {token}"}
        )
        codes[number] = str(answer.get_json().get("code", "opened"))

    codes: dict[int, str] = {}
    raced(AT_ONCE, redeem)

    told = Counter(codes.values())
    assert told["opened"] == 1, told
    assert told["opened"] + told["proof_already_redeemed"] + told["phone_elsewhere"] == AT_ONCE, told
    assert len(stage.presences()) == 1
    assert set(stage.alarms()) == {"phone_in_two_places"}


def test_a_file_taken_up_by_many_at_once_is_charged_and_told_once(stage: RightsStage) -> None:
    """Each stream ends done, or says that another goes on; every patient has one line."""
    people = 90
    body = b"".join(b'{"nir":"%s"}\n' % nir_of(number).encode() for number in range(people))
    clients = [stage.client.application.test_client() for _ in range(AT_ONCE)]
    last: dict[int, dict[str, Any]] = {}

    def send(number: int) -> None:
        answer = clients[number].post(
            "/v1/rights/batches?purpose=contract&care_date=2026-11-21",
            data=body,
            content_type="application/x-ndjson",
            headers={"Authorization": "DPoP mutuelle", "Batch-Id": "fichier-de-novembre"},
        )
        last[number] = json.loads(answer.data.splitlines()[-1])

    raced(FILES_AT_ONCE, send)

    # A worker that found no connection in its second says so, or breaks off: nothing was done for it.
    told = Counter(str(one.get("code") or one.get("error", {}).get("code", "done")) for one in last.values())
    assert told["done"] >= 1, told
    assert set(told) <= {"done", "batch_in_progress", "database_unavailable"}, told
    assert len(stage.lines("rights.queried")) == people
    assert len(stage.rows(query_people)) == people
    assert {row.people for row in stage.rows(query_windows) if row.window_s == 86_400} == {people}
    assert [row.lines_told for row in stage.rows(rights_batches)] == [people]
    assert stage.alarms() == []


def test_the_last_record_of_the_day_has_one_taker(stage: RightsStage) -> None:
    """Eight decisions at once, three places left: three answers, and one alarm."""
    at, room = stage.clock(), stage.services.record_access
    stage.services.database.run(
        lambda tx: stage.online.quotas.raise_ceiling(tx, "records:s-laure", 3, "essai", at)
    )
    laure = Caller(CallerKind.PROFESSIONAL, subject_id="s-laure", person=LAURE, structure="999001506")

    def ask(number: int) -> None:
        person = PersonKey(CardKind.APCV, nir_of(number))
        room.decide(laure, AccessRequest(person, Purpose.NORMAL, care_team=True), at)

    told = raced(AT_ONCE, ask)

    assert told == {"done": 3, "record_account_frozen": AT_ONCE - 3}
    assert stage.alarms() == ["too_many_records"]
    assert len(stage.lines("record.permitted")) == 3
