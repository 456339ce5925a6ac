"""From a reason's code to the sentence a person reads, in French or in English.

Codes are stable and tested; sentences may be improved at any time. Every code of `lights.LIGHTS` has one in
both languages, and a test keeps it so.
"""

from __future__ import annotations

import enum

from verifier.sentence import Sentence


class Language(enum.Enum):
    """The languages a till speaks; French unless told otherwise."""

    FRENCH = "fr"
    ENGLISH = "en"


def sentence_for(code: str, language: Language = Language.FRENCH) -> Sentence:
    """What to say about `code`. A code without a sentence is shown as it is, rather than hidden."""
    if language is Language.FRENCH:
        from verifier.sentences_fr import FRENCH

        return FRENCH.get(code) or Sentence(code, "N’acceptez pas cette carte.")
    from verifier.sentences_en import ENGLISH

    return ENGLISH.get(code) or Sentence(code, "Do not accept this card.")
