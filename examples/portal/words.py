"""What the portal says, French first: a page asks in the language somebody chose, or their browser's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import request, session

_WORDS: Final = {
    "title": ("Le dossier partagé", "The shared record"),
    "example": ("exemple", "example"),
    "about": (
        "Un service d’exemple, pour des professionnels fictifs.",
        "An example service, for fictitious professionals.",
    ),
    "welcome": ("Espace des professionnels", "For professionals"),
    "no_password": (
        "Pas de mot de passe : vous approuvez sur votre téléphone.",
        "No password: you approve on your phone.",
    ),
    "sign_in": ("Se connecter avec l’e‑CPS", "Sign in with the e‑CPS"),
    "refused": (
        "La connexion n’a pas abouti. Rien n’a été ouvert.",
        "Signing in did not succeed. Nothing was opened.",
    ),
    "why": ("Raison donnée :", "Reason given:"),
    "again": ("Réessayer", "Try again"),
    "number": ("Identifiant national", "National identifier"),
    "here": ("Vous travaillez ici", "You work here"),
    "where": ("Où travaillez-vous maintenant ?", "Where are you working now?"),
    "go_on": ("Continuer", "Continue"),
    "sign_out": ("Se déconnecter", "Sign out"),
    "other": ("English", "Français"),
    "footer": (
        "Ni l’Assurance Maladie, ni l’Agence du Numérique en Santé.",
        "Neither the Assurance Maladie nor the Agence du Numérique en Santé.",
    ),
}


def language() -> str:
    """`fr` or `en`: chosen by `?lang`, and kept for this browser; else what it prefers; else French."""
    asked = request.args.get("lang")
    if asked in {"fr", "en"}:
        session["lang"] = asked
    return session.get("lang") or request.accept_languages.best_match(["fr", "en"], "fr") or "fr"


def words_in(spoken: str) -> Callable[[str], str]:
    """Gives the words of a page in one language."""
    return lambda name: _WORDS[name][1 if spoken == "en" else 0]
