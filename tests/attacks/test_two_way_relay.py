"""A till that relays another till's request: the phone names the other, and the answer opens for it alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cartes.cards import CardKind
from cartes.errors import RequestDeclined, RequesterNotProven, RequestSignatureInvalid
from cartes.sealed_answer import answer_text, open_answer, read_answer, seal_answer
from cartes.till_request import REQUEST, open_request, request_text, write_request
from cartes.wire import qr, strict_cbor
from tests.simulators.cards import NOON, a_doctor, an_apcv
from tests.simulators.two_way import Person, Till, TwoWayStreet, a_street
from verifier.lights import Light
from verifier.own_key import OwnKey


@pytest.fixture
def street(tmp_path: Path) -> Iterator[TwoWayStreet]:
    with a_street(tmp_path) as made:
        yield made


@pytest.fixture
def tills(street: TwoWayStreet) -> tuple[Till, Till]:
    """Till A is a doctor's; till B is Laure's pharmacy. Both are authorised."""
    doctor = street.professional("karim", a_doctor())
    return street.open_till("a", doctor), street.open_till("b", street.professional("laure"))


@pytest.fixture
def ange(street: TwoWayStreet) -> Person:
    return street.patient("ange")


def test_the_phone_names_the_till_that_made_the_request(tills: tuple[Till, Till], ange: Person) -> None:
    """Standing at A, Ange sees B's professional, B's profession and B's structure, and may say no."""
    _, till_b = tills
    ange.says = False

    with pytest.raises(RequestDeclined):
        ange.answer(till_b.challenge())

    (asker,) = ange.shown
    assert (asker.card.name, asker.card.structure.raison_sociale) == ("PAOLI-TEST", "PHARMACIE FICTIVE")
    assert asker.card.profession.label == "Pharmacien"


def test_the_till_that_relays_cannot_read_the_answer(tills: tuple[Till, Till], ange: Person) -> None:
    """Even when Ange says yes to B, A holds bytes that none of its requests opens."""
    till_a, till_b = tills
    relayed = till_b.challenge()
    nothing_asked = till_a.check(ange.answer(relayed))
    till_a.challenge()

    answered = till_a.check(ange.answer(till_b.challenge()))

    assert nothing_asked.codes == ("context_unexpected",)
    assert answered.codes == ("answer_unreadable",)
    assert answered.facts is None


def test_an_answer_made_for_a_and_sealed_again_for_b_is_refused_by_b(
    tills: tuple[Till, Till], ange: Person
) -> None:
    """A can read what was said to A. Sealed again to B's request, its proof still says A."""
    till_a, till_b = tills
    to_a = till_a.challenge()
    answer = ange.answer(to_a)
    (waiting,) = till_a.two_way.session.waiting(NOON)
    shown = open_answer(read_answer(answer), waiting.key.private_key, waiting.ctx)
    request_b = open_request(till_b.challenge(), NOON)

    judged = till_b.check(answer_text(seal_answer(shown, request_b.epk, request_b.ctx)))

    assert (judged.light, judged.facts) == (Light.RED, None)
    assert judged.codes == ("holder_signature_invalid",)
    assert till_a.check(answer).light is Light.GREEN


def test_an_answer_to_one_request_sealed_for_another_of_the_same_till_is_named(
    tills: tuple[Till, Till], ange: Person
) -> None:
    """Two requests of one till wait; an answer to the first, sealed for the second, is `context_mismatch`."""
    _, till = tills
    first, second = open_request(till.challenge(), NOON), open_request(till.challenge(), NOON)
    shown = ange.holder.show_qr(CardKind.APCV, NOON, name="complet", ctx=first.ctx).data

    judged = till.check(answer_text(seal_answer(shown, second.epk, second.ctx)))

    assert judged.codes == ("context_mismatch",)


def test_a_request_of_b_given_another_key_to_answer_to_is_refused(
    tills: tuple[Till, Till], ange: Person
) -> None:
    """A puts its own ephemeral key in B's request: B's till key did not sign that."""
    _, till_b = tills
    body, signature = strict_cbor.loads(qr.unpack(till_b.challenge(), REQUEST))
    members = strict_cbor.loads(body)
    members[5] = OwnKey.make(lambda size: b"\x07" * size).public_key

    with pytest.raises(RequestSignatureInvalid):
        ange.answer(request_text(strict_cbor.dumps([strict_cbor.dumps(members), signature])))

    assert ange.shown == []


def test_the_e_cps_of_b_under_the_key_of_a_proves_nothing(tills: tuple[Till, Till], ange: Person) -> None:
    """A signs a request of its own with B's presentation in it: that e-CPS authorised another key."""
    till_a, till_b = tills
    session_a, session_b = till_a.two_way.session.session(), till_b.two_way.session.session()
    assert session_a is not None
    assert session_b is not None
    assert session_b.presentation is not None
    epk = OwnKey.make(lambda size: b"\x07" * size).public_key
    stolen = write_request(session_b.presentation, session_a.offer, NOON, bytes(16), epk, session_a.key)

    with pytest.raises(RequesterNotProven) as refused:
        ange.answer(request_text(stolen))

    assert refused.value.facts == {"reason": "holder_signature_invalid"}
    assert ange.shown == []


def test_an_answer_serves_once(tills: tuple[Till, Till], ange: Person) -> None:
    """One request, one answer: the same code a second time finds nothing waiting."""
    _, till = tills
    answer = ange.answer(till.challenge())

    first, again = till.check(answer), till.check(answer)

    assert first.light is Light.GREEN
    assert again.codes == ("context_unexpected",)


def test_two_patients_cannot_answer_one_request(street: TwoWayStreet, tills: tuple[Till, Till]) -> None:
    """A picture of Ange's request shown to Maria: she may answer; the till takes the first one only."""
    _, till = tills
    ange, maria = street.patient("ange"), street.patient("maria", an_apcv(given="MARIA"))
    request = till.challenge()
    to_ange, to_maria = ange.answer(request), maria.answer(request, name="soins")

    assert till.check(to_ange).light is Light.GREEN
    till.challenge()
    assert till.check(to_maria).codes == ("answer_unreadable",)


def test_a_one_way_card_is_not_an_answer(tills: tuple[Till, Till], ange: Person) -> None:
    """At a till that takes answers only, a card in clear is `context_mismatch`; elsewhere it is a card."""
    _, till = tills
    till.challenge()

    assert till.check(ange.show(name="complet"), two_way_only=True).codes == ("context_mismatch",)
    later = NOON + timedelta(seconds=1)
    assert till.check(ange.show(later, name="complet"), later).light is Light.GREEN


def test_an_answer_in_clear_is_not_one(tills: tuple[Till, Till], ange: Person) -> None:
    """The right proof, not sealed: everybody could have read it, so it is refused by name."""
    _, till = tills
    request = open_request(till.challenge(), NOON)
    clear = ange.holder.show_qr(CardKind.APCV, NOON, name="complet", ctx=request.ctx).text

    assert till.check(clear, two_way_only=True).codes == ("context_mismatch",)
    assert till.check(clear).codes == ("context_unexpected",)


def test_an_answer_without_a_request_is_unexpected(street: TwoWayStreet, ange: Person) -> None:
    """A till that asked nobody, or whose request is more than two minutes old, opens nothing."""
    laure = street.professional("laure")
    asking, silent = street.open_till("asking", laure), street.till("silent")
    answer = ange.answer(asking.challenge())

    assert silent.check(answer).codes == ("context_unexpected",)
    assert asking.check(answer, NOON + timedelta(seconds=121)).codes == ("context_unexpected",)
