"""The operator's words for clients of the sign-in.

    python -m apcv_backend client add --by "A. Martin" portail.json
    python -m apcv_backend client list
    python -m apcv_backend client rotate-secret portail-demo --by "A. Martin"
    python -m apcv_backend client replace-keys mutuelle certificats.json --by "A. Martin"

A client is described in a JSON file (`docs/signin.md`); `-` reads the standard input. The secret is printed
once, alone on the standard output, and kept nowhere in clear.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apcv_backend.rounds import rounds
from apcv_backend.signin.provider.client_service import (
    ClientDocumentRefused,
    ClientExists,
    ClientUnknown,
    NewSecret,
)
from cartes.errors import BadJson, CarteError
from cartes.wire import strict_json

if TYPE_CHECKING:  # the services are built when a command runs
    from apcv_backend.bootstrap import Services

_by = click.option("--by", required=True, help="Qui le fait : écrit au journal.")


@click.group("client")
def client() -> None:
    """Les clients de la connexion : portails, logiciels, assureurs."""


@client.command("add")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_by
@click.pass_obj
def add(services: Services, file: Path, by: str) -> None:
    """Inscrire le client que décrit un fichier JSON ; son secret est dit une fois."""
    try:
        document = strict_json.loads(_read(file))
        if not isinstance(document, dict):
            raise click.ClickException("Le fichier doit tenir un objet JSON.")
        new = services.signin.clients.register(document, _actor(by), services.clock())
    except ClientDocumentRefused as refused:
        raise click.ClickException(
            f"Le membre « {refused.facts.get('member')} » n'est pas valable ; rien n'a été inscrit."
        ) from refused
    except BadJson as refused:
        raise click.ClickException("Le fichier n'est pas du JSON strict.") from refused
    except ClientExists as refused:
        raise click.ClickException("Cet identifiant est pris ; il n'est jamais redonné.") from refused
    _tell(new, "inscrit")


@client.command("list")
@click.pass_obj
def list_clients(services: Services) -> None:
    """Lister les clients."""
    for kept in services.signin.clients.list():
        state = "ouvert" if kept.closed_at is None else f"fermé le {kept.closed_at:%d/%m/%Y}"
        click.echo(f"{kept.client.client_id}  {kept.client.name}  {state}")


@client.command("show")
@click.argument("client_id")
@click.pass_obj
def show(services: Services, client_id: str) -> None:
    """Montrer tout ce qui est inscrit d'un client, sans secret."""
    try:
        kept = services.signin.clients.show(client_id)
    except ClientUnknown as refused:
        raise click.ClickException("Aucun client de ce nom.") from refused
    click.echo(strict_json.canonical(dict(kept.document)).decode())


@client.command("rotate-secret")
@click.argument("client_id")
@_by
@click.pass_obj
def rotate_secret(services: Services, client_id: str, by: str) -> None:
    """Donner un nouveau secret ; l'ancien sert encore un jour."""
    try:
        new = services.signin.clients.rotate_secret(client_id, _actor(by), services.clock())
    except ClientUnknown as refused:
        raise click.ClickException("Aucun client ouvert de ce nom, ou il n'a pas de secret.") from refused
    _tell(new, "changé")


@client.command("replace-keys")
@click.argument("client_id")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_by
@click.pass_obj
def replace_keys(services: Services, client_id: str, file: Path, by: str) -> None:
    """Mettre le jeu de clés (ou de certificats) d'un fichier JWKS à la place de celui d'un client."""
    try:
        jwks = strict_json.loads(_read(file))
        services.signin.clients.replace_keys(client_id, jwks, _actor(by), services.clock())
    except ClientDocumentRefused as refused:
        raise click.ClickException(
            "Ce jeu n'est pas valable pour ce client ; rien n'a été changé."
        ) from refused
    except BadJson as refused:
        raise click.ClickException("Le fichier n'est pas du JSON strict.") from refused
    except ClientUnknown as refused:
        raise click.ClickException("Aucun client ouvert de ce nom.") from refused
    click.echo("Clés remplacées.")


@client.command("close")
@click.argument("client_id")
@click.option("--reason", required=True, help="Pourquoi.")
@_by
@click.pass_obj
def close(services: Services, client_id: str, reason: str, by: str) -> None:
    """Fermer un client et toutes les sessions ouvertes chez lui, aussitôt."""
    try:
        services.signin.clients.close(client_id, reason, _actor(by), services.clock())
    except ClientUnknown as refused:
        raise click.ClickException("Aucun client ouvert de ce nom.") from refused
    click.echo("Client fermé.")


@client.command("tell-logouts")
@click.option("--watch", "watching", is_flag=True, help="Continue, toutes les cinq secondes.")
@click.pass_obj
def tell_logouts(services: Services, *, watching: bool) -> None:
    """Annoncer aux clients les sessions fermées (back-channel) et les réponses CIBA (ping)."""
    with rounds() as watch:
        while not watch.asked_to_stop:
            at = services.clock()
            try:
                heard = services.signin.deliveries.deliver(at) + services.signin_approval.pings.deliver(at)
            except CarteError as error:
                # What is to be told waits in the database, and is told once it answers again.
                if not watching:
                    raise
                click.echo(f"Annonces manquées, nouvel essai : {error}", err=True)
            else:
                if heard or not watching:
                    click.echo(f"{heard} annonce(s) entendue(s).")
            if not watching:
                return
            watch.rest(5, lambda piece: services.ephemeral.wait("logouts", timeout_s=piece))


def _read(file: Path) -> bytes:
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


def _actor(by: str) -> str:
    return f"operator:{by.strip()}"[:120]


def _tell(new: NewSecret, what: str) -> None:
    click.echo(f"Client {new.client.client_id} {what}.", err=True)
    if new.secret:
        click.echo("Son secret, à noter maintenant, ne sera plus jamais montré :", err=True)
        click.echo(new.secret)
