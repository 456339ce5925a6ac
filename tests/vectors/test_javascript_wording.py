"""Dates as the phone's app and the page that verifies write them: as a till does, so none is misread."""

from __future__ import annotations

import pytest

from cartes.naissance import DateNaissance
from tests.simulators.javascript import ask
from verifier.display import birth_text
from verifier.sentences import Language
from verifier.words import words_in

BIRTHS = ("1950-03-12", "2008-11-02", "1958-02-29", "1942-19-01", "1975-00-00", "1944-02-29")


def written(node: str, language: str, **given: object) -> dict[str, list[str]]:
    told: dict[str, list[str]] = ask(node, "words", language=language, **given)
    return told


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_birth_date_is_written_as_at_a_till(node: str, language: str) -> None:
    """In digits in French, with the month's name in English; a day no calendar has is kept, and said so."""
    words = words_in(Language(language))
    till = [birth_text(DateNaissance.parse(text.replace("-", "")), words) for text in BIRTHS]

    assert written(node, language, births=BIRTHS)["births"] == till


def test_an_english_date_cannot_be_read_the_other_way_round(node: str) -> None:
    """The third of December is not the twelfth of March, in London and in New York."""
    told = written(node, "en", births=["1950-03-12"], days=["2026-12-03"], moments=["2026-12-03T09:05:00Z"])

    assert told["births"] == ["12 March 1950"]
    assert told["days"] == ["3 December 2026"]
    (moment,) = told["moments"]
    assert "3 December 2026" in moment
    assert moment.endswith("10:05")


def test_french_dates_stay_as_they_are(node: str) -> None:
    """Digits for a birth date, words for the others."""
    told = written(node, "fr", births=["1950-03-12"], days=["2026-12-03"], moments=["2026-12-03T09:05:00Z"])

    assert told["births"] == ["12/03/1950"]
    assert told["days"] == ["3 décembre 2026"]
    (moment,) = told["moments"]
    assert moment.startswith("jeudi 3 décembre 2026")
    assert moment.endswith("10:05")


def test_french_counts_the_first_of_a_month(node: str) -> None:
    """The first, and that one alone: the eleventh and the twenty-first are plain numbers."""
    days = ["2027-01-01", "2026-11-11", "2026-11-21"]

    assert written(node, "fr", days=days)["days"] == [
        "1er janvier 2027",
        "11 novembre 2026",
        "21 novembre 2026",
    ]
    assert written(node, "en", days=days[:1])["days"] == ["1 January 2027"]
