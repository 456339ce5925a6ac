"""An exercice in the words its holder knows it by: profession, then workplace."""

from __future__ import annotations

from apcv_backend.signin.approval.attempt_service import structure_of
from cartes.professionnel import Exercice


def exercice_told(exercice: Exercice, language: str) -> dict[str, str]:
    """`exercice_id`, `label` and `structure` (FINESS, or empty)."""
    profession = exercice.profession.label_en if language == "en" else exercice.profession.label
    parts = (profession, exercice.structure.raison_sociale)
    return {
        "exercice_id": exercice.exercice_id,
        "label": ", ".join(part for part in parts if part),
        "structure": structure_of(exercice),
    }
