"""A frozen account speaks again when two administrators sign it, or the operator of the machine says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from apcv_backend.bootstrap import Services
from apcv_backend.limit_commands import alarms
from apcv_backend.quota_rules import Account, Charge
from apcv_backend.tables import journal, query_ceilings
from cartes.wire import strict_json
from tests.simulators.staff_stage import StaffStage

NAME = "client:mutuelle-exemple"
ACCOUNT = Account(NAME, "client")
CANARY = "255019999912354"


@pytest.fixture
def stage(services: Services, app: Flask, attestation_dir: Path) -> StaffStage:
    return StaffStage(services, app, attestation_dir)


def _freeze(services: Services) -> None:
    """Ask about too many people at once, as a stolen account does."""
    people = [number.to_bytes(32, "big") for number in range(1_000)]
    quotas, at = services.online_rights.quotas, services.clock()
    charge = services.database.run(lambda tx: quotas.charge(tx, ACCOUNT, people, 0, at))
    assert charge is Charge.FROZEN


def _is_frozen(services: Services) -> bool:
    return services.database.run(lambda tx: services.online_rights.quotas.is_frozen(tx, ACCOUNT))


def _told(services: Services, event: str) -> list[dict[str, object]]:
    with services.database.read() as connection:
        rows = connection.execute(select(journal).where(journal.c.event == event)).all()
    assert all(row.subject == f"account:{NAME}" for row in rows)
    return [strict_json.loads(row.facts.encode()) for row in rows]


def _command(services: Services, *words: str, given: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(alarms, list(words), obj=services, input=given)
    return done.exit_code, done.output


def test_two_administrators_lift_a_frozen_account(stage: StaffStage, services: Services) -> None:
    """One proposes and cannot approve; the other signs; both stand in the journal."""
    _freeze(services)
    first, second = stage.administrators()
    made = first.propose(kind="lift_account", account=NAME).get_json()

    assert first.approve(made["proposal_id"]).get_json()["code"] == "second_person_needed"
    assert _is_frozen(services)
    done = second.approve(made["proposal_id"])

    assert (done.status_code, "member_id" in done.get_json()) == (200, False)
    assert not _is_frozen(services)
    (told,) = _told(services, "account.lifted")
    assert told["by"] == f"{first.member_id},{second.member_id}"


def test_nothing_is_lifted_that_is_not_frozen(stage: StaffStage, services: Services) -> None:
    """A name mistyped, or lifted meanwhile: refused, and the proposal still waits."""
    first, second = stage.administrators()
    made = first.propose(kind="lift_account", account=NAME).get_json()

    refused = second.approve(made["proposal_id"])

    assert (refused.status_code, refused.get_json()["code"]) == (404, "staff_account_not_frozen")
    assert _told(services, "account.lifted") == []
    assert len(first.get("/v1/staff/proposals").get_json()) == 1


def test_two_administrators_agree_on_a_ceiling(stage: StaffStage, services: Services) -> None:
    """It counts from then on, and says who agreed."""
    first, second = stage.administrators()
    made = first.propose(kind="set_ceiling", account=NAME, people_a_day=5_000).get_json()
    assert second.approve(made["proposal_id"]).status_code == 200

    with services.database.read() as connection:
        row = connection.execute(select(query_ceilings)).one()

    assert (row.account, row.people_a_day) == (NAME, 5_000)
    assert row.set_by == f"{first.member_id},{second.member_id}"
    assert _told(services, "ceiling.set")[0]["people_a_day"] == 5_000


@pytest.mark.parametrize(
    "words",
    [
        {"kind": "set_ceiling", "account": NAME, "people_a_day": 0},
        {"kind": "set_ceiling", "account": NAME, "people_a_day": 1_000_001},
        {"kind": "set_ceiling", "account": NAME},
        {"kind": "lift_account", "account": "two\nlines"},
        {"kind": "lift_account", "account": NAME, "people_a_day": 5},
        {"kind": "lift_account"},
    ],
)
def test_words_that_are_not_a_proposal_are_refused(stage: StaffStage, words: dict[str, object]) -> None:
    """Too much, too little, or what would not read back on one line."""
    first, _ = stage.administrators()

    assert first.propose(**words).status_code in {400, 422}


def test_the_operator_of_the_machine_sees_lifts_and_agrees(services: Services) -> None:
    """The command says each alarm by what it is; lifted, the account asks again, once told by whom."""
    assert _command(services, "list") == (0, "Aucune alarme.\n")
    _freeze(services)
    code, said = _command(services, "list")
    assert (code, NAME in said, "trop de personnes" in said) == (1, True, True)

    assert _command(services, "lift", NAME, "--by", "A. Martin, B. Durand")[0] == 0
    assert _command(services, "lift", NAME, "--by", "A. Martin, B. Durand")[0] == 1
    assert _command(services, "ceiling", NAME, "5000", "--by", "A. Martin, B. Durand")[0] == 0

    assert not _is_frozen(services)
    assert [one["lifted_by"] for one in _told(services, "account.lifted")] == ["A. Martin, B. Durand"]
    assert [one["people_a_day"] for one in _told(services, "ceiling.set")] == [5_000]


def test_a_canary_is_planted_from_standard_input(services: Services) -> None:
    """Its number stands in no command line; asked about, it freezes whoever asked."""
    assert _command(services, "canary", "--note", "novembre", given="not a number")[0] == 1
    assert _command(services, "canary", "--note", "novembre", given=f"{CANARY}\n")[0] == 0

    index = services.vault.person_index("apcv", CANARY)
    quotas, at = services.online_rights.quotas, services.clock()
    charge = services.database.run(lambda tx: quotas.charge(tx, ACCOUNT, [index], 0, at))

    assert charge is Charge.CANARY
    assert "n'existe pas" in _command(services, "list")[1]
