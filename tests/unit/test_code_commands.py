"""The operator opens codes: a person by file or standard input, secrets printed once, no number repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from apcv_backend.enrolment.commands import code
from apcv_backend.enrolment.service import EnrolmentRoom
from apcv_backend.migrations import upgrade
from tests.simulators.enrolment_stage import ANGE, PAOLI, EnrolmentStage


@dataclass
class Settings:
    is_production: bool = False


@dataclass
class BuiltServices:
    """As `bootstrap` builds them, as far as these commands look."""

    stage: EnrolmentStage
    config: Settings

    @property
    def enrolment(self) -> EnrolmentRoom:
        return self.stage.room

    def clock(self) -> datetime:
        return self.stage.clock()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[EnrolmentStage]:
    url = f"sqlite:///{tmp_path / 'town-hall.db'}"
    upgrade(url)
    opened = EnrolmentStage(url)
    yield opened
    opened.close()


def run(stage: EnrolmentStage, *words: str, typed: str = "") -> Result:
    services = BuiltServices(stage, Settings())
    return CliRunner().invoke(code, ["open", *words], input=typed, obj=services)


def test_a_code_read_from_the_terminal_enrols_a_phone(stage: EnrolmentStage) -> None:
    """What is printed for the letter is what the person types."""
    result = run(stage, "--card", "apcv", typed=ANGE.text + "\n")
    printed = dict(line.split(" : ") for line in result.output.splitlines())
    phone = stage.phone()

    answer = stage.client.post(
        "/v1/enrolments",
        json={
            "card": "apcv",
            "proof": {
                "method": "activation_code",
                "reference": printed["Référence"],
                "secret": printed["Code"],
            },
            "device_name": "Téléphone",
            "app_key": phone.key.jwk,
        },
    )

    assert result.exit_code == 0
    assert answer.status_code == 201
    assert ANGE.text not in result.output


def test_a_professional_gets_two_codes_for_thirty_minutes(stage: EnrolmentStage, tmp_path: Path) -> None:
    """One by phone and one by e-mail, read from a file, told as JSON to a program."""
    person = tmp_path / "idnps.txt"
    person.write_text(PAOLI.text + "\n", encoding="utf-8")

    result = run(stage, "--card", "ecps", "--person-file", str(person), "--json")

    told: dict[str, Any] = json.loads(result.output)
    assert len(set(told["secrets"])) == 2
    assert told["expires_at"] == "2026-11-21T10:30:00+00:00"


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("--card", "apcv"), "158032A99904297\n"),
        (("--card", "apcv"), "190074299905592\n"),
        (("--card", "apcv"), ""),
        (("--card", "apcv"), f"{ANGE.text}\n{ANGE.text}\n"),
        (("--card", "ecps"), f"{ANGE.text}\n"),
        (("--card", "apcv", "--agent", "Anne\nMartin", "--place", "Corte"), ANGE.text),
        (("--card", "apcv", "--agent", "Anne Martin"), ANGE.text),
        (("--card", "apcv", "--person-file", "/nowhere/at/all"), ""),
    ],
)
def test_what_cannot_be_opened_is_refused_in_a_sentence(
    stage: EnrolmentStage, words: tuple[str, ...], typed: str
) -> None:
    """A wrong key, nobody known, no line or two, an agent of no place: no traceback, no number repeated."""
    result = run(stage, *words, typed=typed)

    assert result.exit_code in {1, 2}
    assert isinstance(result.exception, SystemExit)
    for line in typed.split():
        assert line not in result.output
