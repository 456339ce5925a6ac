"""Strict traits: what people write, what the national identity writes."""

from __future__ import annotations

import pytest

from cartes.errors import InvalidValue
from cartes.noms import check_strict_trait, shorten, strict_trait


@pytest.mark.parametrize(
    ("written", "trait"),
    [
        ("Zoé", "ZOE"),
        ("Œuvre", "OEUVRE"),
        ("Lætitia", "LAETITIA"),
        ("Inès", "INES"),
        ("François-Xavier", "FRANCOIS-XAVIER"),
        ("d’Aubigné", "D'AUBIGNE"),
        ("D´Artagnan", "D'ARTAGNAN"),
        ("Jean\u00a0Pierre", "JEAN PIERRE"),
        ("Jean\u202fPierre", "JEAN PIERRE"),
        ("  Marie   Anne ", "MARIE ANNE"),
        ("Garci\u0301a", "GARCIA"),
        ("Strauß", "STRAUSS"),
        ("Łukasz Ødegård", "LUKASZ ODEGARD"),
        ("Dupont--Durand", "DUPONT--DURAND"),
        ("Anne\u2011Marie", "ANNE-MARIE"),
        ("Ÿ", "Y"),
        ("ORSINI-TEST", "ORSINI-TEST"),
    ],
)
def test_a_written_name_becomes_a_strict_trait(written: str, trait: str) -> None:
    """Accents fall, ligatures open, French signs become their plain ones."""
    assert strict_trait(written) == trait


@pytest.mark.parametrize(
    "written",
    ["", "   ", "Иван", "Zoé2", "M. Martin", "-Anne", "A\x1dB", "A\nB", "李", "A\u200bB", "A¨B", "A" * 101],
)
def test_what_no_rule_brings_over_is_refused(written: str) -> None:
    """A letter is never dropped in silence: the name would be somebody else's."""
    with pytest.raises(InvalidValue, match="trait"):
        strict_trait(written)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "length"),
        ("A" * 101, "length"),
        (" ANNE", "first_character"),
        ("-ANNE", "first_character"),
        ("Anne", "character"),
        ("ANNÉ", "character"),
        ("ANNE\n", "character"),
        ("ANNE1", "character"),
        ("A--B", "double_hyphen"),
    ],
)
def test_a_trait_that_breaks_a_rule_names_the_rule(text: str, why: str) -> None:
    """Length, first character, characters, double hyphen."""
    with pytest.raises(InvalidValue) as refused:
        check_strict_trait(text, "prenoms")

    assert refused.value.facts == {"what": "prenoms", "why": why}


def test_a_double_hyphen_belongs_to_names_not_to_given_names() -> None:
    """Birth names may hold one."""
    check_strict_trait("DUPONT--DURAND", double_hyphen=True)
    check_strict_trait("'T HOOFT")


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("ORSINI", 27, "ORSINI"),
        ("A" * 28, 27, "A" * 27),
        ("MARIE ANNE", 6, "MARIE"),
        ("ANNE-MARIE", 5, "ANNE"),
        ("D'AUBIGNE", 2, "D"),
        ("ANNE - MARIE", 7, "ANNE"),
        ("--", 1, "-"),
    ],
)
def test_a_name_is_cut_without_a_hanging_sign(text: str, limit: int, short: str) -> None:
    """The cut leaves no space, hyphen or apostrophe at the end, and never nothing."""
    assert shorten(text, limit) == short


def test_a_card_cuts_at_twenty_seven_characters() -> None:
    """The default is the Vitale card's own."""
    assert len(shorten("A" * 60)) == 27


def test_a_limit_below_one_is_refused() -> None:
    """There is no name of no character."""
    with pytest.raises(InvalidValue, match="limit"):
        shorten("ANNE", 0)
