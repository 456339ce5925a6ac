"""Every byte of a request and of an answer changed, cut short or made longer: refused, never an exception."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cartes.cards import CardKind
from cartes.errors import (
    RequesterNotProven,
    RequestInvalid,
    RequestRefused,
    RequestSignatureInvalid,
    RequestUnreadable,
)
from cartes.requester import check_requester
from cartes.sealed_answer import ANSWER, answer_text, read_answer
from cartes.till_request import OFFER, REQUEST, open_request, read_offer, request_text, write_request
from cartes.wire import qr
from mobile_mock.trust_data import PocketTrust
from tests.simulators.cards import NOON
from tests.simulators.two_way import Person, Till, TwoWayStreet, a_street
from verifier.lights import Light


@pytest.fixture
def street(tmp_path: Path) -> Iterator[TwoWayStreet]:
    with a_street(tmp_path) as made:
        yield made


@pytest.fixture
def till(street: TwoWayStreet) -> Till:
    return street.open_till("a", street.professional("laure"))


@pytest.fixture
def ange(street: TwoWayStreet) -> Person:
    return street.patient("ange")


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_every_byte_of_a_request_flipped_is_refused(till: Till, mask: int) -> None:
    """No byte is free: shapes, points or the till key's signature give it away, before the e-CPS is read."""
    data = qr.unpack(till.challenge(), REQUEST)

    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= mask
        with pytest.raises((RequestInvalid, RequestSignatureInvalid)):
            open_request(request_text(bytes(changed)), NOON)


def test_a_request_resigned_by_whoever_changed_it_proves_nobody(till: Till, ange: Person) -> None:
    """A byte of the e-CPS changed, and all signed anew by the till: the professional's proof is broken."""
    session = till.two_way.session.session()
    assert session is not None
    assert session.presentation is not None
    known = PocketTrust(ange.pocket).load(NOON)
    for position in range(0, len(session.presentation), 3):
        shown = bytearray(session.presentation)
        shown[position] ^= 0x01
        changed = write_request(
            bytes(shown), session.offer, NOON, bytes(16), session.key.public_key, session.key
        )
        request = open_request(request_text(changed), NOON)
        with pytest.raises(RequesterNotProven):
            check_requester(request, known.trust, known.revoked, known.suspended, NOON)


@pytest.mark.parametrize("mask", [0x01, 0x80])
def test_every_byte_of_an_answer_flipped_is_red(till: Till, ange: Person, mask: int) -> None:
    """The seal is over every byte, and a failed attempt takes nothing from the request that waits."""
    answer = read_answer(ange.answer(till.challenge()))

    for position in range(len(answer)):
        changed = bytearray(answer)
        changed[position] ^= mask
        judged = till.check(answer_text(bytes(changed)))
        assert (judged.codes, judged.facts) == (("answer_unreadable",), None), position

    assert till.check(answer_text(answer)).light is Light.GREEN


@pytest.mark.parametrize("length", [0, 1, 64, 65, 81, 200, 281])
def test_a_truncated_answer_is_red(till: Till, ange: Person, length: int) -> None:
    """Cut anywhere, it opens nothing."""
    answer = read_answer(ange.answer(till.challenge()))[:length]

    assert till.check(answer_text(answer)).light is Light.RED


@pytest.mark.parametrize("length", [0, 1, 41, 100, 370, 480])
def test_a_truncated_request_is_refused(till: Till, length: int) -> None:
    """Cut anywhere, it is no request."""
    with pytest.raises((RequestUnreadable, RequestInvalid)):
        open_request(request_text(qr.unpack(till.challenge(), REQUEST)[:length]), NOON)


@pytest.mark.parametrize("digits", [1900, 4299, 4301, 100_000])
def test_oversized_digits_are_refused_unread(till: Till, ange: Person, digits: int) -> None:
    """On both sides, before any number is made of them."""
    with pytest.raises(RequestUnreadable):
        ange.answer("5" * digits)
    assert till.check("7" * digits).codes == ("bad_transport",)


def test_one_code_is_never_taken_for_another(till: Till, street: TwoWayStreet, ange: Person) -> None:
    """Card, request, answer, offer: each reader takes its own first byte only."""
    request, card = till.challenge(), ange.show(name="complet")
    answer, offer = ange.answer(request), till.two_way.begin(NOON, till.random).text()

    for text, own in ((card, qr.CARD), (request, REQUEST), (answer, ANSWER), (offer, OFFER)):
        assert [form for form in (qr.CARD, REQUEST, ANSWER, OFFER) if qr.is_form(text, form)] == [own]
    for text in (card, answer, offer):
        with pytest.raises(RequestUnreadable):
            open_request(text, NOON)
    for text in (card, answer, request):
        with pytest.raises(RequestRefused):
            read_offer(text)
    assert till.check(request).codes == ("bad_transport",)
    assert till.check(offer).codes == ("not_sq1",)
    assert ange.kind is CardKind.APCV
