"""What a client asks for, in the words a person reads on the phone before approving. French first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_WORDS: Mapping[str, tuple[str, str]] = {
    "openid": ("savoir que c'est vous", "know that it is you"),
    "scope_all": (
        "votre identité et vos exercices professionnels",
        "your identity and your professional practices",
    ),
    "profile": ("vos nom et prénoms", "your names"),
    "identity": ("votre identité", "your identity"),
    "professional": ("vos exercices professionnels", "your professional practices"),
    "ins": ("votre identité nationale de santé (INS)", "your national health identity (INS)"),
    "offline_access": ("rester connecté sans vous redemander", "stay signed in without asking you again"),
}


def in_words(scopes: Iterable[str], language: str) -> list[str]:
    """Each scope in words; one we have no words for is shown as it is written, never left out."""
    spoken = []
    for scope in scopes:
        french, english = _WORDS.get(scope, (scope, scope))
        spoken.append(english if language == "en" else french)
    return spoken
