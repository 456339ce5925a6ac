"""The operator's words for this room: loading an insurer's file of contracts.

    python -m apcv_backend contracts load FICHIER.csv --amc 99999001

The header is in `docs/formats/contracts-csv.md`. A bad line is told by its number, its field and a code; the
good ones are kept, and loading the same file again changes nothing.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apcv_backend.complementary.csv_file import ContractFileRefused
from apcv_backend.complementary.service import Counts

if TYPE_CHECKING:  # the services are built when the command runs
    from apcv_backend.bootstrap import Services

_SOME_REFUSED = 1
_NUMERO = re.compile(r"[0-9]{8,10}")


@click.group("contracts")
def contracts() -> None:
    """Les contrats complémentaires que publient les assureurs."""


@contracts.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--amc", "numero_amc", required=True, help="Numéro de l'assureur (8 à 10 chiffres).")
@click.pass_obj
def load(services: Services, file: Path, numero_amc: str) -> None:
    """Charge un fichier CSV de contrats ; code 1 s'il y eut des lignes refusées."""
    if not _NUMERO.fullmatch(numero_amc):
        raise click.UsageError("--amc est un numéro de 8 à 10 chiffres.")
    counts = Counts(0, 0, 0, 0)
    try:
        for one in services.complementary.loading(
            numero_amc, file.read_bytes(), "operator", services.clock()
        ):
            if isinstance(one, Counts):
                counts = one
            else:
                click.echo(f"  ligne {one.line} refusée : {one.field or 'ligne'} {one.code}", err=True)
    except ContractFileRefused as refused:
        raise click.ClickException(f"{file.name} n'est pas un fichier de contrats ({refused}).") from refused
    click.echo(f"{counts.entered} entrés, {counts.changed} changés, {counts.same} inchangés.")
    sys.exit(_SOME_REFUSED if counts.refused else 0)
