"""One row of the table from codes to HTTP."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """How one code is told: HTTP status, French and English sentence, and which facts may travel."""

    status: int
    fr: str
    en: str
    facts: tuple[str, ...] = ()


GONE_WRONG = Problem(
    500,
    "Erreur interne. Rien n'a été changé par cette demande ; réessayez, puis prévenez l'exploitant.",
    "Internal error. Try again, then tell the operator.",
)
