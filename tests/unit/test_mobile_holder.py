"""A person with a phone, from the code in hand to the QR on the screen, against a backend on loopback."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cartes import presentation, seal
from cartes.cards import CardKind, Shape
from cartes.errors import CardRefused, HolderSignatureInvalid, ProofStale
from cartes.wire import base64url, qr
from mobile_mock import errors
from mobile_mock.answers import ActivationCode
from mobile_mock.backend_client import BackendAddress, BackendClient
from mobile_mock.client_data import DEVELOPMENT_ORIGIN, DEVELOPMENT_PACKAGE, ClientShape
from mobile_mock.holder import Holder
from mobile_mock.own_phones import report_loss
from mobile_mock.phone_model import MODELS
from mobile_mock.pocket import Pocket
from mobile_mock.pocket_records import Phone
from tests.simulators import issuing
from tests.simulators.phone_backend import EXERCICES, PhoneBackend, Refusal, serving

NOW = issuing.NOW
CODE = ActivationCode("7K3M9QRT", ("4F7QX02ZKM8WN3J",))


@dataclass
class Street:
    """One person, one phone, one backend."""

    backend: PhoneBackend
    folder: Path
    shape: ClientShape = ClientShape.CHROMIUM_PLAIN
    model: str = "plain"

    @contextmanager
    def holder(self) -> Iterator[tuple[Holder, Pocket]]:
        native = self.shape is ClientShape.ANDROID_NATIVE
        phone = Phone(
            MODELS[self.model],
            self.shape,
            DEVELOPMENT_ORIGIN if native else None,
            DEVELOPMENT_PACKAGE if native else None,
        )
        client = BackendClient(BackendAddress.parse(self.backend.url), pause=lambda _: None)
        try:
            with Pocket.create(self.folder, phone) as pocket:
                yield Holder(pocket, client, random=secrets.token_bytes), pocket
        finally:
            client.close()

    def requests(self, path: str) -> list[tuple[str, str, dict[str, str], Any]]:
        return [one for one in self.backend.seen if one[1] == path]


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with serving(PhoneBackend(NOW)) as backend:
        yield Street(backend, tmp_path / "phone")


def check(text: str, backend: PhoneBackend, kind: CardKind, seconds: int = 0) -> presentation.HeldCard:
    at = NOW + timedelta(seconds=seconds)
    unverified = presentation.parse(qr.unpack(text))
    opened = seal.open_seal(unverified.credential, backend.trust(), at, expected=kind)
    return presentation.check_holder_proof(unverified, opened, backend.policy(kind), at)


@pytest.mark.parametrize("shape", ClientShape)
@pytest.mark.parametrize("model", ["plain", "synced"])
def test_a_till_accepts_what_each_phone_shows(street: Street, shape: ClientShape, model: str) -> None:
    """From the code to the QR: for each client shape, the till finds the phone's own fresh proof."""
    street.shape, street.model = shape, model

    with street.holder() as (holder, _):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        cards = holder.fetch_card(CardKind.APCV, NOW)
        shown = {card.name: holder.show_qr(CardKind.APCV, NOW, name=card.name) for card in cards}

    held = {name: check(one.text, street.backend, CardKind.APCV, 30) for name, one in shown.items()}
    assert set(held) == {shape.word for shape in Shape}
    assert all(one.synced is (model == "synced") for one in held.values())
    assert all(isinstance(presentation.parse(one.data).proof.profile, int) for one in shown.values())


def test_a_shown_card_is_worth_a_minute(street: Street) -> None:
    """The proof is over one moment: a minute later the till says it is stale, and `fresh_until` said so."""
    with street.holder() as (holder, _):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        holder.fetch_card(CardKind.APCV, NOW)
        shown = holder.show_qr(CardKind.APCV, NOW)

    assert shown.fresh_until == NOW + timedelta(seconds=60)
    assert check(shown.text, street.backend, CardKind.APCV, 60).proof_time == NOW
    with pytest.raises(ProofStale):
        check(shown.text, street.backend, CardKind.APCV, 61)


def test_the_usual_shape_is_soins_and_a_context_is_signed(street: Street) -> None:
    """Without a name the apCV is shown as `soins`; a two-way request changes the proof."""
    with street.holder() as (holder, _):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        holder.fetch_card(CardKind.APCV, NOW)
        shown = holder.show_qr(CardKind.APCV, NOW)
        answered = holder.show_qr(CardKind.APCV, NOW, ctx=bytes(32))

    assert shown.card.name == "soins"
    with pytest.raises(HolderSignatureInvalid):
        check(answered.text, street.backend, CardKind.APCV)


def test_a_professional_gets_one_card_for_each_exercice(street: Street) -> None:
    """The two secrets travel together; each exercice is its own card, and the proof serves the e-CPS only."""
    with street.holder() as (holder, _):
        holder.enrol(CardKind.ECPS, ActivationCode("R", ("one", "two")), "Mon téléphone", NOW)
        cards = holder.fetch_card(CardKind.ECPS, NOW)
        shown = holder.show_qr(CardKind.ECPS, NOW, name=EXERCICES[1])

    (begun,) = street.requests("/v1/enrolments")
    assert begun[3]["proof"]["secrets"] == ["one", "two"]
    assert [card.name for card in cards] == list(EXERCICES)
    assert check(shown.text, street.backend, CardKind.ECPS).opened.card.kind is CardKind.ECPS
    with pytest.raises(CardRefused):
        check(shown.text, street.backend, CardKind.APCV)


def test_a_lost_answer_of_issuance_is_asked_again_with_the_same_key(street: Street) -> None:
    """The answer is lost twice: the phone repeats the very same request and gets the very same cards."""
    with street.holder() as (holder, _):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        street.backend.lose["/v1/credential"] = 2
        cards = holder.fetch_card(CardKind.APCV, NOW)

    asked = street.requests("/v1/credential")
    assert len(asked) == 3
    assert len({one[2]["Idempotency-Key"] for one in asked}) == 1
    assert asked[0][3] == asked[1][3] == asked[2][3]
    assert len(street.backend.answered) == 1
    assert len(cards) == 3


def test_silence_is_said_after_three_attempts(street: Street) -> None:
    """A backend that never answers is unreachable; the cards held before stay."""
    with street.holder() as (holder, pocket):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        before = holder.fetch_card(CardKind.APCV, NOW)
        street.backend.lose["/v1/credential"] = 99

        with pytest.raises(errors.BackendUnreachable):
            holder.renew(CardKind.APCV, NOW)

        assert pocket.cards == before
    assert street.backend.lose["/v1/credential"] == 96


def test_renewal_is_silent(street: Street) -> None:
    """A renewal carries a DPoP proof and no WebAuthn assertion; asked again, its proof is fresh."""
    with street.holder() as (holder, pocket):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        holder.fetch_card(CardKind.APCV, NOW)
        counters = [key.counter for key in pocket.keys]
        street.backend.lose["/v1/credential"] = 1
        holder.renew(CardKind.APCV, NOW)

        assert [key.counter for key in pocket.keys] == counters

    _, first, second = street.requests("/v1/credential")
    assert "proofs" not in second[3]
    assert first[2]["DPoP"] != second[2]["DPoP"]


def test_a_refusal_leaves_the_phone_as_it_was(street: Street) -> None:
    """The backend's code, status and sentence come through; no key and no device stay behind."""
    with street.holder() as (holder, pocket):
        with pytest.raises(errors.BackendRefused) as refused:
            holder.enrol(CardKind.APCV, ActivationCode("WRONG", ("x",)), "Mon téléphone", NOW)
        assert (refused.value.code, refused.value.status) == ("activation_code_refused", 403)
        assert str(refused.value) == "activation_code_refused (status=403)"
        assert refused.value.detail == "Refusé."

        street.backend.spoil = _refuse
        with pytest.raises(errors.BackendRefused):
            holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        assert (pocket.keys, pocket.devices, pocket.pending) == ((), (), None)


def _refuse(path: str, answer: Any) -> Any:
    if path.startswith("/v1/enrolments/"):
        raise Refusal(409, "too_many_devices")
    return answer


def test_an_enrolment_whose_last_answer_was_lost_is_found_again(street: Street) -> None:
    """The phone was registered and the answer was lost: it asks, and is enrolled all the same."""
    with street.holder() as (holder, pocket):
        street.backend.lose["/v1/enrolments/*"] = 1
        done = holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)

        assert done.loss_code is None
        assert pocket.device(CardKind.APCV).device_id in street.backend.devices
        assert len(holder.fetch_card(CardKind.APCV, NOW)) == 3


def test_an_enrolment_that_never_arrived_is_forgotten(street: Street) -> None:
    """Nothing was registered: the pending key is dropped, and the person can begin again."""
    with street.holder() as (holder, pocket):
        street.backend.lose["/v1/enrolments/*"] = 1
        street.backend.spoil = lambda path, answer: (
            street.backend.devices.clear() if path.startswith("/v1/enrolments/") else answer
        )
        with pytest.raises(errors.BackendUnreachable):
            holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        assert (pocket.keys, pocket.pending) == ((), None)

        street.backend.spoil = lambda _, answer: answer
        assert holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW).loss_code


def test_a_pending_enrolment_outlives_a_backend_in_trouble(street: Street) -> None:
    """While the backend is in trouble the phone keeps its pending key; later it finds out."""
    with street.holder() as (holder, pocket):
        street.backend.lose["/v1/enrolments/*"] = 1
        street.backend.refuse["/v1/devices"] = Refusal(500, "internal_error")
        with pytest.raises(errors.BackendRefused):
            holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        assert pocket.pending is not None
        assert len(pocket.keys) == 1

        street.backend.refuse.clear()
        assert holder.resume(NOW) is not None
        assert pocket.pending is None


def test_enrolling_again_replaces_key_and_cards(street: Street) -> None:
    """The same phone enrolled a second time keeps one key and none of the older cards."""
    with street.holder() as (holder, pocket):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        holder.fetch_card(CardKind.APCV, NOW)
        old = pocket.keys
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)

        assert len(pocket.keys) == 1
        assert pocket.keys != old
        assert pocket.cards == ()


SPOILED: dict[str, tuple[Any, type[errors.PhoneError]]] = {
    "another phone's card": ("other", errors.CardNotMine),
    "bytes that are no card": ("AAAA", errors.CardNotMine),
    "not base64url": ("***", errors.BackendNonsense),
    "no card at all": (None, errors.BackendNonsense),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_card_that_is_not_mine_is_not_kept(street: Street, fault: str) -> None:
    """One unusable card in the batch, and the batch is refused; what was held stays."""
    wrong, refusal = SPOILED[fault]
    if wrong == "other":
        wrong = base64url.encode(issuing.credential(issuing.apcv()))

    def spoil(path: str, answer: Any) -> Any:
        if path != "/v1/credential":
            return answer
        return {
            **answer,
            "credentials": [*answer["credentials"][:-1], {"credential": wrong, "shape": "soins"}],
        }

    with street.holder() as (holder, pocket):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        before = holder.fetch_card(CardKind.APCV, NOW)
        street.backend.spoil = spoil

        with pytest.raises(refusal):
            holder.fetch_card(CardKind.APCV, NOW)

        assert pocket.cards == before


def test_a_card_of_another_shape_than_announced_is_not_kept(street: Street) -> None:
    """A `complet` announced as `soins` would show ALD and C2S unasked: refused."""

    def spoil(path: str, answer: Any) -> Any:
        if path == "/v1/credential":
            answer["credentials"][2]["shape"] = "soins"
        return answer

    street.backend.spoil = spoil
    with street.holder() as (holder, pocket):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        with pytest.raises(errors.CardNotMine) as refused:
            holder.fetch_card(CardKind.APCV, NOW)
        assert refused.value.facts == {"why": "shape"}
        assert pocket.cards == ()


def test_an_expired_card_is_not_shown(street: Street) -> None:
    """The phone says so before the counter does."""
    with street.holder() as (holder, _):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        holder.fetch_card(CardKind.APCV, NOW)

        with pytest.raises(errors.CardOutdated):
            holder.show_qr(CardKind.APCV, NOW + timedelta(hours=24))
        with pytest.raises(errors.NoCard):
            holder.show_qr(CardKind.APCV, NOW, name="nothing")
        with pytest.raises(errors.NotEnrolled):
            holder.show_qr(CardKind.ECPS, NOW)


def test_showing_needs_no_network(tmp_path: Path) -> None:
    """A card is shown after the backend is gone, from the pocket alone."""
    with serving(PhoneBackend(NOW)) as backend:
        street = Street(backend, tmp_path / "phone")
        with street.holder() as (holder, _):
            holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
            holder.fetch_card(CardKind.APCV, NOW)

    with street.holder() as (holder, _):
        shown = holder.show_qr(CardKind.APCV, NOW)

    assert check(shown.text, backend, CardKind.APCV).user_verified


def test_phones_are_listed_named_and_withdrawn(street: Street, tmp_path: Path) -> None:
    """Two phones of a person: each sees both; one withdraws the other, then itself, and is then empty."""
    other = Street(street.backend, tmp_path / "other")
    with street.holder() as (mine, pocket), other.holder() as (second, _):
        mine.enrol(CardKind.APCV, CODE, "Le mien", NOW)
        gone = second.enrol(CardKind.APCV, CODE, "L'autre", NOW).device.device_id
        mine.phones.rename(CardKind.APCV, gone, "Ancien", NOW)
        listed = mine.phones.list(CardKind.APCV, NOW)
        assert [(one.name, one.is_this_one) for one in listed] == [("Le mien", True), ("Ancien", False)]

        mine.phones.withdraw(CardKind.APCV, gone, NOW)
        with pytest.raises(errors.BackendRefused):
            second.phones.list(CardKind.APCV, NOW)
        mine.phones.withdraw(CardKind.APCV, listed[0].device_id, NOW)

        assert street.backend.withdrawn == [gone, listed[0].device_id]
        assert (pocket.devices, pocket.keys) == ((), ())


def test_notices_are_new_once(street: Street) -> None:
    """A notice is marked new the first time this phone shows it."""
    with street.holder() as (holder, _):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        first = holder.phones.notices(CardKind.APCV, NOW)
        again = holder.phones.notices(CardKind.APCV, NOW)

    assert [(one.kind, one.is_new) for one in first] == [("device_added", True)]
    assert [one.is_new for one in again] == [False]


def test_a_lost_phone_is_reported_without_it(street: Street) -> None:
    """The slip is enough; a wrong slip is refused."""
    with street.holder() as (holder, _):
        done = holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
    client = BackendClient(BackendAddress.parse(street.backend.url), pause=lambda _: None)

    with pytest.raises(errors.BackendRefused):
        report_loss(client, done.device.reference, "wrong")
    report_loss(client, done.device.reference, str(done.loss_code))

    client.close()
    assert street.backend.withdrawn == [done.device.device_id]


def test_two_enrolments_share_no_app_key(street: Street) -> None:
    """Both cards in one phone: two WebAuthn keys, two app keys."""
    with street.holder() as (holder, pocket):
        holder.enrol(CardKind.APCV, CODE, "Mon téléphone", NOW)
        holder.enrol(CardKind.ECPS, ActivationCode("R", ("a", "b")), "Mon téléphone", NOW)

        one, two = pocket.devices
        assert one.app_key.jwk != two.app_key.jwk
        assert len({key.rp_id for key in pocket.keys}) == 2
