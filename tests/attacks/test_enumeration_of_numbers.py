"""Attack: learn which numbers exist, or who is insured where, from a refusal, or from how long it takes."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from apcv_backend.bootstrap import Services
from tests.simulators.clock import SteerableClock
from tests.simulators.online_rights_stage import OTHER_INSURER, RightsStage, contract, open_rights_stage
from tests.simulators.population import Population, nir_of, person_of

COUNTRY = 1_000
EACH = 40
SHUFFLES = 2_000


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    opened = open_rights_stage(
        services,
        clock,
        attestation_dir,
        Population(services.rights, COUNTRY),
    )
    opened.services.database.run(
        lambda tx: opened.online.quotas.raise_ceiling(tx, "client:mutuelle", 100_000, "essai", clock())
    )
    for number in range(EACH):
        opened.told.members[OTHER_INSURER, person_of(number).text] = contract(OTHER_INSURER)
    return opened


def statements(stage: RightsStage, nir: str) -> list[str]:
    """The SQL of one question."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert stage.ask_member(nir).status_code == 404
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return seen


def test_unknown_and_refused_cost_the_same_statements(stage: RightsStage) -> None:
    """Somebody unknown, and another insurer's member: the same questions to the database, in that order."""
    stage.ask_member(nir_of(1))  # from the second question on, a person has a pseudonym

    assert statements(stage, nir_of(1)) == statements(stage, nir_of(COUNTRY + 5))


def test_unknown_and_refused_take_the_same_time(stage: RightsStage) -> None:
    """Two samples taken in turn; a permutation test finds no difference that somebody could use.

    The test itself is checked on a difference of ten milliseconds, which it must find.
    """
    unknown, refused = [], []
    for number in range(EACH):
        unknown.append(timed(stage, nir_of(COUNTRY + number)))
        refused.append(timed(stage, nir_of(number)))

    assert not differ(unknown, refused)
    assert differ(unknown, [one + 0.01 for one in refused])


def timed(stage: RightsStage, nir: str) -> float:
    began = time.perf_counter()
    answer = stage.ask_member(nir)
    took = time.perf_counter() - began
    assert answer.status_code == 404
    return took


def differ(one: list[float], other: list[float]) -> bool:
    """Whether medians differ by over a millisecond, and chance explains it less than once in a thousand."""
    seen = abs(statistics.median(one) - statistics.median(other))
    pool, draw = one + other, random.Random(1)
    as_far = 0
    for _ in range(SHUFFLES):
        draw.shuffle(pool)
        as_far += abs(statistics.median(pool[: len(one)]) - statistics.median(pool[len(one) :])) >= seen
    return seen > 0.001 and as_far / SHUFFLES < 0.001
