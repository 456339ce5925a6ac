"""August 2021, replayed: unsolicited e-CPS requests by the thousand, and how many ever lit a phone.

In August 2021 doctors received sign-in requests they had not made; some approved one, and false health
passes were issued in their names. Here a thief of a client's secret fires 10,000 requests at 200
professionals for four hours. What reaches a phone is bounded whatever the thief does: five prompts an hour
and one at a time; three refusals, or one report, and none for a day. A prompt approves nothing by itself:
its two digits are on the thief's screen only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.signin.approval.attempt_ports import AttemptRegister
from apcv_backend.signin.approval.attempt_rules import AttemptState
from apcv_backend.tables import devices, signin_attempts
from cartes.cards import CardKind
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import KARIM
from tests.simulators.signin_stage import SigninStage, ciba, open_signin_stage

PROFESSIONALS = 200
REQUESTS = 10_000
HOURS = 4
BY_THE_LIMIT_ALONE = PROFESSIONALS * 5 * (HOURS + 1)  # any sixty minutes hold five; four hours meet five such


@dataclass
class Report:
    """What the attack came to."""

    fired: int = 0
    prompts: Counter[str] = field(default_factory=Counter)

    @property
    def reached(self) -> int:
        """How many requests lit a phone."""
        return sum(self.prompts.values())

    def __str__(self) -> str:
        worst = max(self.prompts.values(), default=0)
        return (
            f"{self.fired} unsolicited requests, {PROFESSIONALS} professionals, {HOURS} hours: "
            f"{self.reached} prompts reached a phone, {worst} at most for one person"
        )


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: the statements are those the attack tests run on both."""
    return sqlite_url


@pytest.fixture
def stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> SigninStage:
    return open_signin_stage(services, client, clock, attestation_dir)


def the_two_hundred(stage: SigninStage) -> list[tuple[str, str]]:
    """National number and pseudonym of 200 enrolled professionals, each with a phone."""
    stage.phone(KARIM)
    services = stage.services
    with services.database.read() as connection:
        model = connection.execute(devices.select()).mappings().one()
    made = []

    def enter(tx: Connection) -> None:
        for number in range(PROFESSIONALS):
            person = PersonKey(CardKind.ECPS, f"8997{number:08d}")
            subject = services.subjects.ensure(tx, person, stage.clock())
            copied = {
                **model,
                "device_id": f"device-{number}",
                "reference": f"REF{number}",
                "subject_id": subject,
                "credential_id": b"credential-%d" % number,
                "app_jkt": f"jkt-{number}",
            }
            tx.execute(devices.insert().values(copied))
            made.append((person.text, subject))

    services.database.run(enter)
    return made


def attack(stage: SigninStage, victims: list[tuple[str, str]], *, refuse: bool) -> Report:
    """Fire at everybody in turn; people whose phone lights up say no (or, asleep, nothing).

    A round of two hundred is one transaction: ten thousand waits for a disk would prove nothing more.
    """
    desk, store = stage.services.signin_approval.attempts, stage.services.signin_approval.store
    report, pause = Report(), HOURS * 3_600 * PROFESSIONALS / REQUESTS
    for _round in range(REQUESTS // PROFESSIONALS):
        at = stage.clock()

        def fire(register: AttemptRegister, at: datetime = at) -> None:
            for number, subject in victims:
                new = desk.drafted(ciba(number), None, at)
                register.add(new, at)
                report.fired += 1
                if not register.reach(new, at):
                    continue
                report.prompts[subject] += 1
                if refuse:
                    say_no(register, subject, new.attempt_id, at)

        store.run(fire)
        stage.clock.advance(pause)
    return report


def say_no(register: AttemptRegister, subject: str, attempt_id: str, at: datetime) -> None:
    """What the desk writes when a phone refuses, for phones that exist as rows only."""
    assert register.end(attempt_id, AttemptState.REFUSED, at)
    register.release(subject, attempt_id, at)
    register.count_refusal(subject, at, lock_now=False)


def approvals(stage: SigninStage) -> int:
    """How many attempts were ever approved."""
    ended = (AttemptState.APPROVED.value, AttemptState.TAKEN.value)
    return sum(row.state in ended for row in stage.stage.rows(signin_attempts))


@pytest.mark.parametrize("refuse", [True, False], ids=["people refuse", "people sleep"])
def test_ten_thousand_unsolicited_requests(stage: SigninStage, *, refuse: bool) -> None:
    """Refusing, each person sees three prompts; ignoring them all, five an hour and never two at once."""
    report = attack(stage, the_two_hundred(stage), refuse=refuse)
    print(report)

    assert report.fired == REQUESTS
    assert approvals(stage) == 0
    if refuse:
        assert report.reached == 3 * PROFESSIONALS
        assert set(report.prompts.values()) == {3}
    else:
        assert report.reached <= BY_THE_LIMIT_ALONE
        assert max(report.prompts.values()) <= 5 * (HOURS + 1)


def test_an_honest_professional_signs_in_during_the_attack(stage: SigninStage) -> None:
    """Locked against the thief, the owner scans the QR of the page they are looking at, and is in."""
    phone = stage.phone(KARIM)
    for _ in range(3):
        stage.open(ciba(KARIM.text))
        phone.refuse(phone.requests()[0])
    stage.open(ciba(KARIM.text))
    assert phone.requests() == []

    own = stage.open()
    request = phone.scan(stage.code(own)).get_json()

    assert phone.approve(request, own.digits).status_code == 204
    assert stage.take(own).person == KARIM


def test_a_tired_thumb_that_wants_to_approve_cannot(stage: SigninStage) -> None:
    """The prompt came by itself, and the thief's digits are not here: three guesses, and it is locked."""
    phone = stage.phone(KARIM)
    attempt = stage.open(ciba(KARIM.text, binding_message="73"))
    (request,) = phone.requests()

    answers = [phone.approve(request, guess).status_code for guess in ("00", "11", "22")]

    assert answers == [403, 403, 409]
    assert stage.state(attempt) == "locked"
