"""The vault's command line: hold a development ceremony, list a keyring. Prints public facts only."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from keys.ceremony import DEVELOPMENT_DAYS, hold_ceremony
from keys.errors import KeyRefused
from keys.keyring import KeyRecord, Keyring
from keys.offline_commands import COMMANDS as OFFLINE_COMMANDS
from keys.rotation_commands import COMMANDS as ROTATION_COMMANDS
from keys.sentences import sentence
from keys.token_ceremony import hold_token_ceremony


@click.group(help="Le coffre : clés et secrets, par référence, hors de git.")
def main() -> None:
    """The group of commands."""


@main.command(help="Crée un trousseau de développement : une clé par usage, un secret par nom.")
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path), required=True, help="Dossier du trousseau."
)
@click.option(
    "--days", type=int, default=DEVELOPMENT_DAYS, show_default=True, help="Durée des clés, en jours."
)
@click.option(
    "--pkcs11", "token", help="Jeton où naissent les clés des cartes : pkcs11:token=…?module-path=…"
)
def ceremony(directory: Path, days: int, token: str | None) -> None:
    """Hold the ceremony now, with this machine's randomness, and print the transcript."""
    now = datetime.now(UTC)
    try:
        if token is None:
            transcript = hold_ceremony(directory, now, random=secrets.token_bytes, days=days)
        else:
            transcript = hold_token_ceremony(directory, now, token, random=secrets.token_bytes, days=days)
    except KeyRefused as refusal:
        raise click.ClickException(sentence(refusal)) from refusal
    click.echo(f"Trousseau de {transcript.environment} créé le {transcript.at:%d/%m/%Y à %H:%M:%S} UTC")
    click.echo(f"Dossier : {transcript.directory}")
    for record in transcript.keys:
        _show(record)
    click.echo(f"Secrets de 32 octets : {', '.join(name.value for name in transcript.secrets)}")
    click.echo("À conserver : ces empreintes sont publiques. À ne jamais copier : les fichiers du dossier.")


@main.command(name="list", help="Montre les clés publiques d'un trousseau.")
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path), required=True, help="Dossier du trousseau."
)
def list_keys(directory: Path) -> None:
    """Print the public half of each key, its state and its dates. Opens no private file."""
    try:
        keyring = Keyring.open(directory)
    except KeyRefused as refusal:
        raise click.ClickException(sentence(refusal)) from refusal
    click.echo(f"Trousseau de {keyring.environment}")
    for record in keyring.public_keys():
        _show(record)
    click.echo(f"Secrets de 32 octets : {', '.join(name.value for name in keyring.secrets)}")


def _show(record: KeyRecord) -> None:
    click.echo(
        f"  {record.purpose.value:<13} {record.kid}  {record.state.value:<13} "
        f"{record.not_before:%Y-%m-%d} → {record.not_after:%Y-%m-%d}"
    )
    click.echo(f"  {'':<13} {record.fingerprint}")


for _command in (*OFFLINE_COMMANDS, *ROTATION_COMMANDS):
    main.add_command(_command)
