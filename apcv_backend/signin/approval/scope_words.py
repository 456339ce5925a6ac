"""What a client asks for, and why, in the words a person reads before approving. French first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apcv_backend.typesetting import typeset

_WORDS: Mapping[str, tuple[str, str]] = {
    "openid": ("que c'est vous", "that it is you"),
    "scope_all": (
        "votre identité et vos exercices professionnels",
        "your identity and your professional practices",
    ),
    "profile": ("vos nom et prénoms", "your names"),
    "identity": ("votre identité", "your identity"),
    "professional": ("vos exercices professionnels", "your professional practices"),
    "ins": ("votre identité nationale de santé (INS)", "your national health identity (INS)"),
    "offline_access": (
        "de quoi rester connecté sans vous redemander",
        "what it takes to stay signed in without asking again",
    ),
}

_PURPOSES: Mapping[str, tuple[str, str]] = {
    "soins": ("soins", "care"),
    "prevention": ("prévention", "prevention"),
    "urgence": ("urgence", "emergency"),
}


def in_words(scopes: Iterable[str], language: str) -> list[str]:
    """Each scope in words; one we have no words for is shown as it is written, never left out."""
    return [_said(_WORDS, scope, language) for scope in scopes]


def purpose_in_words(purpose: str, language: str) -> str:
    """Why a client asks, in words; a purpose we have no words for is shown as the client declared it."""
    return _said(_PURPOSES, purpose, language)


def _said(words: Mapping[str, tuple[str, str]], name: str, language: str) -> str:
    french, english = words.get(name, (name, name))
    return typeset(english if language == "en" else french, language)
