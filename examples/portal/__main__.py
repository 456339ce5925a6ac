"""`python -m examples.portal`: the portal, against the backend that `make run` left up."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import click

from cartes.wire import strict_json
from examples.portal.app import create_portal

ROOT = Path(__file__).resolve().parent.parent.parent
PORT = 8010


@click.command()
@click.option(
    "--clients",
    "file",
    default=ROOT / "var" / "run" / "clients.json",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ce que `make run` a enregistré.",
)
def main(file: Path) -> None:
    """Lance le portail d'exemple, jusqu'à Ctrl-C."""
    try:
        registered = strict_json.loads(file.read_bytes())
    except OSError:
        click.secho("Lancer d'abord `make run` dans un autre terminal.", fg="red", err=True)
        sys.exit(2)
    portal = create_portal(registered["issuer"], registered["portal"], secrets.token_hex(32))
    click.echo(f"Portail d'exemple : http://localhost:{PORT}/   (Ctrl-C pour arrêter)")
    portal.run("127.0.0.1", PORT)


main()
