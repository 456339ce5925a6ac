"""Attacks on an issuance: nonces replayed and raced, proofs for something else, clones, others' keys."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from cartes.cards import CardKind
from cartes.wire import base64url
from mobile_mock.app_key import AppKey
from tests.simulators.issuance_races import code_of, issue, raced
from tests.simulators.issuance_stage import ANGE, LAURE, SARAH, CardPhone, IssuanceStage

DAY_S = 86_400


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


# A phone's first cards are recorded in steps, its later ones at once where the database can: both are raced.
_EARLIER = pytest.mark.parametrize("earlier", [0, 1], ids=["first", "later"])


@_EARLIER
def test_a_nonce_raced_has_one_winner(stage: IssuanceStage, earlier: int) -> None:
    """Eight workers receive the same proven request under eight keys: one issuance, seven refusals."""
    phone = stage.enrolled(SARAH, "synced")
    assert [phone.fetch().status_code for _ in range(earlier)] == [200] * earlier
    body = phone.proven()

    told = raced(8, lambda number: issue(stage, body, f"key-of-attempt-{number}"))

    assert told == {"done": 1, "invalid_nonce": 7}
    assert len(stage.intents()) == earlier + 1


def test_later_cards_are_recorded_in_two_statements_on_postgresql(stage: IssuanceStage) -> None:
    """What stands alone and has its slot is recorded at once; SQLite takes the steps to the same end."""
    phone = stage.enrolled(ANGE)
    assert phone.fetch().status_code == 200
    said: list[str] = []

    @event.listens_for(stage.services.database._writer, "before_cursor_execute")
    def _hear(_c: object, _k: object, statement: str, *_: object) -> None:
        said.append(statement)

    assert phone.fetch().status_code == 200

    changes = [one for one in said if not one.startswith("BEGIN")]
    assert len(changes) == 2 if not stage.services.database.is_sqlite else len(changes) > 2
    assert stage.events().count("card.issuance") == 2
    assert len(stage.slots()) == 1


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


@_EARLIER
def test_a_counter_raced_by_a_clone_has_one_winner(stage: IssuanceStage, earlier: int) -> None:
    """The same counter value, two nonces, two workers: the conditional update lets one through."""
    phone = stage.enrolled(ANGE)
    assert [phone.fetch().status_code for _ in range(earlier)] == [200] * earlier
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


def test_a_request_that_is_not_said_to_be_json_is_refused(stage: IssuanceStage) -> None:
    """Its media type is part of the request: the protocol's word says so too."""
    answer = stage.client.post("/v1/credential", data=b"{}", content_type="text/plain")

    assert (answer.status_code, code_of(answer)) == (415, "unsupported_media_type")
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
