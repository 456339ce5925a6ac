"""At the publisher's desk: files that go to the keepers of offline keys, and files that come back.

    python -m apcv_backend publish --draft-targets liste.json        # to be signed
    python -m keys sign --custody DIR liste.json                     # each keeper, elsewhere
    python -m apcv_backend publish --targets liste.json              # in force

The first time, and after each change of root, `--root N.root.json` goes with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from apcv_backend.publication.offered import Offered
from cartes.signed_metadata import BadMetadata
from cartes.signing_draft import MAX_DRAFT_SIZE, SigningDraft

_AWAITED: Final = {
    "trust_list_changed": "Clés ou réglages ont changé : la liste de confiance attend des signatures"
    " (publish --draft-targets).",
    "trust_list_ends_soon": "La liste de confiance expire bientôt : faites-la signer de nouveau"
    " (publish --draft-targets).",
    "root_ends_soon": "La racine expire bientôt : faites signer la suivante (python -m keys rotate-root).",
}


def read_offered(root: Path | None, targets: Path | None) -> Offered | None:
    """The signed files an operator brings, or `None` without any. Raises `click.UsageError` or `OSError`."""
    if root is None and targets is None:
        return None
    return Offered(_read(root, "root"), _read(targets, "targets"))


def write_draft(draft: SigningDraft, path: Path) -> None:
    """Write what the keepers should sign, and say what to do with it."""
    path.write_bytes(draft.encode())
    click.echo(f"Liste de confiance, version {draft.version}, à faire signer : {path}")
    click.echo(f"SHA-256 de ce qui est signé : {draft.fingerprint}")
    click.echo(
        "Chaque gardien : python -m keys sign --custody DOSSIER FICHIER ; puis : publish --targets FICHIER"
    )


def say_awaiting(awaiting: tuple[str, ...]) -> None:
    """Say what the keepers should be asked to sign."""
    for word in awaiting:
        click.echo(f"  ! {_AWAITED[word]}", err=True)


def _read(path: Path | None, role: str) -> SigningDraft | None:
    if path is None:
        return None
    with path.open("rb") as file:
        data = file.read(MAX_DRAFT_SIZE + 1)
    try:
        draft = SigningDraft.parse(data)
    except BadMetadata as refused:
        raise click.UsageError(f"{path} n'est pas un fichier signé lisible ({refused}).") from refused
    if draft.role != role:
        raise click.UsageError(f"{path} est pour le rôle {draft.role}, pas {role}.")
    return draft
