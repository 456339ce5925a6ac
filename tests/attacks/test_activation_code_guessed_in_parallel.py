"""Attack: guess an activation code with many requests at once, before the counter of errors sees them.

The counter is in the statement that judges, so five guesses are judged and the sixth finds nothing, however
they arrive; and a right code used by twenty phones at once enrols one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from apcv_backend.dpop import AppKey
from apcv_backend.enrolment.activation_codes import ALPHABET
from apcv_backend.enrolment.code_service import OpenedCode
from apcv_backend.enrolment.ports import UnverifiedProof
from apcv_backend.enrolment.refusals import ActivationCodeRefused, LossReportRefused
from apcv_backend.tables import activation_codes, devices, journal
from cartes.cards import CardKind
from cartes.errors import CarteError
from tests.simulators.enrolment_stage import ANGE, PAOLI, EnrolmentStage, Phone

AT_ONCE = 12


@pytest.fixture
def stage(database_url: str) -> Iterator[EnrolmentStage]:
    opened = EnrolmentStage(database_url, limit=50)
    yield opened
    opened.close()


def all_at_once(attempts: list[Callable[[], Any]]) -> list[Any]:
    """Run every attempt in its own thread, released together; what each returned or was refused with."""
    barrier = Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> Any:
        barrier.wait(timeout=30)
        try:
            return attempt()
        except CarteError as refused:
            return refused

    with ThreadPoolExecutor(len(attempts)) as threads:
        return list(threads.map(run, attempts))


def guess(stage: EnrolmentStage, code: OpenedCode, *secrets: str) -> Callable[[], Any]:
    proof = UnverifiedProof(code.card, code.reference, secrets)
    key = AppKey.parse(Phone(stage, stage.phone().model).key.jwk)
    return lambda: stage.room.registration.begin(proof, "Téléphone", key, stage.clock())


def wrong(number: int) -> str:
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(15))


def errors_of(stage: EnrolmentStage, code: OpenedCode) -> int:
    reference = code.reference.replace("-", "")
    with stage.database.read() as connection:
        counted = select(activation_codes.c.errors).where(activation_codes.c.reference == reference)
        return int(connection.execute(counted).scalar_one())


def judged(stage: EnrolmentStage) -> int:
    """How many guesses found a code to be judged by, as the journal tells it."""
    found = select(func.count()).where(
        journal.c.event == "identity.refused", journal.c.subject != "code:unknown"
    )
    with stage.database.read() as connection:
        return int(connection.execute(found).scalar_one())


def test_five_parallel_guesses_are_judged_and_no_more(stage: EnrolmentStage) -> None:
    """Twenty-four guesses in two volleys: five are judged, and the reference is locked even for its owner."""
    code = stage.open_code(ANGE)

    refused = all_at_once([guess(stage, code, wrong(number)) for number in range(AT_ONCE)])
    refused += all_at_once([guess(stage, code, wrong(100 + number)) for number in range(AT_ONCE)])

    assert {type(one) for one in refused} == {ActivationCodeRefused}
    assert (errors_of(stage, code), judged(stage)) == (5, 5)
    with pytest.raises(ActivationCodeRefused):
        guess(stage, code, code.secrets[0])()


def test_the_right_code_among_parallel_guesses_costs_no_error(stage: EnrolmentStage) -> None:
    """A right secret counts no error: after four wrong ones it still proves its owner, as often as needed."""
    code = stage.open_code(ANGE)

    all_at_once([guess(stage, code, wrong(number)) for number in range(4)])
    all_at_once([guess(stage, code, code.secrets[0]) for _ in range(4)])

    assert errors_of(stage, code) == 4
    assert guess(stage, code, code.secrets[0])().public_key["challenge"]


def test_one_right_code_enrols_exactly_one_of_many_phones(stage: EnrolmentStage) -> None:
    """Everyone who has the code may begin; the transaction that records a phone lets one through."""
    code = stage.open_code(ANGE)
    phones = [stage.phone("plain") for _ in range(AT_ONCE)]
    begun = [phone.begin(code).get_json() for phone in phones]
    creations = [phone.creation(one) for phone, one in zip(phones, begun, strict=True)]
    proofs = [
        phone.proof("POST", f"/v1/enrolments/{one['ceremony_id']}", nonce=one["public_key"]["challenge"])
        for phone, one in zip(phones, begun, strict=True)
    ]

    def finish(number: int) -> Callable[[], Any]:
        return lambda: stage.room.registration.finish(
            begun[number]["ceremony_id"], creations[number], proofs[number], stage.clock()
        )

    results = all_at_once([finish(number) for number in range(AT_ONCE)])

    told = Counter(getattr(result, "code", "enrolled") for result in results)
    assert told == {"enrolled": 1, "activation_code_refused": AT_ONCE - 1}
    with stage.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(devices)).scalar_one() == 1


def test_one_right_secret_of_two_is_no_better_than_none(stage: EnrolmentStage) -> None:
    """A thief with the phone but not the mailbox gets the same answer, and counts the same errors."""
    code = stage.open_code(PAOLI)
    phone_only, mail_only = (code.secrets[0], wrong(1)), (wrong(1), code.secrets[1])
    swapped = (code.secrets[1], code.secrets[0])

    refused = [guess(stage, code, *pair) for pair in (phone_only, mail_only, swapped)]

    assert [type(one) for one in all_at_once(refused)] == [ActivationCodeRefused] * 3
    assert errors_of(stage, code) == 3


def test_a_code_for_one_card_opens_no_other(stage: EnrolmentStage) -> None:
    """The code of an apCV, offered for an e-CPS, is unknown there."""
    code = stage.open_code(ANGE)
    proof = UnverifiedProof(CardKind.ECPS, code.reference, (code.secrets[0], code.secrets[0]))
    key = AppKey.parse(stage.phone().key.jwk)

    with pytest.raises(ActivationCodeRefused):
        stage.room.registration.begin(proof, "Téléphone", key, stage.clock())
    assert errors_of(stage, code) == 0


def test_five_wrong_loss_codes_in_parallel_lock_the_slip(stage: EnrolmentStage) -> None:
    """Guessing a loss code in parallel locks it; the phone stays enrolled."""
    phone = stage.enrolled(ANGE)
    reference = phone.enrolment["reference"]

    def report(loss_code: str) -> Callable[[], Any]:
        return lambda: stage.room.devices.report_loss(reference, loss_code, stage.clock())

    refused = all_at_once([report(wrong(number) + "0") for number in range(AT_ONCE)])

    assert {type(one) for one in refused} == {LossReportRefused}
    with stage.database.read() as connection:
        assert connection.execute(select(devices.c.loss_errors)).scalar_one() == 5
    with pytest.raises(LossReportRefused):
        report(phone.enrolment["loss_code"])()
    assert phone.call("GET", "/v1/devices").status_code == 200
