"""Attack: pay once for a file of questions, and ask it for ever.

A file is taken up again under its name without being charged or journalled twice. That must not become a way
to ask another day's question, another question of the same people, or anything once the account is frozen.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from tests.simulators.clock import SteerableClock
from tests.simulators.online_rights_stage import RightsStage, open_country
from tests.simulators.population import nir_of

NAME = "fichier-de-novembre"


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    opened = open_country(services, clock, attestation_dir, 1_000)
    quotas = opened.online.quotas
    opened.services.database.run(
        lambda tx: quotas.raise_ceiling(tx, "client:mutuelle", 10_000, "essai", clock())
    )
    return opened


def send(
    stage: RightsStage, count: int, *, purpose: str = "contract", day: str = "2026-11-21"
) -> TestResponse:
    body = b"".join(b'{"nir":"%s"}\n' % nir_of(number).encode() for number in range(count))
    return stage.client.post(
        f"/v1/rights/batches?purpose={purpose}&care_date={day}",
        data=body,
        content_type="application/x-ndjson",
        headers={"Authorization": "DPoP mutuelle", "Batch-Id": NAME},
    )


def lines(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.get_json()
    return [json.loads(line) for line in answer.data.splitlines()]


@pytest.mark.parametrize("changed", [{"day": "2026-11-20"}, {"purpose": "third_party_payment"}])
def test_a_name_serves_for_one_question(stage: RightsStage, changed: dict[str, str]) -> None:
    """The same people about another day, or for another purpose, is another file: charged and told."""
    assert lines(send(stage, 3))[-1] == {"done": True, "lines": 3}

    again = send(stage, 3, **changed)

    assert again.status_code == 422, again.data
    assert (again.get_json()["code"], again.get_json()["why"]) == ("batch_refused", "key")


def test_a_file_told_in_full_is_not_asked_again_the_next_day(stage: RightsStage) -> None:
    """Rights change: whoever asks later asks anew, and the patients read it."""
    lines(send(stage, 3))
    stage.clock.advance(timedelta(hours=23).total_seconds())
    assert len(lines(send(stage, 3))) == 4
    stage.clock.advance(timedelta(hours=2).total_seconds())

    again = send(stage, 3)

    assert again.status_code == 422, again.data
    assert again.get_json()["why"] == "key"
    assert len(stage.lines("rights.queried")) == 3


def test_a_frozen_account_reads_nothing_more_of_a_file_it_has_paid_for(stage: RightsStage) -> None:
    """Frozen by another question while a file told before streams again: it stops at the next slice."""
    lines(send(stage, 250))
    bird = stage.services.vault.person_index("apcv", nir_of(900))
    stage.services.database.run(lambda tx: stage.online.quotas.plant(tx, bird, "essai", stage.clock()))
    answer = send(stage, 250)
    streamed = answer.iter_encoded()
    first = next(iter(streamed))

    stage.ask_member(nir_of(900))
    rest = b"".join(streamed).splitlines()

    assert b'"answer"' in first
    assert json.loads(rest[-1]) == {"done": False, "resume_from": 101, "error": {"code": "account_frozen"}}
    assert len(rest) == 100
