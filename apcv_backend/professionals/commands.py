"""The operator's words for this room: loading the professionals' directory.

    python -m apcv_backend directory load annuaire.json

A bad entry is reported with its place and its reason; the good ones are kept. Whoever an update closes (dead,
struck off, retired, card opposed, an exercice ended) loses their cards in the same transaction.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apcv_backend.ephemeral import PUBLICATION_BELL
from apcv_backend.professionals.fhir_elements import EntryRefused
from cartes.errors import BadJson
from cartes.wire import strict_json

if TYPE_CHECKING:  # the services are built when the command runs
    from apcv_backend.bootstrap import Services

_LARGEST_BUNDLE = 64 << 20
_SOME_REFUSED = 1


@click.group("directory")
def directory() -> None:
    """L'annuaire des professionnels."""


@directory.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--shift-days",
    default=0,
    type=click.IntRange(0, 36_500),
    help="Décale les dates d'exercice, pour les démonstrations.",
)
@click.pass_obj
def load(services: Services, file: Path, shift_days: int) -> None:
    """Charge un bundle FHIR (Practitioner, PractitionerRole, Organization) ; code 1 s'il y eut des refus."""
    if shift_days and services.config.is_production:
        raise click.UsageError("--shift-days n'existe que pour les démonstrations.")
    try:
        document = strict_json.loads(file.read_bytes(), max_size=_LARGEST_BUNDLE)
        report = services.professionals.load(
            document, source=file.name, at=services.clock(), shift_days=shift_days
        )
    except (BadJson, EntryRefused) as refused:
        raise click.ClickException(f"{file.name} n'est pas un bundle FHIR lisible ({refused}).") from refused
    services.ephemeral.ring(PUBLICATION_BELL)
    click.echo(f"{report.entered} professionnels entrés, {report.revoked} cartes révoquées.")
    for warning in report.warnings:
        click.echo(f"  à revoir : {warning}")
    for entry in report.refused:
        click.echo(f"  refusé : {entry}", err=True)
    sys.exit(_SOME_REFUSED if report.refused else 0)
