"""Codes copied by hand: how they are drawn, written and read again."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apcv_backend.enrolment import activation_codes as codes
from apcv_backend.enrolment.activation_codes import BadCode, DeskAgent
from cartes.cards import ENROLLED_KINDS, CardKind
from cartes.errors import InvalidValue

LENGTHS = (codes.REFERENCE_LENGTH, codes.SECRET_LENGTH, codes.LOSS_CODE_LENGTH)


@given(st.sampled_from(LENGTHS), st.binary(min_size=10, max_size=10))
def test_a_code_is_read_as_it_was_printed(length: int, drawn_from: bytes) -> None:
    """Whatever is drawn, grouped and typed back is the same code."""
    drawn = codes.draw(length, lambda size: drawn_from[:size])

    assert codes.parse_typed(codes.grouped(drawn), length) == drawn


@given(st.data())
def test_reading_forgives_what_people_do(data: st.DataObject) -> None:
    """Case, spaces of every kind, dashes, O for 0, I and L for 1, anywhere."""
    drawn = data.draw(st.text(codes.ALPHABET, min_size=15, max_size=15))
    forms = {"0": "0oO", "1": "1iIlL"}
    typed = "".join(
        data.draw(st.sampled_from(forms.get(letter, letter + letter.lower())))
        + data.draw(st.sampled_from(["", " ", "-", "\u00a0", "–"]))
        for letter in drawn
    )

    assert codes.parse_typed(typed, 15) == drawn


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "4F7QX",
        "4F7QX-02ZKM-8WN3JX",
        "4F7QX-02ZKM-8WN3U",
        "4F7QX-02ZKM-8WN3é",
        "4F7QX-02ZKM-8WN3\x00",
        "٤" * 15,
        "0" * 65,
    ],
)
def test_what_is_no_code_is_refused_without_being_repeated(typed: str) -> None:
    """Too short, too long, the letter U, other alphabets: refused, and the text is not in the error."""
    with pytest.raises(BadCode) as refused:
        codes.parse_typed(typed, 15)
    assert not typed or typed not in str(refused.value)


def test_secrets_are_long_enough() -> None:
    """At least 60 bits for an activation secret, 80 for a loss code."""
    assert codes.SECRET_LENGTH * 5 >= 60
    assert codes.LOSS_CODE_LENGTH * 5 >= 80


def test_every_random_bit_counts() -> None:
    """The first and the last code are the ones of all zeros and all ones; nothing is folded."""
    assert codes.draw(15, lambda size: b"\x00" * size) == "0" * 15
    assert codes.draw(15, lambda size: b"\xff" * size) == "Z" * 15
    assert codes.draw(16, lambda size: bytes(range(size))) != codes.draw(16, bytes)


def test_the_ecps_takes_two_secrets_and_the_apcv_one() -> None:
    """One by phone and one by e-mail for a professional."""
    assert len(codes.draw_code(CardKind.APCV, secrets.token_bytes).secrets) == 1
    first, second = codes.draw_code(CardKind.ECPS, secrets.token_bytes).secrets
    assert first != second


def test_a_new_code_never_prints_its_secrets() -> None:
    """Only the reference may be logged."""
    drawn = codes.draw_code(CardKind.APCV, secrets.token_bytes)

    assert drawn.secrets[0] not in repr(drawn)


def test_a_code_opened_at_a_desk_lives_minutes() -> None:
    """A letter takes days; a person at a desk, or with two devices at hand, needs minutes."""
    agent = DeskAgent("Anne Martin", "Corte")

    assert codes.validity(CardKind.APCV, None) == timedelta(days=15)
    assert codes.validity(CardKind.APCV, agent) == timedelta(minutes=30)
    assert codes.validity(CardKind.ECPS, None) == timedelta(minutes=30)


@pytest.mark.parametrize("name", ["", " Anne", "Anne\nMartin", "a" * 121, "\u202eAnne"])
def test_an_agent_has_a_name_on_one_line(name: str) -> None:
    """A line break in a name would forge a line wherever it is written."""
    with pytest.raises(InvalidValue):
        DeskAgent(name, "Corte")


def test_a_mac_is_for_one_card_and_one_way() -> None:
    """The four purposes differ: a MAC moved to another column or card opens nothing."""
    purposes = {codes.code_purpose(card, way) for card in ENROLLED_KINDS for way in (1, 2)}

    assert len(purposes | {codes.LOSS_PURPOSE}) == 5
