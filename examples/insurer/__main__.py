"""`python -m examples.insurer`: registered, one question asked, one file streamed, against `make run`."""

from __future__ import annotations

import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from examples.insurer.client import FHIR, JSON, Insurer, Refused
from examples.insurer.registration import CLIENT_ID, ROOT, NotRegistered, register

ANGE = "158032A99904296"
NOBODY = "255019999912354"


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1024, 65_535))
@click.option(
    "--run",
    "folder",
    default=ROOT / "var" / "run",
    type=click.Path(path_type=Path),
    help="Le dossier de `make run`.",
)
@click.option("--fhir", is_flag=True, help="La question en FHIR R4 plutôt qu'en JSON.")
def main(port: int, folder: Path, *, fhir: bool) -> None:
    """Inscrit la mutuelle d'exemple si besoin, pose une question, puis envoie un fichier."""
    today = datetime.now(UTC).date()
    state = folder / "state"
    try:
        key = _key(state, port, today.year)
        insurer = Insurer(f"http://127.0.0.1:{port}", CLIENT_ID, key)
        click.echo("Une question :")
        told = insurer.ask(ANGE, today.isoformat(), FHIR if fhir else JSON)
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        click.echo("Un fichier :")
        name = f"exemple-{secrets.token_hex(8)}"
        for answer in insurer.stream([ANGE, NOBODY], today.isoformat(), name):
            click.echo(json.dumps(answer, ensure_ascii=False))
    except (Refused, NotRegistered) as refused:
        click.secho(str(refused), fg="red", err=True)
        sys.exit(1)
    except (OSError, urllib3.exceptions.HTTPError):
        click.secho("Lancer d'abord `make run` dans un autre terminal.", fg="red", err=True)
        sys.exit(2)


def _key(state: Path, port: int, year: int) -> ec.EllipticCurvePrivateKey:
    """The insurer's key; made, and registered, the first time."""
    file = state / "mutuelle-exemple.pem"
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key
    click.echo("Inscription de la mutuelle d'exemple et de son premier contrat…")
    made = ec.generate_private_key(ec.SECP256R1())
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    register(state, port, made, ANGE, year)
    file.touch(mode=0o600)
    file.write_bytes(pem)
    return made


main()
