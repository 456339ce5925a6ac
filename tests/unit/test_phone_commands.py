"""The operator's desk: many codes at once, and phones withdrawn for somebody who has lost everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from apcv_backend.enrolment.mailing import code
from apcv_backend.enrolment.phone_commands import phone
from apcv_backend.enrolment.rules import Device
from apcv_backend.enrolment.service import EnrolmentRoom
from apcv_backend.migrations import upgrade
from apcv_backend.tables import devices
from tests.simulators.enrolment_stage import ANGE, PAOLI, SARAH, EnrolmentStage


@dataclass
class Settings:
    is_production: bool = False


@dataclass
class BuiltServices:
    """As `bootstrap` builds them, as far as these commands look."""

    stage: EnrolmentStage
    config: Settings
    compromised: frozenset[str] = frozenset()

    @property
    def enrolment(self) -> EnrolmentRoom:
        return self.stage.room

    def clock(self) -> datetime:
        return self.stage.clock()

    def compromised_phones(self) -> Sequence[Device]:
        return self.stage.room.devices.of_models(self.compromised)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[EnrolmentStage]:
    url = f"sqlite:///{tmp_path / 'town-hall.db'}"
    upgrade(url)
    opened = EnrolmentStage(url)
    yield opened
    opened.close()


def desk(
    stage: EnrolmentStage, *words: str, typed: str = "", compromised: frozenset[str] = frozenset()
) -> Result:
    services = BuiltServices(stage, Settings(), compromised)
    return CliRunner().invoke(phone, words, input=typed, obj=services)


def test_a_phone_lost_with_its_slip_is_withdrawn_at_a_desk(stage: EnrolmentStage) -> None:
    """The agent who saw the person finds the phone, withdraws it, and is named in the journal."""
    lost = stage.enrolled(ANGE, name="Perdu").enrolment["reference"]
    stage.enrolled(ANGE, name="Gardé")
    listed = desk(stage, "list", "--card", "apcv", typed=ANGE.text)
    assert lost in listed.output

    done = desk(
        stage, "withdraw", lost, "--card", "apcv", "--agent", "A. Martin", "--place", "Corte", typed=ANGE.text
    )

    assert done.exit_code == 0, done.output
    left = desk(stage, "list", "--card", "apcv", typed=ANGE.text).output
    assert "Gardé" in left
    assert lost not in left
    assert stage.rings == ["publication"]


@pytest.mark.parametrize("reference", ["0000000000", "not a reference", ""])
def test_another_persons_phone_is_not_withdrawn(stage: EnrolmentStage, reference: str) -> None:
    """A reference that is not one of this person's phones changes nothing, whoever's it is."""
    theirs = stage.enrolled(SARAH).enrolment["reference"]
    words = ["--card", "apcv", "--agent", "A. Martin", "--place", "Corte"]

    for asked in (theirs, reference):
        refused = desk(stage, "withdraw", asked, *words, typed=ANGE.text)
        assert refused.exit_code == 1
        assert "pas de téléphone" in refused.output

    assert theirs in desk(stage, "list", "--card", "apcv", typed=SARAH.text).output


def test_phones_of_a_compromised_model_are_found(stage: EnrolmentStage) -> None:
    """When metadata call a model compromised, its phones are listed and the command says so by its code."""
    enrolled = stage.enrolled(ANGE)
    with stage.database.read() as connection:
        model = str(connection.execute(select(devices.c.aaguid)).scalar_one())

    assert desk(stage, "check-models").exit_code == 0
    found = desk(stage, "check-models", compromised=frozenset({model}))

    assert found.exit_code == 1
    assert enrolled.enrolment["reference"] in found.output


def test_many_codes_are_opened_at_once_and_bad_lines_are_told(stage: EnrolmentStage) -> None:
    """Each line is answered in its place; a bad one costs the others nothing; no number comes back."""
    lines = [
        {"card": "apcv", "person": ANGE.text, "for": "a"},
        {"card": "ecps", "person": PAOLI.text, "for": "b"},
        {"card": "apcv", "person": "158032A99904297", "for": "wrong key"},
        {"card": "visa", "person": ANGE.text, "for": "wrong card"},
        {"card": "apcv", "person": ANGE.text},
        {"card": "apcv", "person": 7, "for": "not text"},
    ]
    typed = "\n".join([*(json.dumps(line) for line in lines), "not json", ""])

    result = CliRunner().invoke(code, ["open-many"], input=typed, obj=BuiltServices(stage, Settings()))

    answers = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 1
    assert [("error" in answer) for answer in answers] == [False, False, True, True, True, True, True]
    assert [len(answer["secrets"]) for answer in answers[:2]] == [1, 2]
    assert ANGE.text not in result.output
