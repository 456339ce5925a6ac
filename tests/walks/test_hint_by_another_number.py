"""A service names somebody by a number of theirs, of today or of before: the same phone is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event, update

from apcv_backend.bootstrap import Services
from apcv_backend.connections import EnteredAs, PeopleOfBothKinds
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import devices, subjects
from cartes.cards import CardKind
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, JULIE_BEFORE, LAURE
from tests.simulators.signin_stage import SigninStage, ciba, open_signin_stage, order

JULIE = PersonKey.parse(CardKind.ECPS, "899700900162")
NOBODY = "899700366240"


@pytest.fixture
def stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> SigninStage:
    return open_signin_stage(services, client, clock, attestation_dir)


def entered_under(stage: SigninStage, was: PersonKey, number: str) -> None:
    """What a register that learnt a newer number later leaves behind: somebody entered under `number`."""
    vault = stage.services.vault

    def move(tx: Connection) -> None:
        subject_id = stage.services.subjects.find(tx, was)
        assert subject_id is not None
        place = f"subjects|sealed_person|{subject_id}"
        tx.execute(
            update(subjects)
            .where(subjects.c.subject_id == subject_id)
            .values(
                person_index=vault.person_index(was.card.value, number),
                sealed_person=vault.seal_for(tx, subject_id, number.encode(), place=place),
            )
        )

    stage.services.database.run(move)


def test_a_former_number_reaches_the_phone_enrolled_under_the_current_one(stage: SigninStage) -> None:
    """Julie's hospital still knows her by her ADELI number: her phone rings, and signs her in."""
    phone = stage.phone(JULIE)

    attempt = stage.open(ciba(JULIE_BEFORE.text))

    (request,) = phone.requests()
    assert phone.approve(request, "42").status_code == 204
    assert stage.take(attempt, browser=None).person == JULIE


def test_the_current_number_reaches_the_phone_enrolled_under_a_former_one(stage: SigninStage) -> None:
    """She enrolled while she had no other number: the newer one finds the same phone."""
    phone = stage.phone(JULIE)
    entered_under(stage, JULIE, JULIE_BEFORE.text)

    stage.open(ciba(JULIE.text))

    assert len(phone.requests()) == 1


def test_an_insured_person_entered_on_a_parents_card_is_found_by_their_own_number(stage: SigninStage) -> None:
    """Spoken of as a newborn under a parent's number, they are reached by the one they have today."""
    phone = stage.phone(ANGE)
    people = PeopleOfBothKinds(stage.services.rights, stage.services.directory)
    (as_a_newborn,) = EnteredAs(people)(ANGE, stage.clock()).formerly
    entered_under(stage, ANGE, as_a_newborn)

    stage.open(ciba(ANGE.text, kind=CardKind.APCV))

    assert len(phone.requests()) == 1


def test_the_screen_of_somebody_named_by_a_former_number_is_theirs_alone(stage: SigninStage) -> None:
    """They may scan it instead; a colleague who does finds no request."""
    phone, colleague = stage.phone(JULIE), stage.phone(LAURE)
    attempt = stage.open(order(login_hint=JULIE_BEFORE.text))

    assert colleague.scan(stage.code(attempt)).status_code == 404
    assert phone.scan(stage.code(attempt)).status_code == 200


def test_of_two_entries_of_one_person_the_one_with_a_phone_is_asked(stage: SigninStage) -> None:
    """The number named was entered too, but its phone is withdrawn: the other entry's phone is asked."""
    stage.phone(JULIE)
    entered_under(stage, JULIE, JULIE_BEFORE.text)
    current = stage.phone(JULIE)

    stage.open(ciba(JULIE_BEFORE.text))
    assert current.requests() == [], "the number named comes first, while it has a phone"

    withdrawn = update(devices).values(withdrawn_at=stage.clock())
    stage.services.database.run(
        lambda tx: tx.execute(withdrawn.where(devices.c.device_id != current.phone.device_id)).rowcount
    )
    stage.open(ciba(JULIE_BEFORE.text))
    assert len(current.requests()) == 1


def test_whoever_has_no_phone_costs_the_statements_of_nobody(stage: SigninStage) -> None:
    """Known without a phone, under whichever number, or unknown: the same questions to the database."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    def statements(number: str) -> list[str]:
        seen.clear()
        stage.open(ciba(number))
        return list(seen)

    stage.open(ciba(NOBODY))  # what is done once a process is done
    event.listen(Engine, "before_cursor_execute", note)
    try:
        unknown, current, former = (statements(n) for n in (NOBODY, JULIE.text, JULIE_BEFORE.text))
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert len(unknown) == len(current) == len(former) > 0
