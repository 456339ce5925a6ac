"""Attack: slow down, share the work, wait for the night, learn the account's habits, guess. One limit each.

Every limit on questions without a presence is met here through the door, alone: the step between questions
is long enough for the minute, and the other ceilings are out of reach. (The professional's and the client's
own, and the minute's, are in the replay of March 2022 and January 2024.)
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from apcv_backend.alarms import Alarms
from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import account_freezes
from cartes.cards import CardKind
from tests.simulators.answers import json_of
from tests.simulators.clock import SteerableClock
from tests.simulators.online_rights_stage import (
    PHARMACY,
    PRACTICE,
    RightsStage,
    open_country,
    professional,
)
from tests.simulators.population import nir_of

STEP_S = 5.0
LAURE_ACCOUNT = "professional:sub-899700900154"


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    return open_country(services, clock, attestation_dir, 10_000)


def colleague(stage: RightsStage, number: int, structure: str = PHARMACY) -> str:
    """A token of somebody else who works there."""
    token = f"collegue-{number}"
    person = PersonKey(CardKind.ECPS, f"8997009{number:05d}")
    stage.callers.callers[token] = professional(person, structure)
    return token


def asked(stage: RightsStage, token: str, first: int, most: int) -> int:
    """Ask about one person after another; how many were told about before the first refusal."""
    for number in range(most):
        answer = stage.ask(token, ground="consent", patient={"nir": nir_of(first + number)})
        stage.clock.advance(STEP_S)
        if answer.status_code != 200:
            assert json_of(answer)["code"] == "account_frozen"
            return number
    return most


def rang(stage: RightsStage) -> list[tuple[str, str]]:
    """The alarms: account and kind."""
    return [(alarm.account, alarm.kind) for alarm in Alarms.latest(stage.services.database)]


def test_a_structure_has_a_ceiling_however_many_work_there(stage: RightsStage) -> None:
    """Three colleagues, none of whom meets their own: ninety people, and the pharmacy is stopped."""
    taken = [asked(stage, colleague(stage, number), number * 1_000, 40) for number in range(3)]

    assert taken == [40, 40, 10]
    assert rang(stage) == [(f"structure:{PHARMACY}", "too_many_people")]
    assert asked(stage, colleague(stage, 3), 4_000, 1) == 0
    assert asked(stage, colleague(stage, 4, PRACTICE), 5_000, 5) == 5


def test_at_night_a_quarter(stage: RightsStage) -> None:
    """Three in the morning in France: fifteen people, and not sixty."""
    stage.clock.advance((datetime(2026, 11, 22, 2, tzinfo=UTC) - stage.clock()).total_seconds())

    taken = asked(stage, "laure", 0, 40)

    assert taken == 15
    assert rang(stage) == [(LAURE_ACCOUNT, "too_many_people")]


def test_an_account_that_asks_little_is_stopped_soon(stage: RightsStage) -> None:
    """Six people a day for five days, then a thief: three ordinary days, and not sixty people."""
    for _ in range(5):
        assert asked(stage, "laure", 0, 6) == 6
        stage.clock.advance(timedelta(days=1).total_seconds())

    taken = asked(stage, "laure", 1_000, 60)

    assert taken == 18
    assert rang(stage) == [(LAURE_ACCOUNT, "too_many_people")]


def test_somebody_who_does_not_exist_rings_at_the_first_question(stage: RightsStage) -> None:
    """The answer is a stranger's, to the byte; the account is frozen from then on."""
    services = stage.services
    canary = services.vault.person_index("apcv", nir_of(7))
    services.database.run(lambda tx: stage.online.quotas.plant(tx, canary, "essai", stage.clock()))

    told = stage.ask("laure", ground="consent", patient={"nir": nir_of(7)})
    stranger = stage.ask("karim", ground="consent", patient={"nir": nir_of(20_000)})

    assert (told.status_code, told.data) == (stranger.status_code, stranger.data)
    assert rang(stage) == [(LAURE_ACCOUNT, "canary")]
    assert asked(stage, "laure", 100, 1) == 0


def test_a_freeze_is_what_stops_the_next_morning(stage: RightsStage) -> None:
    """A ceiling alone would let a patient robot come back each day."""
    asked(stage, "laure", 0, 70)
    stage.clock.advance(timedelta(days=1).total_seconds())
    frozen = asked(stage, "laure", 1_000, 1)

    stage.services.database.run(lambda tx: tx.execute(delete(account_freezes)))

    assert frozen == 0
    assert asked(stage, "laure", 2_000, 1) == 1
