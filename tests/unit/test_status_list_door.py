"""The status lists for online verifiers, asked at the door, from cards really issued."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cbor2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from flask.testing import FlaskClient
from jwt.types import Options

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services, build
from apcv_backend.config import Config
from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.publication.token_status_list import INVALID, SUSPENDED, VALID, TokenStatuses
from cartes.wire import cose
from keys.ceremony import hold_ceremony
from keys.signer import Purpose
from tests.simulators.clock import MORNING, SteerableClock
from tests.simulators.issuance_stage import ANGE, KARIM, IssuanceStage

AGENT = DeskAgent("A. Martin", "Corte")
JWT, CWT = "application/statuslist+jwt", "application/statuslist+cwt"
ENOUGH = 4096


def public_key(services: Services) -> EllipticCurvePublicKey:
    """The key that signs the lists."""
    (record,) = services.keyring.public_keys(Purpose.STATUS)
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), record.public_key)


def statuses(stage: IssuanceStage, list_id: int = 1) -> TokenStatuses:
    """A list as an online verifier proves and reads it now."""
    answer = stage.client.get(f"/v1/status-lists/{list_id}")
    assert answer.status_code == 200, answer.get_json()
    options: Options = {"verify_exp": False, "verify_iat": False}  # judged below, by the test's clock
    told = jwt.decode(answer.data, public_key(stage.services), algorithms=["ES256"], options=options)
    assert told["sub"] == f"http://cartes.localhost:8000/v1/status-lists/{list_id}"
    assert told["iat"] <= stage.clock().timestamp() < told["iat"] + told["ttl"] < told["exp"]
    return TokenStatuses.read(told["status_list"], ENOUGH)


def test_a_card_is_valid_suspended_valid_again_and_revoked(stage: IssuanceStage) -> None:
    """Each change of a person's cards is in the list a minute later, at the slot the card names; no other."""
    answer = stage.enrolled(ANGE).fetch().get_json()
    slot = stage.opened(answer["credentials"][0]["credential"]).card.slot
    desk = stage.services.revocation

    def after(change: Callable[..., object]) -> int:
        change(ANGE, AGENT, stage.clock())
        stage.clock.advance(60)
        return statuses(stage, slot.list).status(slot.idx)

    assert statuses(stage, slot.list).status(slot.idx) == VALID
    assert after(desk.suspend_person) == SUSPENDED
    assert after(desk.resume_person) == VALID
    assert after(desk.revoke_person) == INVALID
    assert sum(statuses(stage, slot.list).packed) == INVALID << slot.idx % 4 * 2
    assert not any(statuses(stage, 2).packed)


def test_each_kind_of_card_has_its_list(stage: IssuanceStage) -> None:
    """A revoked e-CPS is in list 2, and list 1 says nothing."""
    answer = stage.enrolled(KARIM).fetch().get_json()
    slot = stage.opened(answer["credentials"][0]["credential"]).card.slot

    stage.services.revocation.revoke_person(KARIM, AGENT, stage.clock())

    assert slot.list == 2
    assert statuses(stage, 2).status(slot.idx) == INVALID
    assert not any(statuses(stage, 1).packed)


def test_the_cwt_says_what_the_jwt_says(stage: IssuanceStage) -> None:
    """Asked by `Accept`: the same claims under their numbers, signed by the same key, type in the header."""
    stage.enrolled(ANGE).fetch()
    stage.services.revocation.revoke_person(ANGE, AGENT, stage.clock())

    answer = stage.client.get("/v1/status-lists/1", headers={"Accept": CWT})

    assert answer.content_type == CWT
    protected, unprotected, payload, signature = cbor2.loads(answer.data).value
    (record,) = stage.services.keyring.public_keys(Purpose.STATUS)
    assert cbor2.loads(protected) == {1: -7, 4: bytes.fromhex(record.kid), 16: CWT}
    assert unprotected == {}
    es256 = jwt.get_algorithm_by_name("ES256")
    assert es256.verify(cose.to_be_signed(protected, payload), public_key(stage.services), signature)
    told = cbor2.loads(payload)
    assert (told[2], told[65534]) == ("http://cartes.localhost:8000/v1/status-lists/1", 60)
    assert (told[6], told[4]) == (int(MORNING.timestamp()), int(MORNING.timestamp()) + 3600)
    assert TokenStatuses.read(told[65533], ENOUGH) == statuses(stage)
    assert any(statuses(stage).packed)


def test_a_list_is_made_once_a_minute_and_kept_by_caches_no_longer(
    client: FlaskClient, clock: SteerableClock
) -> None:
    """The same bytes for a minute, with their age; then new ones, and so when the clock goes back."""
    first = client.get("/v1/status-lists/1")
    clock.advance(59)
    kept = client.get("/v1/status-lists/1")
    clock.advance(1)
    fresh = client.get("/v1/status-lists/1")
    clock.advance(-30)
    earlier = client.get("/v1/status-lists/1")

    assert (first.headers["Cache-Control"], first.headers["Age"]) == ("public, max-age=60", "0")
    assert (kept.data, kept.headers["Age"]) == (first.data, "59")
    assert fresh.data != first.data
    assert fresh.headers["Age"] == earlier.headers["Age"] == "0"
    assert fresh.headers["Vary"] == "Accept"


def test_whoever_waited_for_a_list_is_given_it(client: FlaskClient, clock: SteerableClock) -> None:
    """They asked a moment before it was made: it is not made again for each of them."""
    made = client.get("/v1/status-lists/1")
    clock.advance(-2)

    waited = client.get("/v1/status-lists/1")

    assert (waited.data, waited.headers["Age"]) == (made.data, "0")


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, JWT),
        ("*/*", JWT),
        ("application/*", JWT),
        (CWT, CWT),
        (f"{JWT};q=0.5, {CWT}", CWT),
        (f"text/html, {JWT}", JWT),
    ],
)
def test_the_form_is_the_one_preferred(client: FlaskClient, accept: str | None, given: str) -> None:
    """A JWT unless a CWT is preferred."""
    answer = client.get("/v1/status-lists/2", headers={} if accept is None else {"Accept": accept})

    assert (answer.status_code, answer.content_type) == (200, given)


@pytest.mark.parametrize("accept", ["application/json", "text/html", f"{JWT};q=0", "a" * 9_000, "é/é"])
def test_another_form_is_refused(client: FlaskClient, accept: str) -> None:
    """406, as a problem document that no cache keeps."""
    answer = client.get("/v1/status-lists/1", headers={"Accept": accept})

    assert (answer.status_code, answer.get_json()["code"]) == (406, "not_acceptable")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("number", ["0", "4", "9" * 400, "-1", "x", "1/"])
def test_a_list_nobody_keeps_is_absent(client: FlaskClient, number: str) -> None:
    """Only the lists of the three kinds of card are served."""
    answer = client.get(f"/v1/status-lists/{number}")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_a_keyring_without_the_key_serves_no_list_and_is_ready(
    config: Config, clock: SteerableClock, tmp_path: Path
) -> None:
    """A keyring of before this key goes on issuing and publishing; the lists are absent."""
    others = [purpose for purpose in Purpose if purpose is not Purpose.STATUS]
    hold_ceremony(
        tmp_path / "older", MORNING - timedelta(days=1), random=secrets.token_bytes, purposes=others
    )
    services = build(replace(config, keys_dir=tmp_path / "older"), clock=clock)
    services.publication.publish(clock())

    answer = create_app(services).test_client().get("/v1/status-lists/1")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert all(services.readiness(clock()).values())
    services.close()
