"""The phone's sign-in commands: what is asked, approve with the two digits, refuse, the open sessions."""

from __future__ import annotations

from pathlib import Path

import click

from cartes.cards import CardKind
from mobile_mock.backend_client import BackendAddress
from mobile_mock.cli_terms import EPILOG, Said, backend_options, holder_of, kind_option, now, pocket_option
from mobile_mock.signin import SigninRequest, Signins

_attempt = click.option("--attempt", help="La demande [la seule en attente].")


@click.group(help="Approuver ou refuser une connexion ; voir et fermer ses sessions.", epilog=EPILOG)
def signin() -> None:
    """The group of commands."""


@signin.command("list", help="Les connexions qui attendent une réponse.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@click.pass_obj
def list_(said: Said, folder: Path, address: BackendAddress | None, ca_file: str | None, kind: str) -> None:
    """Print what is asked: who, from where, for what."""
    with holder_of(folder, said, address, ca_file) as holder:
        asked = holder.signins.requests(CardKind(kind), now())
        for request in asked:
            _show(said, request)
        if not asked:
            click.echo(said("Aucune demande.", "Nothing is asked."))


@signin.command(help="Prendre la demande dont on a scanné le QR.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@click.argument("text")
@click.pass_obj
def scan(
    said: Said, folder: Path, address: BackendAddress | None, ca_file: str | None, kind: str, text: str
) -> None:
    """Claim the request a waiting page shows as a QR."""
    with holder_of(folder, said, address, ca_file) as holder:
        _show(said, holder.signins.scan(text, CardKind(kind), now()))


@signin.command(help="Approuver, avec les deux chiffres de l'autre écran : un geste.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@_attempt
@click.option("--digits", help="Les deux chiffres ; demandés sinon.")
@click.option("--exercice", default="", help="L'exercice (e-CPS) [le seul].")
@click.pass_obj
def approve(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    kind: str,
    attempt: str | None,
    digits: str | None,
    exercice: str,
) -> None:
    """Show who asks, ask for the digits, approve."""
    card = CardKind(kind)
    with holder_of(folder, said, address, ca_file) as holder:
        request = _chosen(said, holder.signins, card, attempt)
        _show(said, request)
        typed = digits or click.prompt(said("Les deux chiffres affichés", "The two digits shown"), err=True)
        holder.signins.approve(request, str(typed), card, now(), exercice=exercice)
        click.echo(said("Connexion approuvée.", "Sign-in approved."))


@signin.command(help="Refuser une connexion.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@_attempt
@click.option(
    "--report", is_flag=True, help="Ce n'était pas moi : fermer aussi les sessions chez ce service."
)
@click.pass_obj
def refuse(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    kind: str,
    attempt: str | None,
    *,
    report: bool,
) -> None:
    """Refuse, or report."""
    card = CardKind(kind)
    with holder_of(folder, said, address, ca_file) as holder:
        request = _chosen(said, holder.signins, card, attempt)
        end = holder.signins.report if report else holder.signins.refuse
        end(request.attempt_id, card, now())
        click.echo(said("Connexion refusée.", "Sign-in refused."))


@signin.command(help="Où l'on est connecté ; se déconnecter.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@click.option("--close", metavar="ID", help="Fermer cette session.")
@click.option("--close-all", is_flag=True, help="Fermer toutes les sessions.")
@click.pass_obj
def sessions(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    kind: str,
    close: str | None,
    *,
    close_all: bool,
) -> None:
    """List the sessions, after closing what was asked."""
    card = CardKind(kind)
    with holder_of(folder, said, address, ca_file) as holder:
        if close or close_all:
            holder.signins.close_session(card, now(), "" if close_all else close or "")
        for one in holder.signins.sessions(card, now()):
            since = f"{one.opened_at:%Y-%m-%d %H:%M} UTC"
            click.echo(
                f"{one.session_id}  {one.client_name}, {one.client_place}  "
                + said(f"depuis le {since}", f"since {since}")
            )


def _chosen(said: Said, signins: Signins, card: CardKind, attempt: str | None) -> SigninRequest:
    asked = signins.requests(card, now())
    found = [one for one in asked if attempt in {None, one.attempt_id}]
    if len(found) != 1:
        raise click.UsageError(
            said(
                "Aucune demande, ou plusieurs : voir « signin list », puis --attempt.",
                "No request, or several: see `signin list`, then --attempt.",
            )
        )
    return found[0]


def _show(said: Said, request: SigninRequest) -> None:
    click.echo(f"{request.attempt_id}")
    who = f"{request.client_name}, {request.client_place}"
    click.echo("  " + said.fact("Qui demande", "Who asks", who))
    click.echo("  " + said.fact("Pour quoi", "What for", request.purpose))
    click.echo("  " + said.fact("Ce qu'il saura", "What it will know", ", ".join(request.scopes_in_words)))
    if request.unsolicited:
        click.echo(
            "  "
            + said(
                "Vous n'avez rien scanné : n'approuvez que si vous venez de vous connecter.",
                "You scanned nothing: approve only if you are signing in right now.",
            )
        )
    for exercice in request.exercices:
        which = exercice.exercice_id
        click.echo("  " + said.fact(f"Exercice {which}", f"Practice {which}", exercice.label))
