"""Attack: learn which references, phones or people exist from what the door answers, or from how it answers.

A stranger is told one thing, in the same words, at the same cost; and nothing a stranger types, or a person
is, ever reaches a log line.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from apcv_backend.tables import journal
from tests.simulators.enrolment_stage import ANGE, SARAH, EnrolmentStage

WRONG = "00000-00000-00000"


@pytest.fixture
def stage(database_url: str) -> Iterator[EnrolmentStage]:
    opened = EnrolmentStage(database_url)
    yield opened
    opened.close()


def references(stage: EnrolmentStage) -> dict[str, tuple[str, str]]:
    """A reference and a secret for each way a code can fail."""
    live = stage.open_code(ANGE)
    used = stage.open_code(ANGE)
    stage.phone().enrol(used)
    locked = stage.open_code(ANGE)
    for _ in range(5):
        stage.phone().begin(locked, secret=WRONG)
    expired = stage.room.codes.open(SARAH, stage.clock() - timedelta(days=30))
    return {
        "unknown": ("ZZZZ-ZZZZ", WRONG),
        "wrong": (live.reference, WRONG),
        "used": (used.reference, used.secrets[0]),
        "locked": (locked.reference, locked.secrets[0]),
        "expired": (expired.reference, expired.secrets[0]),
        "malformed": (live.reference, "trop court"),
        "not_a_reference": ("158032A99904296", WRONG),
        "hostile": ("' OR 1=1 --", "\u202e\x01\u0661"),
    }


def answer(stage: EnrolmentStage, reference: str, secret: str) -> tuple[int, Any, dict[str, str]]:
    phone = stage.phone()
    told = stage.client.post(
        "/v1/enrolments",
        json={
            "card": "apcv",
            "proof": {"method": "activation_code", "reference": reference, "secret": secret},
            "device_name": "Téléphone",
            "app_key": phone.key.jwk,
        },
    )
    return told.status_code, told.get_data(), dict(told.headers)


def test_every_failure_of_a_code_is_the_same_answer(stage: EnrolmentStage) -> None:
    """Unknown, wrong, used, locked, expired, malformed: one status, one body, the same headers."""
    answers = {why: answer(stage, *typed) for why, typed in references(stage).items()}

    first = answers["unknown"]
    assert first[0] == 403
    assert answers == dict.fromkeys(answers, first)


def test_every_failure_of_a_code_costs_the_same_statements(stage: EnrolmentStage) -> None:
    """The database is asked the same questions and writes as much, whether the reference exists or not."""
    typed = references(stage)
    asked: dict[str, list[str]] = {}

    for why, (reference, secret) in typed.items():
        statements: list[str] = []

        def note(_c: Any, _k: Any, statement: str, *_rest: Any, seen: list[str] = statements) -> None:
            seen.append(statement)

        event.listen(stage.database._writer, "before_cursor_execute", note)
        answer(stage, reference, secret)
        event.remove(stage.database._writer, "before_cursor_execute", note)
        asked[why] = statements

    expected = [word.split()[0] for word in asked["wrong"]]
    # The error counted; then a line of the journal, after its place in its lane.
    assert [word for word in expected if word not in {"BEGIN", "SELECT"}] == ["UPDATE", "INSERT", "INSERT"]
    assert asked == dict.fromkeys(asked, asked["wrong"])


def test_nobody_is_looked_up_before_the_code_is_right(stage: EnrolmentStage) -> None:
    """The registers of people are not asked anything by a stranger."""
    typed = references(stage)
    before = stage.people.asked

    for reference, secret in typed.values():
        answer(stage, reference, secret)

    assert stage.people.asked == before


def test_a_loss_report_tells_nothing_either(stage: EnrolmentStage) -> None:
    """An unknown reference, a wrong code and a locked slip answer alike."""
    phone, locked = stage.enrolled(ANGE), stage.enrolled(SARAH)
    for _ in range(5):
        stage.client.post(
            "/v1/loss-reports", json={"reference": locked.enrolment["reference"], "loss_code": "0" * 16}
        )
    reports = [
        {"reference": "ZZZZ-ZZZZ", "loss_code": "0" * 16},
        {"reference": phone.enrolment["reference"], "loss_code": "0" * 16},
        {"reference": locked.enrolment["reference"], "loss_code": locked.enrolment["loss_code"]},
        {"reference": "?", "loss_code": "?"},
    ]

    told = [stage.client.post("/v1/loss-reports", json=report) for report in reports]

    assert {(one.status_code, one.get_data()) for one in told} == {(403, told[0].get_data())}


def test_no_number_and_no_secret_reaches_a_log_or_the_journal(
    stage: EnrolmentStage, caplog: pytest.LogCaptureFixture
) -> None:
    """A NIR typed in every box, a code, a loss code: none comes back in an answer, a log or the journal."""
    caplog.set_level(logging.DEBUG, logger="apcv_backend")
    opened = stage.open_code(ANGE)
    phone = stage.phone()
    enrolled = phone.enrol(opened)
    answers = [
        stage.client.post(
            "/v1/enrolments", json={"card": ANGE.text, "proof": {"reference": ANGE.text}, ANGE.text: 1}
        ),
        stage.client.post("/v1/loss-reports", json={"reference": ANGE.text, "loss_code": ANGE.text}),
        phone.call("PATCH", f"/v1/devices/{phone.enrolment['device_id']}", name=ANGE.text),
    ]

    with stage.database.read() as connection:
        lines = repr(connection.execute(select(journal)).all())
        count = connection.execute(select(func.count()).select_from(journal)).scalar_one()
    assert enrolled.status_code == 201
    assert count >= 4
    for secret in (
        ANGE.text,
        opened.secrets[0].replace("-", ""),
        phone.enrolment["loss_code"].replace("-", ""),
    ):
        assert secret not in lines
        assert secret not in caplog.text
    for told in answers:
        assert told.status_code in {403, 422}
        assert ANGE.text not in told.get_data(as_text=True)
