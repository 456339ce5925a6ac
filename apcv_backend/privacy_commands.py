"""The operator's word for erasing somebody: their number comes from a file or the standard input.

python -m apcv_backend erase --card apcv --agent "A. Martin" --place "Corte" < numero.txt
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from apcv_backend.enrolment.commands import read_person
from apcv_backend.erasure import NobodyToErase
from cartes.cards import ENROLLED_KINDS

if TYPE_CHECKING:
    from apcv_backend.bootstrap import Services


@click.command("erase")
@click.option("--card", type=click.Choice([kind.value for kind in ENROLLED_KINDS]), required=True)
@click.option(
    "--person-file",
    type=click.Path(path_type=Path, allow_dash=True),
    default=Path("-"),
    help="Fichier d'une ligne qui dit qui est la personne ; l'entrée standard sans cette option.",
)
@click.option("--agent", required=True, help="Nom de l'agent qui en répond.")
@click.option("--place", required=True, help="Lieu où il se trouve.")
@click.pass_obj
def erase(services: Services, card: str, person_file: Path, agent: str, place: str) -> None:
    """Efface une personne : sa clé est détruite, ses téléphones retirés, ses cartes révoquées."""
    person = read_person(services, card, person_file)
    try:
        phones = services.erasure.erase(person, f"desk:{agent}@{place}", services.clock())
    except NobodyToErase as error:
        raise click.UsageError("Personne n'est connu sous ce numéro, ou c'est déjà fait.") from error
    services.ring_publication()
    click.echo(f"Personne effacée, {phones} téléphones retirés. Le journal garde ses lignes, sans nom.")
