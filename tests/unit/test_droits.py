"""Rights and their periods."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cartes.droits import C2s, CodeExoneration, DroitsAmc, DroitsAmo, Exoneration, PeriodeDroits
from cartes.errors import InvalidValue
from cartes.identifiers.organisme import Organisme

YEAR = PeriodeDroits(date(2026, 1, 1), date(2026, 12, 31))
AMC = DroitsAmc("99999001", "F0000001", "ZZ", "TEST01", "", YEAR)


def test_a_period_is_closed_at_both_ends() -> None:
    """Rights are open on the first and the last day, and on no other side."""
    assert YEAR.open_on(date(2026, 1, 1))
    assert YEAR.open_on(date(2026, 12, 31))
    assert not YEAR.open_on(date(2025, 12, 31))
    assert not YEAR.open_on(date(2027, 1, 1))


def test_no_end_is_not_an_ended_right() -> None:
    """A period without an end stays open."""
    period = PeriodeDroits(date(2026, 1, 1))

    assert period.open_on(date(2099, 1, 1))
    assert not period.open_on(date(2025, 12, 31))


def test_a_period_of_one_day_is_a_period() -> None:
    """It may start and end on the same day."""
    assert PeriodeDroits(date(2026, 1, 1), date(2026, 1, 1)).open_on(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("debut", "fin", "why"),
    [
        (date(2026, 1, 2), date(2026, 1, 1), "ends_before_it_starts"),
        (date(1899, 12, 31), None, "before_1900"),
        (datetime(2026, 1, 1, tzinfo=UTC), None, "not_a_day"),
        (date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), "not_a_day"),
    ],
)
def test_a_wrong_period_cannot_be_built(debut: date, fin: date | None, why: str) -> None:
    """An end before the start, a day before the wire's day zero, and instants are refused."""
    with pytest.raises(InvalidValue) as refused:
        PeriodeDroits(debut, fin)

    assert refused.value.facts["why"] == why


def test_two_periods_share_the_days_of_both() -> None:
    """Their intersection keeps the later start and the earlier end, if any."""
    from_june = PeriodeDroits(date(2026, 6, 1))

    assert YEAR.intersection(from_june) == PeriodeDroits(date(2026, 6, 1), date(2026, 12, 31))
    assert from_june.intersection(PeriodeDroits(date(2020, 1, 1))) == from_june
    assert YEAR.intersection(PeriodeDroits(date(2027, 1, 1))) is None


@pytest.mark.parametrize("code", ["", "1", "100", "1a", "１０"])
def test_a_code_gestion_is_two_characters(code: str) -> None:
    """Digits or capitals, exactly two."""
    organisme = Organisme("01", "999", "9999")
    assert DroitsAmo(organisme, "10", YEAR, alsace_moselle=False).code_gestion == "10"

    with pytest.raises(InvalidValue, match="code_gestion"):
        DroitsAmo(organisme, code, YEAR, alsace_moselle=False)


def test_an_exoneration_has_a_reason() -> None:
    """Code 0 is the absence of an exoneration, not one of them."""
    assert Exoneration(CodeExoneration.SOINS_ALD, YEAR).code.wire == 4

    with pytest.raises(InvalidValue, match="exoneration"):
        Exoneration(CodeExoneration.AUCUNE, YEAR)


def test_c2s_always_ends() -> None:
    """It is a right of a year."""
    assert C2s(participation=False, periode=YEAR).periode is YEAR

    with pytest.raises(InvalidValue, match="no_end"):
        C2s(participation=False, periode=PeriodeDroits(date(2026, 1, 1)))


@pytest.mark.parametrize("number", ["62013354", "755000170", "9999900100"])
def test_an_insurer_number_has_eight_to_ten_digits(number: str) -> None:
    """The lengths met in public samples are accepted, without a key."""
    assert replace(AMC, numero_amc=number).numero_amc == number


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("numero_amc", "9999900"),
        ("numero_amc", "99999001000"),
        ("numero_amc", "9999900A"),
        ("numero_adherent", ""),
        ("numero_adherent", "F" * 16),
        ("numero_adherent", "F\n"),
        ("type_convention", "Z"),
        ("type_convention", "zz"),
        ("csr", "T" * 15),
        ("cover", "C" * 17),
        ("cover", "\x1b[31m"),
    ],
)
def test_a_wrong_complementary_contract_names_the_field(field: str, value: str) -> None:
    """Each field has its own shape."""
    changes: dict[str, str] = {field: value}

    with pytest.raises(InvalidValue) as refused:
        replace(AMC, **changes)  # type: ignore[arg-type]  # the field's name comes from the table above

    assert refused.value.facts == {"what": "droits_amc", "why": field}


def test_a_member_number_does_not_print_itself() -> None:
    """It identifies a person to their insurer."""
    assert "F0000001" not in repr(AMC)
