"""Attacks on an issuance: nonces replayed and raced, proofs for something else, clones, others' keys."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from apcv_backend.bootstrap import Services
from apcv_backend.issuance import openid4vci
from apcv_backend.tables import issuances, practitioners, status_slots
from cartes.cards import CardKind
from cartes.errors import CarteError
from cartes.wire import base64url
from mobile_mock.app_key import AppKey
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import ANGE, LAURE, LUC, SARAH, CardPhone, IssuanceStage, open_stage

DAY_S = 86_400


@pytest.fixture
def stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> IssuanceStage:
    return open_stage(services, client, clock, attestation_dir)


def code_of(answer: Any) -> str:
    return str(answer.get_json().get("code", "done"))


def raced(how_many: int, attempt: Callable[[int], Any]) -> Counter[str]:
    """The codes of `how_many` attempts released together; `done` for one that was not refused."""
    barrier = Barrier(how_many)

    def run(number: int) -> str:
        barrier.wait(timeout=30)
        try:
            attempt(number)
        except CarteError as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(how_many) as threads:
        return Counter(threads.map(run, range(how_many)))


def issue(stage: IssuanceStage, body: dict[str, Any], key: str, dpop: str = "") -> Any:
    """Ask the service itself, as a worker of the server would."""
    return stage.services.issuance.issue(
        openid4vci.parse_credential_request(body),
        idempotency_key=key,
        unverified_dpop=dpop,
        at=stage.clock(),
    )


# --- nonces


def test_a_nonce_serves_once(stage: IssuanceStage) -> None:
    """The same proven request under another idempotency key is refused: its nonce has served."""
    phone = stage.enrolled(SARAH, "synced")
    body = phone.proven()
    assert phone.post(body).status_code == 200

    again = phone.post(body)

    assert again.status_code == 400
    assert (again.get_json()["code"], again.get_json()["error"]) == ("invalid_nonce", "invalid_nonce")
    assert len(stage.intents()) == 1


def test_a_nonce_raced_has_one_winner(stage: IssuanceStage) -> None:
    """Eight workers receive the same proven request under eight keys: one issuance, seven refusals."""
    phone = stage.enrolled(SARAH, "synced")
    body = phone.proven()

    told = raced(8, lambda number: issue(stage, body, f"key-of-attempt-{number}"))

    assert told == {"done": 1, "invalid_nonce": 7}
    assert len(stage.intents()) == 1


def test_a_nonce_is_good_for_five_minutes(stage: IssuanceStage) -> None:
    """After its time a nonce is refused, whoever proves it."""
    phone = stage.enrolled(ANGE)
    body = phone.proven()
    stage.clock.advance(300)

    assert code_of(phone.post(body)) == "invalid_nonce"


@pytest.mark.parametrize("nonce", ["AAAA", "not base64url!", base64url.encode(bytes(32))])
def test_a_nonce_of_somebody_else_is_refused(stage: IssuanceStage, nonce: str) -> None:
    """Only a nonce with our tag is one."""
    phone = stage.enrolled(ANGE)
    request = phone.request(nonce=nonce)
    body = {**request, "proofs": {"webauthn": [phone.assertion(phone.request())]}}

    assert code_of(phone.post(body)) == "invalid_nonce"


def test_a_nonce_with_one_bit_changed_is_refused(stage: IssuanceStage) -> None:
    """The expiry cannot be moved: it is under the tag."""
    phone = stage.enrolled(ANGE)
    raw = bytearray(base64url.decode(phone.nonce()))
    raw[3] ^= 0x40

    assert code_of(phone.fetch(nonce=base64url.encode(bytes(raw)))) == "invalid_nonce"


# --- proofs


def test_an_assertion_for_another_request_is_refused(stage: IssuanceStage) -> None:
    """A gesture made for one exercice does not give the cards of all of them."""
    phone = stage.enrolled(LAURE)
    body = phone.proven(exercice="9991000154")
    del body["exercice"]

    refused = phone.post(body)

    assert (refused.status_code, code_of(refused)) == (403, "challenge_mismatch")
    assert stage.intents() == []


def test_an_assertion_of_an_unknown_key_is_refused(stage: IssuanceStage) -> None:
    """A key nobody registered proves nothing."""
    phone = stage.enrolled(ANGE)
    body = phone.proven()
    body["proofs"]["webauthn"][0]["id"] = base64url.encode(secrets.token_bytes(32))

    assert code_of(phone.post(body)) == "invalid_proof"


def test_a_proof_for_one_card_never_serves_the_other(stage: IssuanceStage) -> None:
    """A patient's key asks for an e-CPS: refused before anything is looked at."""
    phone = stage.enrolled(ANGE)

    assert code_of(phone.fetch(credential_configuration_id=CardKind.ECPS.value)) == "invalid_proof"


def test_a_counter_that_goes_back_is_refused_and_told(stage: IssuanceStage) -> None:
    """A clone with an old counter is refused, and the journal says that the key may exist twice."""
    phone = stage.enrolled(ANGE)
    old_keys = phone.authenticator.keys
    assert phone.fetch().status_code == 200
    assert phone.fetch().status_code == 200
    clone = replace_keys(phone, old_keys)

    refused = clone.fetch()

    assert (refused.status_code, code_of(refused)) == (403, "sign_count_regressed")
    assert "device.counter_regressed" in stage.events()
    assert len(stage.intents()) == 2


def test_a_counter_raced_by_a_clone_has_one_winner(stage: IssuanceStage) -> None:
    """The same counter value, two nonces, two workers: the conditional update lets one through."""
    phone = stage.enrolled(ANGE)
    keys = phone.authenticator.keys
    bodies = [replace_keys(phone, keys).proven() for _ in range(4)]

    told = raced(4, lambda number: issue(stage, bodies[number], f"key-of-attempt-{number}"))

    assert told == {"done": 1, "sign_count_regressed": 3}


def replace_keys(phone: CardPhone, keys: Any) -> CardPhone:
    """The same phone as it was when it held `keys`."""
    from mobile_mock.authenticator import Authenticator
    from mobile_mock.phone_model import MODELS

    twin = Authenticator(MODELS["android"], secrets.token_bytes, ca=phone.stage.makers, keys=keys)
    return replace(phone, authenticator=twin)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"proofs": {"jwt": ["…"]}}, "invalid_proof"),
        ({"proofs": {"webauthn": []}}, "invalid_proof"),
        ({"proofs": {"webauthn": [{}, {}]}}, "invalid_proof"),
        ({"proofs": {"webauthn": [{"id": 7}]}}, "invalid_proof"),
        ({}, "invalid_proof"),
        ({"nonce": None}, "invalid_credential_request"),
        ({"nonce": 7}, "invalid_credential_request"),
        ({"exercice": "9991000154"}, "invalid_credential_request"),
        ({"surprise": True}, "invalid_credential_request"),
        ({"credential_configuration_id": "permis"}, "unknown_credential_configuration"),
        ({"credential_configuration_id": ["apcv"]}, "invalid_credential_request"),
    ],
)
def test_a_malformed_request_is_named(stage: IssuanceStage, change: dict[str, Any], code: str) -> None:
    """Every malformed body has its own word, a 4xx, and changes nothing."""
    phone = stage.enrolled(ANGE)

    answer = phone.post({**phone.request(), **change})

    assert answer.status_code == 400
    assert code_of(answer) == code
    assert stage.intents() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"nonce":1,"nonce":2}', b"\xff", b'{"a":NaN}'])
def test_a_body_that_is_no_request_is_refused(stage: IssuanceStage, body: bytes) -> None:
    """No bytes give anything but a 4xx."""
    answer = stage.client.post(
        "/v1/credential",
        data=body,
        content_type="application/json",
        headers={"Idempotency-Key": "k" * 20},
    )

    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_credential_request"


# --- silent renewal


def test_a_renewal_with_another_app_key_is_refused(stage: IssuanceStage) -> None:
    """The app key of no registered phone renews nothing."""
    phone = stage.enrolled(ANGE)
    request = phone.request()

    stranger = phone.post(request, dpop=phone.renewal_proof(request, AppKey.make(secrets.token_bytes)))

    assert code_of(stranger) == "invalid_proof"
    assert stage.intents() == []


def test_a_renewal_proof_for_another_request_is_refused(stage: IssuanceStage) -> None:
    """The proof carries the digest of the request it renews with."""
    phone = stage.enrolled(LAURE)
    request = phone.request(exercice="9991000154")
    proof = phone.renewal_proof(request)
    del request["exercice"]

    assert code_of(phone.post(request, dpop=proof)) == "invalid_proof"


def test_a_renewal_proof_serves_once(stage: IssuanceStage) -> None:
    """The same DPoP proof under another idempotency key finds its nonce and its identifier used."""
    phone = stage.enrolled(ANGE)
    request = phone.request()
    proof = phone.renewal_proof(request)
    assert phone.post(request, dpop=proof).status_code == 200

    assert code_of(phone.post(request, dpop=proof)) == "invalid_nonce"


def test_ninety_days_after_the_last_gesture_a_renewal_needs_one(stage: IssuanceStage) -> None:
    """One second before, silence is enough; at ninety days a gesture is asked, and time starts again."""
    phone = stage.enrolled(ANGE)
    stage.clock.advance(90 * DAY_S - 1)
    assert phone.renew().status_code == 200
    stage.clock.advance(1)

    refused = phone.renew()

    assert (refused.status_code, code_of(refused)) == (403, "renewal_too_old")
    assert phone.fetch().status_code == 200
    assert phone.renew().status_code == 200


def test_a_withdrawn_phone_gets_nothing(stage: IssuanceStage) -> None:
    """Withdrawn: its slot is revoked, and neither gesture, renewal nor repetition gives a card."""
    phone = stage.enrolled(ANGE)
    body, key = phone.proven(), "the-first-request"
    assert phone.post(body, key).status_code == 200
    phone.withdraw()

    assert [slot.state for slot in stage.slots()] == ["revoked"]
    assert code_of(phone.fetch()) == "device_withdrawn"
    assert code_of(phone.renew()) == "device_withdrawn"
    assert code_of(phone.post(body, key)) == "device_withdrawn"


# --- idempotency


def test_the_same_request_under_the_same_key_gets_the_same_answer(stage: IssuanceStage) -> None:
    """For 24 hours the lost answer is given again, byte for byte, past its nonce's time too; then no more."""
    phone = stage.enrolled(ANGE)
    body, key = phone.proven(), "asked-once-answered-twice"
    first = phone.post(body, key).get_json()
    stage.clock.advance(DAY_S)

    again = phone.post(body, key)

    assert again.get_json()["credentials"] == first["credentials"]
    assert len(stage.intents()) == 1
    stage.clock.advance(1)
    assert (phone.post(body, key).status_code, code_of(phone.post(body, key))) == (
        422,
        "idempotency_key_reused",
    )


def test_a_renewal_repeated_with_a_fresh_proof_gets_the_same_answer(stage: IssuanceStage) -> None:
    """A phone whose answer was lost asks again with a new nonce and a new proof, under the same key."""
    phone = stage.enrolled(ANGE)
    first = phone.renew("renewed-last-night").get_json()
    stage.clock.advance(600)

    assert phone.renew("renewed-last-night").get_json()["credentials"] == first["credentials"]
    assert len(stage.intents()) == 1


def test_the_same_key_with_another_body_is_refused(stage: IssuanceStage) -> None:
    """An idempotency key names one request."""
    phone = stage.enrolled(LAURE)
    assert phone.post(phone.proven(), "one-key-two-requests").status_code == 200

    other = phone.post(phone.proven(exercice="9991000154"), "one-key-two-requests")

    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")


def test_the_same_request_at_once_is_answered_once(stage: IssuanceStage) -> None:
    """Six copies under one key: one is answered, the others are told to ask again, and then get the same."""
    phone = stage.enrolled(SARAH, "synced")
    body, key = phone.proven(), "six-copies-at-once"

    told = raced(6, lambda _number: issue(stage, body, key))

    assert set(told) <= {"done", "idempotency_conflict"}
    assert told["done"] >= 1
    assert len(stage.intents()) == 1
    assert phone.post(body, key).status_code == 200


@pytest.mark.parametrize("key", ["", "short", "k" * 81, "avec-accent-é-é-é-é"])
def test_an_idempotency_key_is_asked_for(stage: IssuanceStage, key: str) -> None:
    """Without a key of 16 to 80 printable characters nothing is issued."""
    phone = stage.enrolled(ANGE)
    headers = {"Idempotency-Key": key} if key else {}

    answer = stage.client.post("/v1/credential", json=phone.proven(), headers=headers)

    assert (answer.status_code, code_of(answer)) == (400, "idempotency_key_missing")


# --- crashes


class Crashed(Exception):
    """The process ends here."""


def test_a_crash_before_the_seal_leaves_the_intent_and_the_retry_signs_it(
    stage: IssuanceStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was to be signed is on record; the same request gets cards with the very same claims and slot."""
    phone = stage.enrolled(ANGE)
    body, key = phone.proven(), "crashed-in-between"

    def crash(*_: Any) -> Any:
        raise Crashed

    with monkeypatch.context() as patched:
        patched.setattr(stage.services.issuance, "_signers", crash)
        with pytest.raises(Crashed):
            issue(stage, body, key)
    (intent,) = stage.intents()
    assert intent.sealed_cards is None

    assert code_of(phone.post(body, key)) == "idempotency_conflict"  # the first may still be at work
    stage.clock.advance(5)
    retried = phone.post(body, key)

    assert retried.status_code == 200, retried.get_json()
    opened = [stage.opened(one["credential"]) for one in retried.get_json()["credentials"]]
    (slot,) = stage.slots()
    assert {(one.card.slot.list, one.card.slot.idx) for one in opened} == {(slot.list_id, slot.idx)}
    assert {one.issued_at for one in opened} == {intent.recorded_at}
    assert len(stage.intents()) == 1


def test_a_directory_loaded_meanwhile_is_drafted_again(
    stage: IssuanceStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The news of a death that comes between the draft and the record: no card leaves."""
    phone = stage.enrolled(LUC)
    service = stage.services.issuance
    real = service._plan
    loaded: list[Any] = []

    def plan_then_news(*told: Any) -> Any:
        planned = real(*told)
        if not loaded:
            stage.clock.advance(1)
            loaded.append(stage.load_directory("2-mise-a-jour.json"))
        return planned

    monkeypatch.setattr(service, "_plan", plan_then_news)

    refused = phone.fetch()

    assert (refused.status_code, code_of(refused)) == (403, "deceased")
    assert stage.intents() == []
    assert stage.slots() == []


def test_what_our_own_verifier_refuses_does_not_leave(
    stage: IssuanceStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A seal by a key the trust list does not know stays inside: an error of ours, and no card."""
    from tests.simulators.issuing import WordKey

    phone = stage.enrolled(ANGE)
    monkeypatch.setattr(stage.services.issuance, "_signers", lambda _kind, _at: WordKey("stranger"))

    answer = phone.fetch()

    assert answer.status_code == 500
    assert "credentials" not in answer.get_json()
    (intent,) = stage.intents()
    assert intent.sealed_cards is None


# --- slots


def test_a_slot_is_given_again_only_96_hours_after_its_last_card(stage: IssuanceStage) -> None:
    """With a list of one slot left, another phone waits for the rest of the first one's."""
    slots = stage.services.issuance._registers._slots  # type: ignore[attr-defined]  # the stage's own store
    slots._capacity = 1
    first = stage.enrolled(ANGE)
    assert first.fetch().status_code == 200
    second = stage.enrolled(SARAH)

    assert (second.fetch().status_code, code_of(second.fetch())) == (503, "status_list_full")
    stage.clock.advance((72 + 96) * 3600)
    assert code_of(second.fetch()) == "status_list_full"
    stage.clock.advance(1)
    assert second.fetch().status_code == 200
    (slot,) = stage.slots()
    assert slot.device_id == second.device_id


def test_a_suspended_card_is_not_renewed(stage: IssuanceStage) -> None:
    """While its slot is suspended a phone gets no card; afterwards it keeps the same slot."""
    phone = stage.enrolled(ANGE)
    assert phone.fetch().status_code == 200
    database = stage.services.database
    with database.write() as tx:
        tx.execute(update(status_slots).values(state="suspended"))

    refused = phone.renew()

    assert (refused.status_code, code_of(refused)) == (403, "card_suspended")
    with database.write() as tx:
        tx.execute(update(status_slots).values(state="valid"))
    assert phone.renew().status_code == 200
    assert len(stage.slots()) == 1


def test_a_card_after_a_revoked_one_stands_on_a_new_slot(stage: IssuanceStage) -> None:
    """An exercice that closed and opened again: the old slot stays revoked, the new card is not on it."""
    phone = stage.enrolled(LAURE)
    assert phone.fetch().status_code == 200
    with stage.services.database.write() as tx:
        tx.execute(update(status_slots).values(state="revoked"))

    assert phone.fetch().status_code == 200

    assert sorted(slot.state for slot in stage.slots()) == ["revoked", "valid"]


def test_old_issuances_are_forgotten(stage: IssuanceStage) -> None:
    """96 hours after the last card expired, the envelopes go; the journal keeps its line."""
    phone = stage.enrolled(ANGE)
    phone.fetch()
    store = stage.services.issuance._registers
    assert store.sweep(stage.clock.advance((72 + 96) * 3600)) == 0

    assert store.sweep(stage.clock.advance(1)) == 1
    assert stage.rows(issuances) == []
    assert stage.events().count("card.issuance") == 1


def test_the_directory_row_is_what_was_loaded(stage: IssuanceStage) -> None:
    """Seven professionals of the first bundle are entered, with what ended them in columns."""
    rows = {row.id_national: row for row in stage.rows(practitioners)}

    assert len(rows) == 7
    assert str(rows["899700900113"].card_opposed_on) == "2026-01-15"
