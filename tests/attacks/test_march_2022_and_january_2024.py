"""Attack: what really happened, replayed. The measure is the number of people whose data left.

March 2022: robots behind 19 hijacked accounts of professionals asked about people by their NIR, and 510,000
insured persons were taken. January 2024: one phished account at an operator of third-party payment, and 33
million. Here the thief holds live credentials and knows every number; and, against us, everybody is taken to
have agreed to everything and to be a member of every insurer: only the limits stand in the way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from apcv_backend.alarms import Alarms
from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import subjects
from cartes.cards import CardKind
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import open_stage
from tests.simulators.online_rights_stage import RightsStage, insurer, open_rights_stage, professional
from tests.simulators.population import Population, nir_of, person_of

COUNTRY = 800_000
ACCOUNTS = 19
TRIES_AFTER = 3


@pytest.fixture
def stage(services: Services, clock: SteerableClock, attestation_dir: Path) -> RightsStage:
    opened = open_rights_stage(
        services,
        clock,
        lambda known, client: open_stage(known, client, clock, attestation_dir),
        Population(services.rights, COUNTRY),
    )
    opened.told.everybody = True
    return opened


def robot(stage: RightsStage, token: str, ground: str, first: int, step_s: float) -> list[int]:
    """Ask about one person after another until nothing comes any more; who was told about."""
    taken: list[int] = []
    refused = 0
    for number in range(first, first + 400):
        answer = stage.ask(token, ground=ground, patient={"nir": nir_of(number)})
        stage.clock.advance(step_s)
        if answer.status_code == 200:
            taken.append(number)
            continue
        assert answer.status_code == 403, answer.get_json()
        refused += 1
        if refused > TRIES_AFTER:
            return taken
    raise AssertionError("never stopped")


def found_in_their_journal(stage: RightsStage, people: list[int]) -> int:
    """How many of them find in their journal that somebody was told about them."""
    told = {subject for subject, facts in stage.lines("rights.queried") if facts["outcome"] == "answered"}
    vault = stage.services.vault
    known = {row.person_index: row.subject_id for row in stage.rows(subjects)}
    indexes = (vault.person_index("apcv", person_of(number).text) for number in people)
    return sum(known.get(index) in told for index in indexes)


def _report(record: Callable[[str, object], None], what: str, people: int) -> None:
    """Say how many people's data left: on the terminal (`-rP`, `-s`) and in a report of the run."""
    record(what, people)
    sys.stdout.write(f"{what}: the data of {people} people left\n")


@pytest.mark.parametrize(
    ("step_s", "accounts"), [(0.1, ACCOUNTS), (5.0, 5)], ids=["robots", "patient robots"]
)
def test_march_2022_hijacked_accounts(
    stage: RightsStage,
    step_s: float,
    accounts: int,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """Fewer than a hundred people an account, an alarm within a minute of its excess, nobody left untold."""
    taken: list[list[int]] = []
    rang: list[float] = []
    for account in range(accounts):
        name = f"pirate-{account}"
        person = PersonKey(CardKind.ECPS, f"8997009{account:05d}")
        stage.callers.callers[name] = professional(person, f"9990{account:05d}")
        begun = stage.clock()
        taken.append(robot(stage, name, "consent", account * 1_000, step_s))
        newest = Alarms.latest(stage.services.database, since=begun)
        assert [alarm.account for alarm in newest] == [f"professional:sub-{person.text}"]
        last_answer = begun + timedelta(seconds=step_s * len(taken[-1]))
        rang.append(abs((newest[0].at - last_answer).total_seconds()))

    left = [number for account in taken for number in account]
    _report(
        record_testsuite_property, f"march 2022, {accounts} accounts, one question in {step_s} s", len(left)
    )
    assert max(len(account) for account in taken) < 100
    assert len(left) == accounts * (20 if step_s < 1 else 60)
    assert max(rang) < 60
    assert found_in_their_journal(stage, left) == len(left)


@pytest.mark.parametrize("step_s", [0.1, 5.0], ids=["robot", "patient robot"])
def test_january_2024_one_phished_operator(
    stage: RightsStage, step_s: float, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """One account that may ask about everybody's contract takes fewer than a hundred people."""
    stage.callers.callers["operator"] = insurer(client="operateur")
    begun = stage.clock()

    left = robot(stage, "operator", "membership", 0, step_s)

    _report(record_testsuite_property, f"january 2024, one question in {step_s} s", len(left))
    assert len(left) < 100
    (alarm,) = Alarms.latest(stage.services.database, since=begun)
    last_answer = begun + timedelta(seconds=step_s * len(left))
    assert (alarm.account, alarm.at - last_answer < timedelta(minutes=1)) == ("client:operateur", True)
    assert found_in_their_journal(stage, left) == len(left)


def test_by_file_the_same_account_takes_no_more(stage: RightsStage) -> None:
    """The door for files has the ceiling of its account: no way around the other one."""
    stage.callers.callers["operator"] = insurer(client="operateur")
    body = "".join(f'{{"nir":"{nir_of(number)}"}}\n' for number in range(1_000))

    answer = stage.client.post(
        "/v1/rights/batches?purpose=contract&care_date=2026-11-21",
        data=body,
        content_type="application/x-ndjson",
        headers={"Authorization": "DPoP operator", "Batch-Id": "vol-de-janvier-2024"},
    )

    assert answer.data.count(b'"answer"') < 100
    assert b'"done":false' in answer.data
    again = robot(stage, "operator", "membership", 5_000, 5.0)
    assert answer.data.count(b'"answer"') + len(again) < 100


def test_a_stolen_file_account_meets_a_canary(stage: RightsStage) -> None:
    """An insurer whose ceiling was raised to 100,000 a day: a thief who guesses numbers is found by a canary.

    One identity in two hundred does not exist. The file stops at the slice that holds one.
    """
    stage.callers.callers["big"] = insurer(client="grande-mutuelle")
    vault, quotas = stage.services.vault, stage.online.quotas
    canary = vault.person_index("apcv", nir_of(150))
    at = stage.clock()
    stage.services.database.run(
        lambda tx: quotas.raise_ceiling(tx, "client:grande-mutuelle", 100_000, "direction", at)
    )
    stage.services.database.run(lambda tx: quotas.plant(tx, canary, "une personne sur deux cents", at))
    body = "".join(f'{{"nir":"{nir_of(number)}"}}\n' for number in range(1_000))

    answer = stage.client.post(
        "/v1/rights/batches?purpose=contract&care_date=2026-11-21",
        data=body,
        content_type="application/x-ndjson",
        headers={"Authorization": "DPoP big", "Batch-Id": "vol-d-un-grand-fichier"},
    )

    assert answer.data.count(b'"answer"') == 100
    assert stage.alarms() == ["canary"]


def test_a_frozen_account_still_serves_the_patient_who_is_there(stage: RightsStage) -> None:
    """Freezing an account must not close a pharmacy: a presence is a proof of its own."""
    from tests.simulators.online_rights_stage import pocket

    robot(stage, "laure", "consent", 0, 0.1)
    given = stage.redeem(pocket(stage).show()).get_json()
    assert given is not None

    answer = stage.ask(ground="presence", presence_token=given["presence_token"])

    assert answer.status_code == 200
