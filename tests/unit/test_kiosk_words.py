"""What the kiosk says: in both languages, well typed, naming buttons and never commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from cartes.cards import Shape
from tests.simulators.cards import NOON, World, a_complete_apcv, a_doctor, an_apcv
from verifier.kiosk.card_view import verdict_view
from verifier.kiosk.phrases import _AT_THE_TILL, _PHRASES, sentence_at_the_till
from verifier.kiosk.refusals import _SAID, KioskRefused
from verifier.kiosk.server import STATIC
from verifier.lights import LIGHTS
from verifier.policy import POLICIES
from verifier.sentences import Language
from verifier.trust_errors import RefreshRefused

PAGES = sorted(STATIC.glob("*.html"))
_REFRESHES = {leaf.code for leaf in RefreshRefused.__subclasses__()}
_ENTRY: Final = re.compile(r'(?:(\w+)|"([\w-]+)"): "((?:[^"\\]|\\.)*)"')


def _words() -> dict[str, dict[str, str]]:
    text = (STATIC / "words.js").read_text("utf-8")
    french, english = text.split("\n  en: {")
    return {
        language: {bare or quoted: said for bare, quoted, said in _ENTRY.findall(part)}
        for language, part in (("fr", french), ("en", english))
    }


WORDS = _words()
SENTENCES = [
    text for said, _ in (*_SAID.values(), *_AT_THE_TILL.values()) for text in (said.said, said.to_do)
]


def test_both_languages_say_the_same_things() -> None:
    """No word exists in one language only."""
    assert WORDS["fr"].keys() == WORDS["en"].keys()
    assert len(WORDS["fr"]) > 80


def test_every_word_a_page_asks_for_exists() -> None:
    """In the pages and in their scripts."""
    asked: set[str] = set()
    for page in PAGES:
        asked |= set(re.findall(r'data-words(?:-label)?="([^"]+)"', page.read_text("utf-8")))
    for script in STATIC.glob("*.js"):
        asked |= set(re.findall(r'\b(?:say|button|alarm|speak)\("([a-z_-]+)"', script.read_text("utf-8")))

    assert asked - WORDS["fr"].keys() == set()
    assert len(asked) > 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_french_of_a_page_is_the_french_of_its_words(page: Path) -> None:
    """What stands there before the script arrives is how the same sentence begins, or that sentence."""
    text = page.read_text("utf-8")
    stands = re.findall(r'data-words="([^"]+)"[^>]*>([^<]+)<', text)

    apart = [(name, said) for name, said in stands if not WORDS["fr"][name].startswith(said.rstrip("."))]

    assert apart == []
    assert len(stands) >= 4


@pytest.mark.parametrize("name", sorted(WORDS["fr"]))
def test_placeholders_are_the_same_in_both(name: str) -> None:
    """A number is not lost in translation."""
    assert set(re.findall(r"\{\w+\}", WORDS["fr"][name])) == set(re.findall(r"\{\w+\}", WORDS["en"][name]))


@pytest.mark.parametrize(
    "text",
    [*WORDS["fr"].values(), *(pair[0] for pair in _PHRASES.values()), *SENTENCES],
    ids=lambda text: text[:30],
)
def test_french_typography(text: str) -> None:
    """Curly apostrophes, unbreakable spaces before double punctuation and inside guillemets."""
    assert "'" not in text
    assert not re.search(r"(?<![\u00a0\u202f])[;!?](?!\w)", text)
    assert not re.search(r"(?<!\u00a0):(?!//|\d|\w)", text)
    assert not re.search(r"«(?!\u00a0)|(?<!\u00a0)»", text)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("code", sorted({*LIGHTS, *_AT_THE_TILL, *_SAID, *_REFRESHES}))
def test_no_advice_on_the_screen_is_a_command(code: str, language: Language) -> None:
    """A pharmacist has buttons."""
    told = sentence_at_the_till(code, language)

    assert not re.search(
        r"python|--|\bcommande\b|\bcommand\b|authorise-till|\bchallenge\b", f"{told.said} {told.to_do}"
    )


def test_every_refusal_has_its_sentence() -> None:
    """In both languages, for every leaf."""
    assert {leaf.code for leaf in KioskRefused.__subclasses__()} == set(_SAID)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_every_screen_draws_every_card(policy: str, language: Language) -> None:
    """Complete, delegated or a doctor's: words only, nothing missing."""
    world = World()
    for text in (world.show(a_complete_apcv()), world.show(a_doctor())):
        judged = world.till().check(text, POLICIES[policy], NOON)
        view = verdict_view(judged, policy, language)

        assert view["word"]
        assert view["headline"]
        assert bool(view.get("person")) == (judged.facts is not None)


def test_a_delegated_card_says_who_shows_whose(tmp_path: object) -> None:
    """Both names, the link and its last day, before anything else."""
    from datetime import date

    from cartes.apcv import Delegate, DelegationType

    delegate = Delegate("MARIA ORSINI-TEST", DelegationType.AIDANT_DEMARCHE, date(2026, 12, 31))
    world = World()
    judged = world.till().check(world.show(an_apcv(delegate=delegate)), POLICIES["officine"], NOON)

    view = verdict_view(judged, "officine", Language.FRENCH)

    assert view["delegate"] == (
        "Présentée par MARIA ORSINI-TEST (aidant), pour ANGE ORSINI-TEST, jusqu’au 31/12/2026."
    )


def test_open_rights_say_until_when() -> None:
    """Or that nobody said."""
    world = World()
    judged = world.till().check(world.show(a_complete_apcv()), POLICIES["officine"], NOON)

    rights = {one["label"]: one for one in verdict_view(judged, "officine", Language.FRENCH)["rights"]}

    assert judged.facts is not None
    assert a_complete_apcv().shape is Shape.COMPLET
    assert rights["Droits AMO"] == {
        "of": "amo",
        "label": "Droits AMO",
        "open": True,
        "text": "ouverts, sans date de fin",
    }
    assert rights["Droits C2S"]["text"] == "ouverts jusqu’au 28/02/2027"
