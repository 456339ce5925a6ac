"""Birth dates, lunar ones included, and ages that are never granted by a guess."""

from __future__ import annotations

from datetime import date

import pytest

from cartes.errors import InvalidValue
from cartes.naissance import DateNaissance


def test_a_calendar_date_is_kept_and_counted() -> None:
    """An ordinary date is a day, an integer and eight characters."""
    born = DateNaissance.parse("19580314")

    assert not born.is_lunar
    assert born.day == date(1958, 3, 14)
    assert born.as_int == 19580314
    assert born.text == "19580314"
    assert DateNaissance.from_int(19580314) == DateNaissance.from_date(date(1958, 3, 14)) == born


@pytest.mark.parametrize("text", ["19421901", "19910600", "19910000", "19550230", "20230229", "19429999"])
def test_a_lunar_date_is_kept_to_the_character(text: str) -> None:
    """A day no calendar has is somebody's date: kept, and flagged."""
    born = DateNaissance.parse(text)

    assert born.is_lunar
    assert born.day is None
    assert born.text == text
    assert DateNaissance.from_int(born.as_int) == born


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1958031",
        "195803144",
        "1958-03-14",
        "１９５８０３１４",
        "17991231",
        "22000101",
        "00000000",
        "1958031A",
        "19580314\n",
    ],
)
def test_what_is_not_a_birth_date_is_refused(text: str) -> None:
    """Length, other digits and years outside 1800 to 2199 are refused."""
    with pytest.raises(InvalidValue, match="date_naissance"):
        DateNaissance.parse(text)


@pytest.mark.parametrize("number", [-19580314, 0, 314, 195803140])
def test_an_integer_of_another_size_is_no_date(number: int) -> None:
    """Nothing is padded on the way back from the wire."""
    with pytest.raises(InvalidValue):
        DateNaissance.from_int(number)


@pytest.mark.parametrize(
    ("text", "day", "age"),
    [
        ("20101122", date(2026, 11, 21), 15),
        ("20101122", date(2026, 11, 22), 16),
        ("20101122", date(2026, 11, 23), 16),
        ("19241102", date(2026, 11, 21), 102),
        ("20240229", date(2025, 2, 28), 0),
        ("20240229", date(2025, 3, 1), 1),
        ("20261103", date(2026, 11, 21), 0),
        ("20261122", date(2026, 11, 21), None),
    ],
)
def test_an_age_counts_full_years(text: str, day: date, age: int | None) -> None:
    """The birthday itself counts; somebody not born yet has no age."""
    assert DateNaissance.parse(text).age_on(day) == age


@pytest.mark.parametrize(
    ("text", "day", "age"),
    [
        ("20101100", date(2026, 11, 30), 15),  # day unknown: counted once the month is over
        ("20101100", date(2026, 12, 1), 16),
        ("20100231", date(2026, 2, 28), 15),
        ("20100231", date(2026, 3, 1), 16),
        ("20101901", date(2026, 12, 31), 15),  # month unknown: counted once the year is over
        ("20101901", date(2027, 1, 1), 16),
        ("20100000", date(2026, 12, 31), 15),
        ("20260000", date(2026, 12, 31), None),
    ],
)
def test_a_lunar_age_is_the_smallest_possible(text: str, day: date, age: int | None) -> None:
    """Nobody reaches an age by the part of their date that is unknown."""
    assert DateNaissance.parse(text).age_on(day) == age


def test_1924_is_not_2024() -> None:
    """The century comes with the date: the NIR's 24 could be either."""
    assert DateNaissance.parse("19241102").age_on(date(2026, 11, 21)) == 102
    assert DateNaissance.parse("20241102").age_on(date(2026, 11, 21)) == 2
