"""The phone's command `journal`: what was done with my data, and "this was not me"."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from cartes.cards import CardKind
from mobile_mock.backend_client import BackendAddress
from mobile_mock.cli_terms import (
    EPILOG,
    Said,
    backend_options,
    holder_of,
    kind_option,
    now,
    pocket_option,
    write_file,
)


@click.command(help="Ce qui a été fait avec mes données : qui, pourquoi, quand.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@click.option("--not-me", "entry", metavar="LIGNE", help="« Ce n'était pas moi » : signaler cette ligne.")
@click.option(
    "--export", "target", type=click.Path(path_type=Path, dir_okay=False), help="Écrire tout (JSON)."
)
@click.option(
    "--for", "of", default="", metavar="RÉFÉRENCE", help="Le journal d'une personne que je représente."
)
@click.pass_obj
def journal(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    kind: str,
    entry: str | None,
    target: Path | None,
    of: str,
) -> None:
    """Print the journal, newest first; or contest a line; or write it all."""
    asked = CardKind(kind)
    with holder_of(folder, said, address, ca_file) as holder:
        if entry is not None:
            incident = holder.journal.contest(asked, entry, now(), of=of)
            click.echo(said(f"Signalé : incident {incident}.", f"Reported: incident {incident}."))
            return
        if target is not None:
            lines = [asdict(line) for line in holder.journal.export(asked, now(), of=of)]
            write_file(target, json.dumps(lines, ensure_ascii=False, indent=1).encode() + b"\n")
            return
        for line in holder.journal.read(asked, now(), of=of):
            star = "!" if line.is_contested else " "
            about = " ; ".join(part for part in (line.who, line.why) if part)
            click.echo(f"{star} {line.at[:19]}  {line.what}" + (f"  [{about}]" if about else ""))
            asked_by = said(f"  assureur n° {line.insurer}", f"  insurer no. {line.insurer}")
            click.echo(f"    {line.entry}" + (asked_by if line.insurer else ""))
