"""The calendar on the command line: `plan` shows it, `rotate` does what is due, `revoke` is the emergency."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from keys.errors import KeyRefused
from keys.keyring import Keyring
from keys.manifest import KeyRecord, KeyState
from keys.rotating import Done, revoke, rotate
from keys.rotation import CALENDAR, SIGNIN_POLICIES, Action, Step, plan, policy_of
from keys.sentences import sentence
from keys.signer import Purpose, kid_of

_directory = click.option(
    "--dir", "directory", type=click.Path(path_type=Path), required=True, help="Dossier du trousseau."
)
_TURNING = click.Choice([purpose.value for purpose in CALENDAR])
_STATES = {
    KeyState.PRE_PUBLISHED: "en attente",
    KeyState.ACTIVE: "signe",
    KeyState.RETIRING: "ne signe plus",
    KeyState.RETIRED: "oubliée",
    KeyState.REVOKED: "révoquée",
}
_STEPS = {
    Action.MAKE: "fabriquer la clé suivante et la publier",
    Action.ACTIVATE: "la clé en attente prend le relais",
    Action.RETIRE: "elle ne signe plus",
    Action.FORGET: "ses dernières cartes sont mortes : elle quitte la liste",
}
_DONE = {
    "make": "faite, à publier",
    "activate": "signe désormais",
    "retire": "ne signe plus",
    "forget": "quitte la liste de confiance",
    "revoke": "révoquée",
}


@click.command(name="plan", help="Montre le calendrier des clés (cartes et jetons). Ne change rien.")
@_directory
def show_plan(directory: Path) -> None:
    """Print each purpose's keys and the steps ahead; those whose time has come say so."""
    now = datetime.now(UTC)
    try:
        keyring = Keyring.open(directory)
    except KeyRefused as refusal:
        raise click.ClickException(sentence(refusal)) from refusal
    for purpose in _held(keyring):
        records = keyring.public_keys(purpose)
        click.echo(f"{purpose.value}")
        for record in records:
            _show(record)
        for step in plan(records, policy_of(purpose), now):
            click.echo(_line(step, now))


@click.command(
    name="rotate",
    help="Fait ce que le calendrier demande : fabrique la clé suivante, passe le relais, retire, oublie. "
    "À relancer sans crainte ; un minuteur le fait chaque heure.",
)
@_directory
@click.option("--purpose", type=_TURNING, help="Une seule sorte de clé ; sans elle, toutes.")
@click.option("--switch", is_flag=True, help="La clé en attente prend le relais maintenant.")
@click.option(
    "--pkcs11", "token", help="Où fabriquer la clé suivante : pkcs11:token=…?module-path=…&pin-source=…"
)
def rotate_keys(directory: Path, purpose: str | None, switch: bool, token: str | None) -> None:
    """Do the due steps now, and print each."""
    if (switch or token) and purpose is None:
        raise click.UsageError("--switch et --pkcs11 demandent --purpose.")
    try:
        for one in _held(Keyring.open(directory)) if purpose is None else (Purpose(purpose),):
            told = rotate(directory, one, datetime.now(UTC), switch=switch, like=token)
            click.echo(f"{one.value} : {len(told)} changement(s)" if told else f"{one.value} : rien à faire")
            _tell(told)
    except KeyRefused as refusal:
        raise click.ClickException(sentence(refusal)) from refusal


@click.command(
    name="revoke", help="Révoque une clé volée. La suivante prend le relais ; publiez aussitôt la liste."
)
@_directory
@click.option(
    "--kid", required=True, help="Identifiant de la clé (8 chiffres hexadécimaux), ou son empreinte."
)
@click.option("--reason", required=True, help="Pourquoi : écrit dans keyring.log.")
def revoke_key(directory: Path, kid: str, reason: str) -> None:
    """Withdraw a key now, and say what remains to be done."""
    try:
        told = revoke(directory, kid, reason, datetime.now(UTC))
    except KeyRefused as refusal:
        raise click.ClickException(sentence(refusal)) from refusal
    _tell(told)
    if told[0].record.purpose in SIGNIN_POLICIES:
        click.echo("Les jetons de l'ancienne clé ne valent plus rien. À faire aussitôt : demandez aux")
        click.echo("applications qui gardent les clés de relire /protocol/openid-connect/certs.")
        return
    click.echo("À faire aussitôt : python -m apcv_backend publish. Les postes le sauront à leur prochain")
    click.echo("rafraîchissement ; les téléphones redemanderont leurs cartes sans geste de leur porteur.")


def _held(keyring: Keyring) -> tuple[Purpose, ...]:
    """The purposes of the calendar this keyring has keys for: one made earlier may lack some."""
    return tuple(purpose for purpose in CALENDAR if keyring.public_keys(purpose))


def _tell(told: tuple[Done, ...]) -> None:
    for one in told:
        click.echo(f"  {one.record.purpose.value:<10} {one.record.kid}  {_DONE[one.what]}")
        _show(one.record)


def _show(record: KeyRecord) -> None:
    click.echo(
        f"  {record.kid}  {_STATES[record.state]:<14} du {record.not_before:%d/%m/%Y %H:%M} "
        f"au {record.not_after:%d/%m/%Y %H:%M} UTC"
    )


def _line(step: Step, now: datetime) -> str:
    kid = "        " if step.public_key is None else kid_of(step.public_key)
    when = "maintenant      " if step.at <= now else f"{step.at:%d/%m/%Y %H:%M}"
    return f"    {when}  {kid}  {_STEPS[step.action]}"


COMMANDS = (show_plan, rotate_keys, revoke_key)
