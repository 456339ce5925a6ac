"""The two cards as arrays of claims."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from cartes.apcv import ApcvCard, Delegate, DelegationType
from cartes.cards import Binding, CardKind, DraftCard, Shape, Slot
from cartes.droits import PeriodeDroits
from cartes.ecps import EcpsCard
from cartes.errors import BadStructure, InvalidValue
from cartes.identifiers.nir import Nir
from tests.simulators.issuing import NOW, apcv, delegate, draft, ecps


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("delegated", [False, True])
def test_apcv_comes_back_from_its_claims(shape: Shape, delegated: bool) -> None:
    """Every shape, with and without a delegate."""
    card = apcv(shape, delegate=delegate() if delegated else None)

    assert ApcvCard.from_claims(card.to_claims()) == card


def test_ecps_comes_back_from_its_claims() -> None:
    """The card of one exercice."""
    assert EcpsCard.from_claims(ecps().to_claims()) == ecps()


def test_identite_says_nothing_but_the_person() -> None:
    """Nulls for the numbers, empty arrays for the rights, zero for the doctor."""
    claims = apcv(Shape.IDENTITE).to_claims()

    assert claims[6:8] == [None, None]
    assert claims[14:19] == [[], [], [], [], 0]


def test_nir_keeps_its_letters() -> None:
    """2A travels as 2A."""
    assert apcv().to_claims()[6] == "158032A99904296"


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        (Shape.IDENTITE, {"nir": Nir.parse("158032A99904296")}),
        (Shape.IDENTITE, {"amo": apcv().amo}),
        (Shape.IDENTITE, {"gp_declared": True}),
        (Shape.SOINS, {"ald": apcv(Shape.COMPLET).ald}),
        (Shape.SOINS, {"c2s": apcv(Shape.COMPLET).c2s}),
        (Shape.SOINS, {"amo": None}),
        (Shape.SOINS, {"nir": None}),
        (Shape.COMPLET, {"ald": apcv(Shape.COMPLET).ald * 9}),
        (Shape.COMPLET, {"rang_gemellaire": 7}),
        (Shape.COMPLET, {"as_of": datetime(2026, 1, 1)}),  # noqa: DTZ001 - a naive time is what is refused
    ],
)
def test_a_shape_cannot_say_more_or_less_than_it_may(shape: Shape, changes: dict[str, Any]) -> None:
    """The constructor refuses, so nothing can be leaked by forgetting."""
    with pytest.raises(InvalidValue):
        apcv(shape, **changes)


@pytest.mark.parametrize(
    ("position", "value"),
    [(0, -1), (0, 65536), (1, 1 << 32), (3, 3), (4, 3), (4, True), (5, None), (5, 1 << 32), (6, ""),
     (6, "158032a99904296"), (7, 5), (8, None), (8, b"ORSINI"), (8, "A\nB"), (11, 19580), (11, "19580314"),
     (12, 0), (12, 7), (13, 10), (14, []), (14, [1, 999]), (14, [1, 999, 9999, "10", 1, None, 0]),
     (14, [100, 999, 9999, "10", 1, None, False]), (14, [1, 999, 9999, "1", 1, None, False]),
     (14, [1, 999, 9999, "10", 200_000, None, False]), (14, [1, 999, 9999, "10", 1, 200_000, False]),
     (15, [[0, 1, 1]]), (15, [[3, 1, 1]]), (15, [[4, 1]]), (15, {}), (16, [2, 1, 1]), (16, [0, 1, None]),
     (17, ["1", "A", "ZZ", "", "", 1, 1]), (17, [None] * 7), (18, True), (18, 2),
     (19, ["", 0, 50_000]), (19, ["PAUL", 4, 50_000]), (19, ["PAUL", 0, None]), (19, [])],
)  # fmt: skip
def test_a_wrong_field_is_refused(position: int, value: Any) -> None:
    """One field at a time, out of its type or range."""
    claims = apcv(Shape.COMPLET, delegate=delegate()).to_claims()
    claims[position] = value

    with pytest.raises(BadStructure):
        ApcvCard.from_claims(claims)


@pytest.mark.parametrize(
    ("position", "value"),
    [(3, 3), (4, -1), (5, "8997009001"), (6, 5), (7, "A" * 65), (8, 5), (8, "DR"), (9, 11), (9, "10"),
     (10, "X"), (10, 0), (11, ["SM04"] * 9), (11, ["sm04"]), (11, "SM04"), (12, ""), (13, []), (13, ["", ""]),
     (13, ["", "123", ""]), (13, ["", "", "A" * 65]), (14, "1" * 15), (14, None)],
)  # fmt: skip
def test_a_wrong_ecps_field_is_refused(position: int, value: Any) -> None:
    """One field at a time, out of its type or table."""
    claims = ecps().to_claims()
    claims[position] = value

    with pytest.raises(BadStructure):
        EcpsCard.from_claims(claims)


@pytest.mark.parametrize("size", [0, 14, 18, 21])
def test_the_array_has_its_size(size: int) -> None:
    """A member more or less is another format."""
    claims = (apcv().to_claims() * 2)[:size]

    with pytest.raises(BadStructure):
        ApcvCard.from_claims(claims)
    with pytest.raises(BadStructure):
        EcpsCard.from_claims(claims)


def test_times_lose_their_fraction_and_their_zone() -> None:
    """What does not travel is dropped at once, so a card equals what comes back."""
    paris = timezone(timedelta(hours=1))
    at = datetime(2026, 11, 21, 11, 0, 0, 999_999, tzinfo=paris)

    card = apcv(as_of=at)
    drafted = draft(card, issued_at=at, expires_at=at + timedelta(hours=1))

    assert card.as_of == NOW
    assert (card.as_of.tzinfo, drafted.issued_at) == (UTC, NOW)


@pytest.mark.parametrize("key", [b"", bytes(33), b"\x04" + bytes(32), b"\x02" + bytes(31)])
def test_a_draft_needs_a_compressed_point(key: bytes) -> None:
    """The shape of the key is checked when the draft is made; the curve when it is linted."""
    with pytest.raises(InvalidValue):
        DraftCard(apcv(), key, NOW, NOW + timedelta(hours=1))


def test_days_no_card_can_carry_are_refused() -> None:
    """Days run from 1900 to 2199."""
    with pytest.raises(InvalidValue):
        apcv(delegate=Delegate("PAUL", DelegationType.PARENT, date(2200, 1, 1))).to_claims()
    with pytest.raises(InvalidValue):
        PeriodeDroits(date(1899, 12, 31))


@pytest.mark.parametrize("name", ["", "A" * 65, "A\x00"])
def test_a_delegate_has_a_name_people_can_read(name: str) -> None:
    """Empty, endless and unprintable names are refused."""
    with pytest.raises(InvalidValue):
        Delegate(name, DelegationType.PARENT, date(2027, 1, 1))


def test_a_slot_has_its_range() -> None:
    """A list number in 16 bits, an index in 32."""
    with pytest.raises(InvalidValue):
        Slot(65536, 0)
    with pytest.raises(InvalidValue):
        Slot(0, -1)


def test_words_and_numbers_of_the_enums() -> None:
    """What people read and what travels."""
    assert [kind.wire for kind in CardKind] == [1, 2, 3]
    assert [binding.word for binding in Binding] == ["synced", "device_bound_claimed", "hardware_attested"]
    assert [shape.word for shape in Shape] == ["identite", "soins", "complet"]
    assert DelegationType.MESURE_PROTECTION.word == "mesure_protection"


def test_a_card_never_prints_a_nir() -> None:
    """Not in its repr, not in a refusal."""
    assert "158032A999042" not in repr(apcv(Shape.COMPLET))
    claims = apcv().to_claims()
    claims[6] = "158032A99904297"
    with pytest.raises(BadStructure) as refused:
        ApcvCard.from_claims(claims)
    assert "158032A" not in str(refused.value)
