"""Issuance raced by what should end it, and under a town hall that is falling apart.

A phone is withdrawn, a professional struck off, while their cards are being issued: whichever comes first, no
card is left alive that a till would not refuse. A database that is locked gives no card and says so; a Redis
that dies takes no decision with it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services, build
from apcv_backend.config import Config
from apcv_backend.issuance import openid4vci
from cartes.errors import CarteError
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import (
    ANGE,
    LAURE,
    LUC,
    SARAH,
    CardPhone,
    IssuanceStage,
    open_stage,
)
from tests.simulators.servers import start_redis

ROUNDS = 6


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment; the value or the refusal of each."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        barrier.wait(timeout=30)
        try:
            return work()
        except CarteError as refused:
            return refused

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def issuing(stage: IssuanceStage, body: dict[str, Any], key: str, dpop: str = "") -> Callable[[], Any]:
    """One request, as a worker of the server would serve it."""
    return lambda: stage.services.issuance.issue(
        openid4vci.parse_credential_request(body), idempotency_key=key, unverified_dpop=dpop, at=stage.clock()
    )


def slots_of(stage: IssuanceStage, answers: list[Any]) -> set[tuple[int, int]]:
    """The slots of every card that left."""
    left = set()
    for answer in answers:
        if isinstance(answer, dict):
            for one in answer["credentials"]:
                slot = stage.opened(one["credential"]).card.slot
                left.add((slot.list, slot.idx))
    return left


def states(stage: IssuanceStage) -> dict[tuple[int, int], str]:
    return {(slot.list_id, slot.idx): slot.state for slot in stage.slots()}


# --- the same request, many times


def test_one_key_pressed_by_many_workers_gives_one_card(stage: IssuanceStage) -> None:
    """Eight gestures under one key at once: one issuance, one slot; who is answered gets the same bytes."""
    phone = stage.enrolled(SARAH, "synced")
    bodies = [phone.proven() for _ in range(8)]
    key = "pressed-eight-times"

    told = together(*(issuing(stage, body, key) for body in bodies))

    answered = [one["credentials"] for one in told if isinstance(one, dict)]
    refused = {one.code for one in told if isinstance(one, CarteError)}
    assert answered
    assert all(one == answered[0] for one in answered)
    assert refused <= {"idempotency_conflict"}
    assert (len(stage.intents()), len(stage.slots())) == (1, 1)


# --- what ends a card


def test_a_withdrawal_racing_issuance_leaves_no_living_slot(stage: IssuanceStage) -> None:
    """Gesture and renewal against the owner's withdrawal: afterwards every slot of the phone is revoked."""
    for round_number in range(ROUNDS):
        phone = stage.enrolled(ANGE)
        request = phone.request()
        by_gesture = issuing(stage, phone.proven(), f"gesture-of-round-{round_number}")
        silently = issuing(stage, request, f"renewal-of-round-{round_number}", phone.renewal_proof(request))

        told = together(by_gesture, withdrawing(phone), silently)

        refusals = {one.code for one in told if isinstance(one, CarteError)}
        assert refusals <= {"device_withdrawn"}, refusals
        assert told[1] is None, "the withdrawal is never refused"
        known = states(stage)
        assert all(known[slot] == "revoked" for slot in slots_of(stage, told))
        assert set(known.values()) <= {"revoked"}


def withdrawing(phone: CardPhone) -> Callable[[], None]:
    """The phone withdraws itself, asked beforehand, so that only the decision is raced."""
    from apcv_backend.enrolment.device_service import SignedRequest

    path = f"/v1/devices/{phone.device_id}"
    request = SignedRequest("DELETE", path, phone._dpop(path, None, method="DELETE"))
    desk, clock = phone.stage.services.enrolment.devices, phone.stage.clock
    return lambda: desk.withdraw(request, phone.device_id, clock())


@pytest.mark.parametrize("person", [LUC, LAURE], ids=["death", "exercice"])
def test_a_closure_of_the_directory_racing_issuance_leaves_no_living_slot(
    stage: IssuanceStage, person: Any
) -> None:
    """The news against the request: a card of what was closed stands on a revoked slot, or was not issued."""
    phones = [stage.enrolled(person) for _ in range(2)]
    stage.clock.advance(1)
    bodies = [phone.proven() for phone in phones]

    told = together(
        *(issuing(stage, body, f"asked-by-phone-{number}") for number, body in enumerate(bodies)),
        lambda: stage.load_directory("2-mise-a-jour.json"),
    )

    known = states(stage)
    after = [phone.fetch() for phone in phones]
    still_given = {one["exercice"] for answer in after for one in answer.get_json().get("credentials", [])}
    for answer in told[:2]:
        for one in answer["credentials"] if isinstance(answer, dict) else []:
            slot = stage.opened(one["credential"]).card.slot
            assert known[slot.list, slot.idx] == "revoked" or one["exercice"] in still_given


def test_a_crash_finished_after_the_person_was_struck_gives_no_card(
    stage: IssuanceStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was on record before the news and was never signed stays unsigned: the person is judged again."""
    phone = stage.enrolled(LUC)
    body, key = phone.proven(), "crashed-before-the-news"

    def crash(*_: Any) -> Any:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(stage.services.issuance, "_signers", crash)
        with pytest.raises(RuntimeError):
            issuing(stage, body, key)()
    stage.clock.advance(60)
    stage.load_directory("2-mise-a-jour.json")

    answer = phone.post(body, key)

    assert (answer.status_code, answer.get_json()["code"]) == (403, "deceased")
    assert stage.intents()[0].sealed_cards is None


def test_a_crash_finished_after_its_cards_expired_asks_for_a_new_request(
    stage: IssuanceStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card of 24 hours asked for again at the twenty-fourth: not signed dead, and not a fault of ours."""
    phone = stage.enrolled(SARAH, "synced")
    body, key = phone.proven(), "crashed-for-a-whole-day"

    def crash(*_: Any) -> Any:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(stage.services.issuance, "_signers", crash)
        with pytest.raises(RuntimeError):
            issuing(stage, body, key)()
    stage.clock.advance(24 * 3_600)

    answer = phone.post(body, key)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")


def test_a_repeated_gesture_does_not_promise_a_longer_renewal(stage: IssuanceStage) -> None:
    """The ninety days count from the gesture, not from the moment its answer is fetched again."""
    phone = stage.enrolled(ANGE)
    body, key = phone.proven(), "answered-and-repeated"
    first = phone.post(body, key).get_json()
    stage.clock.advance(3_600)

    assert phone.post(body, key).get_json()["renew_until"] == first["renew_until"]


# --- a town hall that falls apart


def test_a_database_held_by_somebody_gives_503_and_no_card(
    stage: IssuanceStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that is not given in its time: nothing was recorded, said with the status that means "later"."""
    phone = stage.enrolled(ANGE)
    body = phone.proven()

    with held(stage.services):
        started = time.monotonic()
        answer = phone.post(body)
        waited = time.monotonic() - started

    assert (answer.status_code, answer.get_json()["code"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"]
    assert waited < 15
    assert stage.intents() == []
    assert phone.post(body).status_code == 200, "the nonce was not spent by what did not happen"


@contextmanager
def held(services: Services) -> Iterator[None]:
    """Somebody else holds what issuance writes."""
    if services.database.is_sqlite:
        other = sqlite3.connect(str(services.database.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    engine = create_engine(services.database.url)
    with engine.connect() as connection:
        connection.execute(text("LOCK TABLE devices, used_once, issuances IN EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


def test_a_redis_that_dies_takes_no_decision_with_it(
    config: Config, clock: SteerableClock, attestation_dir: Path
) -> None:
    """Killed in the middle: enrolment, issuance and renewal go on, and what was used once stays used."""
    import dataclasses

    redis = start_redis()
    services = build(dataclasses.replace(config, redis_url=redis.url), clock=clock)
    try:
        stage = open_stage(services, create_app(services).test_client(), clock, attestation_dir)
        before = stage.enrolled(SARAH, "synced")
        body = before.proven()
        assert before.post(body).status_code == 200

        redis.process.kill()
        redis.process.wait(timeout=10)

        assert before.post(body).get_json()["code"] == "invalid_nonce"
        after = stage.enrolled(ANGE)
        assert after.fetch().status_code == after.renew().status_code == 200
        request = after.request()
        proof = after.renewal_proof(request)
        assert after.post(request, dpop=proof).status_code == 200
        assert after.post(request, dpop=proof).get_json()["code"] == "invalid_nonce"
        listing = after._dpop("/v1/devices", None, method="GET")
        assert stage.client.get("/v1/devices", headers={"DPoP": listing}).status_code == 200
        assert stage.client.get("/v1/devices", headers={"DPoP": listing}).get_json()["why"] == "replayed"
    finally:
        services.close()
        redis.stop()
