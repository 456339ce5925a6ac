"""What pages say is printed as people print it, in both languages."""

from __future__ import annotations

import pytest

from apcv_backend.typesetting import typeset

NO_BREAK = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("typed", "language", "printed"),
    [
        ("l'en-tête d'un fichier", "fr", "l’en-tête d’un fichier"),
        ("the person's number", "en", "the person’s number"),
        ("Première fois ?", "fr", f"Première fois{NO_BREAK}?"),
        ("First time ?", "en", "First time ?"),
        ("touchez « Scanner »", "fr", f"touchez «{NO_BREAK}Scanner{NO_BREAK}»"),
        ("100 000 lignes", "fr", f"100{NO_BREAK}000 lignes"),
        ("python -m x 'y'", "fr", "python -m x 'y'"),
    ],
)
def test_a_sentence_is_set_in_its_language(typed: str, language: str, printed: str) -> None:
    """Apostrophes in both; the spaces that hold a sign to its word in French alone."""
    assert typeset(typed, language) == printed
