"""The operator's commands about the journal: seal it, check it here or on a copy, and its public key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apcv_backend.rounds import rounds
from cartes.errors import CarteError

if TYPE_CHECKING:
    from apcv_backend.bootstrap import Services
    from apcv_backend.transparency.rules import Finding

_WRONG = 1
_MOST_TOLD = 50
_file = click.Path(exists=True, dir_okay=False, path_type=Path)

_TOLD = {
    "entry_altered": "ligne {where} : ce n'est plus ce qui fut écrit",
    "entry_missing": "ligne {where} : elle était au journal scellé et n'y est plus",
    "leaf_missing": "feuille {where} : il manque une feuille au journal scellé",
    "lane_gap": "file {where} : des lignes manquent ({detail} présentes à la suite)",
    "head_signature": "tête de {where} entrées : signature refusée ({detail})",
    "head_root": "tête de {where} entrées : le journal n'a plus la même racine",
    "log_shorter_than_head": "tête de {where} entrées : le journal n'en a plus que {detail}",
}


@click.command("seal-journal")
@click.option("--watch", "watching", is_flag=True, help="Continue, sans fin.")
@click.option("--every", default=10, show_default=True, type=click.IntRange(1, 3_600), help="Secondes.")
@click.option(
    "--after-restore",
    "reason",
    metavar="MOTIF",
    help="Une sauvegarde plus ancienne a été remise, et c'est voulu : recommence, et l'écrit au journal.",
)
@click.pass_obj
def seal_journal(services: Services, every: int, reason: str | None, *, watching: bool) -> None:
    """Scelle le journal : chaque ligne entre dans l'arbre, et une nouvelle tête est signée."""
    if reason is not None:
        services.restart_log(reason, services.clock())
    with rounds() as watch:
        while not watch.asked_to_stop:
            try:
                sealed = services.log.seal(services.clock())
            except CarteError as error:
                # Nothing is signed over a journal that was changed: witnesses see the heads grow old.
                if not watching:
                    raise
                click.echo(f"Journal non scellé : {error}", err=True)
            else:
                click.echo(f"{sealed.head.size} lignes scellées, dont {sealed.added} nouvelles.")
            if not watching:
                return
            watch.rest(every, services.pause)


@click.command("log-key")
@click.pass_obj
def log_key(services: Services) -> None:
    """La clé publique du journal, à remettre de la main à la main à qui le vérifie."""
    for key in services.log_keys():
        click.echo(key.text)


@click.command("check-journal")
@click.option(
    "--offline", "copy", type=_file, help="Une sauvegarde, ou une base SQLite : sans autre réglage."
)
@click.option("--heads", type=_file, help="Des têtes gardées ailleurs que dans la base.")
@click.option("--log-key", "key_file", type=_file, help="Avec --offline : la clé publique du journal.")
@click.pass_obj
def check_journal(services: Services, copy: Path | None, heads: Path | None, key_file: Path | None) -> None:
    """Vérifie chaque ligne du journal, l'arbre qui les scelle et chaque tête signée ; code 1 sinon."""
    if copy is None:
        _tell(services.check_journal(heads))
        return
    if key_file is None:
        raise click.UsageError("--offline demande --log-key : la clé publique du journal.")
    from apcv_backend.bootstrap.transparency import inspect_copy
    from cartes.checkpoint import LogKey

    keys = tuple(LogKey.parse(line) for line in key_file.read_text("utf-8").split())
    _tell(inspect_copy(copy, keys, heads))


def _tell(findings: list[Finding]) -> None:
    for finding in findings[:_MOST_TOLD]:
        click.echo(_TOLD[finding.what].format(where=finding.where, detail=finding.detail), err=True)
    if findings:
        click.echo(f"{len(findings)} désaccords : le journal a été modifié.", err=True)
        sys.exit(_WRONG)
    click.echo("Chaque ligne du journal est telle qu'elle fut écrite, et chaque tête signée tient.")
