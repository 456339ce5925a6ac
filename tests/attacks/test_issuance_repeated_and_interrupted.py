"""Issuance asked twice, interrupted, or for what is suspended and old: one answer, one record, one slot."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from apcv_backend.tables import issuances, practitioners, status_slots
from tests.simulators.issuance_races import code_of, issue, raced
from tests.simulators.issuance_stage import ANGE, LAURE, LUC, SARAH, IssuanceStage

DAY_S = 86_400


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
    planner = stage.services.issuance._planner
    real = planner.plan
    loaded: list[Any] = []

    def plan_then_news(*told: Any) -> Any:
        planned = real(*told)
        if not loaded:
            stage.clock.advance(1)
            loaded.append(stage.load_directory("2-mise-a-jour.json"))
        return planned

    monkeypatch.setattr(planner, "plan", plan_then_news)

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
