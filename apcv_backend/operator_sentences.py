"""What the operator reads when a command is refused: a sentence to act on, beside the code and its facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cartes.errors import CarteError

SENTENCES: Final[Mapping[str, str]] = {
    "offline_root_missing": (
        "La racine vient des gardiens : `publish --root 1.root.json`, celle de la cérémonie."
    ),
    "offline_targets_missing": (
        "La liste de confiance attend ses gardiens : `publish --draft-targets FICHIER`, leurs signatures, "
        "puis `publish --targets FICHIER`."
    ),
    "offline_signatures_missing": (
        "Il manque des signatures : chaque gardien lance `python -m keys sign --custody DOSSIER FICHIER`."
    ),
    "offline_version_not_next": (
        "Ce fichier ne suit pas la version en vigueur : refaire le brouillon, et le faire signer."
    ),
    "offline_content_refused": (
        "Ce qui a été signé ne peut être mis en vigueur ici : refaire le brouillon, et le relire."
    ),
    "keyring_mixed": "Le trousseau a l'une des clés hors ligne et non l'autre : les deux, ou aucune.",
    "online_key_not_trusted": (
        "Une clé en ligne de ce trousseau n'est pas dans la racine en vigueur : `python -m keys rotate-root`."
    ),
    "publication_damaged": (
        "Un fichier publié a été changé ou coupé : remettre la dernière copie du dossier, puis publier."
    ),
    "publication_clock_behind": (
        "L'horloge de cette machine est en retard sur la dernière signature : la mettre à l'heure."
    ),
    "root_key_changed": (
        "La clé racine n'est pas celle que les postes connaissent. Est-ce le bon trousseau ?"
    ),
    "database_unavailable": "La base ne répond pas, ou n'est pas prête : `python -m apcv_backend migrate`.",
    "backup_refused": "La sauvegarde ne peut être écrite ou reprise ; rien n'a été changé.",
}


def told(error: CarteError) -> str:
    """The sentence of `error` when it has one, then its code and facts."""
    sentence = SENTENCES.get(error.code)
    return f"{sentence} ({error})" if sentence else f"Refusé : {error}"
