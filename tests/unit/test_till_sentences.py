"""Every code has a sentence in both languages, well typed and never accusing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from cartes.errors import CarteError
from verifier.lights import LIGHTS
from verifier.scanner import UnreadableInput
from verifier.sentence import Sentence
from verifier.sentences import Language, sentence_for
from verifier.sentences_en import ENGLISH
from verifier.sentences_fr import FRENCH
from verifier.trust_errors import RefreshRefused

TABLES = {"fr": FRENCH, "en": ENGLISH}
EVERY = [
    (f"{language}-{code}", sentence) for language, table in TABLES.items() for code, sentence in table.items()
]
FRENCH_TEXTS = [text for sentence in FRENCH.values() for text in (sentence.said, sentence.to_do)]


def _leaves(parent: type[CarteError]) -> Iterator[str]:
    for child in parent.__subclasses__():
        yield child.code
        yield from _leaves(child)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", sorted({*LIGHTS, *_leaves(RefreshRefused), *_leaves(UnreadableInput)}))
def test_every_code_has_a_sentence(code: str, language: Language) -> None:
    """Verdicts, refreshes and unreadable files: all of them speak both languages."""
    sentence = sentence_for(code, language)

    assert sentence.said != code
    assert sentence.said
    assert sentence.to_do


def test_both_languages_say_the_same_things() -> None:
    """No sentence exists in one language only."""
    assert FRENCH.keys() == ENGLISH.keys()


def test_an_unknown_code_is_shown_rather_than_hidden() -> None:
    """A code without a sentence comes out as it is, with the cautious advice."""
    assert sentence_for("brand_new_reason") == Sentence("brand_new_reason", "N’acceptez pas cette carte.")


@pytest.mark.parametrize("text", FRENCH_TEXTS)
def test_french_typography(text: str) -> None:
    """Curly apostrophes, and unbreakable spaces before double punctuation and inside guillemets."""
    assert "'" not in text
    assert not re.search(r"[ \w»](?<![\u00a0\u202f])[;!?](?!\w)", text)
    assert not re.search(r"(?<!\u00a0):(?!//|\d|\w)", text)
    assert not re.search(r"«(?!\u00a0)|(?<!\u00a0)»", text)


@pytest.mark.parametrize(("name", "sentence"), EVERY)
def test_sentences_never_promise_freshness_nor_accuse(name: str, sentence: Sentence) -> None:
    """Offline nobody knows that rights are up to date, and nobody is called a thief from here."""
    whole = f"{sentence.said} {sentence.to_do}".lower()

    assert "droits à jour" not in whole
    assert "up to date" not in whole
    assert not re.search(r"\b(fraude|fraudeur|vol|volé|fraud|thief|stolen)\b", whole)
