"""Whoever asks must be a professional, now, through this till: all others are refused unasked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cartes.apcv import ApcvCard
from cartes.cards import CardKind
from cartes.ecps import EcpsCard
from cartes.errors import (
    RequestAlreadyAnswered,
    RequesterNotProven,
    RequestFromFuture,
    RequestRefused,
    RequestStale,
    Revoked,
    TillHoursTooLong,
    TillKeyPastHours,
    TrustStoreStale,
    TrustStoreUnusable,
    VerifierClockBehind,
)
from cartes.till_request import TillOffer, request_text, write_request
from tests.simulators.cards import (
    ECPS_LIST,
    NOON,
    HeldStore,
    Phone,
    World,
    a_complete_apcv,
    an_ecps,
)
from tests.simulators.issuing import WordKey
from tests.simulators.two_way import Person, TwoWayStreet, a_street
from verifier.policy import POLICIES
from verifier.till_session import TillNotAuthorised

TILL = WordKey("a till")
EPK = WordKey("an ephemeral key").public_key
ELEVEN = timedelta(hours=11)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[TwoWayStreet]:
    with a_street(tmp_path) as made:
        yield made


@pytest.fixture
def ange(street: TwoWayStreet) -> Person:
    return street.patient("ange")


def made(
    world: World,
    *,
    at: datetime = NOON,
    authorised_at: datetime = NOON,
    until: datetime = NOON + ELEVEN,
    card: EcpsCard | ApcvCard | None = None,
    nonce: bytes = bytes(16),
    **issuing: object,
) -> str:
    """A request written by hand: each part may be an attacker's."""
    asking = card or an_ecps()
    offer = TillOffer(TILL.public_key, until)
    credential = world.issue(asking, **issuing)  # type: ignore[arg-type]  # the caller names World.issue's own
    shown = world.present(credential, asking.kind, authorised_at, ctx=offer.context)
    return request_text(write_request(shown, offer, at, nonce, EPK, TILL))


def refusal(person: Person, request: str, at: datetime = NOON) -> RequestRefused:
    """What the phone says; and that its owner was asked nothing and its key signed nothing."""
    gestures = person.pocket.keys[0].counter
    with pytest.raises(RequestRefused) as refused:
        person.answer(request, at)
    assert person.shown == []
    assert person.pocket.keys[0].counter == gestures
    return refused.value


def test_an_honest_request_is_answered(street: TwoWayStreet, ange: Person) -> None:
    """The request the others below differ from."""
    assert ange.answer(made(street.world))
    assert ange.shown[0].card.given == "LAURE"


@pytest.mark.parametrize(
    ("written", "read", "error"),
    [
        (timedelta(0), timedelta(seconds=61), RequestStale),
        (timedelta(seconds=16), timedelta(0), RequestFromFuture),
        (timedelta(hours=3), timedelta(0), RequestFromFuture),
    ],
)
def test_a_request_signed_for_another_time_is_refused(
    street: TwoWayStreet,
    ange: Person,
    written: timedelta,
    read: timedelta,
    error: type[RequestRefused],
) -> None:
    """A picture of a request, or one signed beforehand for later, is worth nothing now."""
    assert isinstance(refusal(ange, made(street.world, at=NOON + written), NOON + read), error)


@pytest.mark.parametrize("seconds", [-15, 0, 60])
def test_clocks_that_differ_a_little_are_forgiven(street: TwoWayStreet, ange: Person, seconds: int) -> None:
    """A minute behind, fifteen seconds ahead."""
    assert ange.answer(made(street.world), NOON + timedelta(seconds=seconds))


def test_an_expired_e_cps_asks_nobody(street: TwoWayStreet, ange: Person) -> None:
    """The card ended during the session: the phone says so, whatever the session's hours."""
    request = made(street.world, at=NOON, authorised_at=NOON - timedelta(minutes=30), life=timedelta(hours=1))

    refused = refusal(ange, request)

    assert isinstance(refused, RequesterNotProven)
    assert refused.facts == {"reason": "credential_expired"}


@pytest.mark.parametrize(("state", "code"), [("revoked", "revoked"), ("suspended", "suspended")])
def test_a_withdrawn_professional_asks_nobody(
    street: TwoWayStreet, ange: Person, state: str, code: str
) -> None:
    """Struck off since this morning: the phone that has refreshed knows it."""
    slots = {ECPS_LIST: frozenset((4,))}
    street.give_trust(ange, World(revoked=slots) if state == "revoked" else World(suspended=slots))

    assert refusal(ange, made(street.world)).facts == {"reason": code}


def test_the_till_of_a_withdrawn_professional_stops_asking(street: TwoWayStreet) -> None:
    """The till that has refreshed says so itself, before it shows anything."""
    till = street.open_till("a", street.professional("laure"))
    store = till.two_way.verifier.store
    assert isinstance(store, HeldStore)
    store.snapshot = World(revoked={ECPS_LIST: frozenset((4,))}).snapshot()

    with pytest.raises(Revoked):
        till.challenge()


def test_a_till_key_past_its_hours_asks_nobody(street: TwoWayStreet, ange: Person) -> None:
    """On both sides: the till will not ask, the phone would not answer."""
    evening = NOON + ELEVEN + timedelta(minutes=55)
    street.give_trust(ange)
    till = street.open_till("a", street.professional("laure"))

    with pytest.raises(TillKeyPastHours):
        till.challenge(evening)
    assert isinstance(refusal(ange, made(street.world, at=NOON + ELEVEN), NOON + ELEVEN), TillKeyPastHours)


def test_hours_beyond_twelve_are_refused(street: TwoWayStreet, ange: Person) -> None:
    """The professional signed for a week; neither their own phone nor the patient's goes along."""
    week = NOON + timedelta(days=7)
    laure = street.professional("laure")

    assert isinstance(refusal(ange, made(street.world, until=week)), TillHoursTooLong)
    with pytest.raises(TillHoursTooLong):
        laure.authorise(TillOffer(TILL.public_key, week))
    assert laure.offers == []


def test_an_authorisation_signed_for_later_is_refused(street: TwoWayStreet, ange: Person) -> None:
    """A gesture dated tomorrow authorises nothing today."""
    later = NOON + timedelta(hours=2)

    refused = refusal(ange, made(street.world, authorised_at=later, until=later + ELEVEN))

    assert refused.facts == {"reason": "proof_from_future"}


def test_a_stranger_without_an_e_cps_asks_nobody(street: TwoWayStreet, ange: Person) -> None:
    """A card sealed by nobody the phone knows."""
    refused = refusal(ange, made(street.world, signer=WordKey("nobody")))

    assert refused.facts == {"reason": "issuer_unknown"}


def test_an_apcv_is_not_a_professional(street: TwoWayStreet, ange: Person) -> None:
    """A patient's own genuine card, in the place of the e-CPS."""
    refused = refusal(ange, made(street.world, card=a_complete_apcv()))

    assert refused.facts == {"reason": "wrong_card_type"}


def test_an_ordinary_presentation_of_an_e_cps_authorises_nothing(street: TwoWayStreet, ange: Person) -> None:
    """A code a doctor once showed to prove who they are is not an authorisation of a till."""
    world, offer = street.world, TillOffer(TILL.public_key, NOON + ELEVEN)
    shown = world.present(world.issue(an_ecps()), CardKind.ECPS, NOON)
    request = request_text(write_request(shown, offer, NOON, bytes(16), EPK, TILL))

    assert refusal(ange, request).facts == {"reason": "context_mismatch"}


def test_an_e_cps_shown_by_another_phone_authorises_nothing(street: TwoWayStreet, ange: Person) -> None:
    """A stolen credential without its phone."""
    world, offer = street.world, TillOffer(TILL.public_key, NOON + ELEVEN)
    thief = Phone("phone-thief")
    shown = world.present(world.issue(an_ecps()), CardKind.ECPS, NOON, phone=thief, ctx=offer.context)
    request = request_text(write_request(shown, offer, NOON, bytes(16), EPK, TILL))

    assert refusal(ange, request).facts == {"reason": "holder_signature_invalid"}


def test_a_request_is_answered_once_by_one_phone(street: TwoWayStreet, ange: Person) -> None:
    """Shown again to the same phone it is refused by name; the next request is a new one."""
    request, other = made(street.world), made(street.world, nonce=b"\x01" * 16)
    ange.answer(request)

    with pytest.raises(RequestAlreadyAnswered):
        ange.answer(request, NOON + timedelta(seconds=30))
    assert ange.answer(other)


@pytest.mark.parametrize(
    ("hours", "error"),
    [(73, TrustStoreStale), (-1.2, VerifierClockBehind)],
)
def test_a_phone_that_knows_too_little_answers_nobody(
    street: TwoWayStreet, ange: Person, hours: float, error: type[Exception]
) -> None:
    """Trust data of last week, or a clock set back: the phone cannot know who asks."""
    at = NOON + timedelta(hours=hours)

    with pytest.raises(error):
        ange.answer(made(street.world, at=at, authorised_at=at, until=at + ELEVEN), at)
    assert ange.shown == []


@pytest.mark.parametrize("kept", [None, {}, {"trust": "AA", "revoked": {}, "suspended": {}, "signed_at": 1}])
def test_a_phone_without_usable_trust_data_answers_nobody(
    street: TwoWayStreet, ange: Person, kept: object
) -> None:
    """Never refreshed, or a damaged file."""
    request = made(street.world)
    ange.pocket.keep_trust(kept)

    with pytest.raises(TrustStoreUnusable):
        ange.answer(request)


def test_a_till_nobody_authorised_asks_nobody(street: TwoWayStreet) -> None:
    """A key alone, or an authorisation refused, shows no request."""
    till = street.till("a")
    with pytest.raises(TillNotAuthorised):
        till.challenge()

    offer = till.two_way.begin(NOON, till.random)
    one_way = street.professional("laure").show()
    refused = till.two_way.authorise(one_way, POLICIES["identite-pro"], NOON)

    assert refused.codes == ("context_mismatch",)
    with pytest.raises(TillNotAuthorised):
        till.challenge()
    assert offer.until - NOON == timedelta(hours=11, minutes=55)


def test_a_new_session_ends_the_one_before(street: TwoWayStreet) -> None:
    """An authorisation of yesterday's key does not serve today's."""
    till, laure = street.till("a"), street.professional("laure")
    first = till.two_way.begin(NOON, till.random)
    answer = laure.authorise(first)
    till.two_way.begin(NOON, till.random)

    assert till.two_way.authorise(answer, POLICIES["identite-pro"], NOON).codes == (
        "holder_signature_invalid",
    )


def test_a_professional_who_says_no_signs_nothing(street: TwoWayStreet) -> None:
    """The phone shows the till's mark and hours first; the same mark stands on the till."""
    till, laure = street.till("a"), street.professional("laure")
    laure.says = False
    offer = till.two_way.begin(NOON, till.random)

    with pytest.raises(RequestRefused):
        laure.authorise(offer)

    assert laure.offers[0].mark == offer.mark
    assert laure.pocket.keys[0].counter == 0
