"""The phone's words for the record and for rights asked online: who may open it, which insurer may not ask.

python -m mobile_mock consent list
python -m mobile_mock consent grant professional 899700900154
python -m mobile_mock consent block structure 999001506
python -m mobile_mock consent block organisation 99999001
python -m mobile_mock consent oppose bris_de_glace
python -m mobile_mock consent withdraw ID
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from mobile_mock.backend_client import BackendAddress
from mobile_mock.cli_terms import EPILOG, Said, backend_options, holder_of, now, pocket_option
from mobile_mock.record_consents import RecordConsent

_TARGETS = ["professional", "structure", "organisation"]
_WORDS = {
    "professional": ("professionnel", "professional"),
    "structure": ("structure", "structure"),
    "organisation": ("assureur", "insurer"),
    "purpose": ("urgence", "emergency"),
    "granted": ("accordé", "granted"),
    "blocked": ("bloqué", "blocked"),
    "record": ("dossier", "record"),
    "rights": ("droits en ligne", "online rights"),
}
_COSTS = (
    (
        "Cet assureur ne saura plus rien de vos droits en ligne, sauf quand vous montrez votre carte. Le "
        "tiers payant peut ne plus marcher : vous aurez peut-être à avancer les frais. Votre contrat ne "
        "change pas."
    ),
    (
        "This insurer will learn nothing more of your rights online, unless you show your card. Third-party "
        "payment may stop working: you may have to pay in advance. Your contract does not change."
    ),
)


@click.group(help="Qui peut ouvrir mon dossier, quel assureur ne consulte pas mes droits.", epilog=EPILOG)
def consent() -> None:
    """The group of commands about the record."""


def _tell(said: Said, one: RecordConsent) -> None:
    words = [said(*_WORDS.get(word, (word, word))) for word in (one.target, one.decision, one.scope)]
    click.echo(f"{one.consent_id}  {words[1]:<10} {words[0]} {one.number} ({words[2]})")


@consent.command("list", help="Voir ce qu'on a dit et qui vaut encore.")
@pocket_option
@backend_options(required=False)
@click.pass_obj
def list_all(said: Said, folder: Path, address: BackendAddress | None, ca_file: str | None) -> None:
    """List what holds."""
    with holder_of(folder, said, address, ca_file) as holder:
        for one in holder.consents.list(now()):
            _tell(said, one)


@consent.command(help="Accorder l'accès à un professionnel, une structure ou un assureur.")
@click.argument("target", type=click.Choice(_TARGETS))
@click.argument("number")
@click.option("--scope", type=click.Choice(["record", "rights"]), default="record", show_default=True)
@pocket_option
@backend_options(required=False)
@click.pass_obj
def grant(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    target: str,
    number: str,
    scope: str,
) -> None:
    """Let somebody in."""
    with holder_of(folder, said, address, ca_file) as holder:
        _tell(said, holder.consents.grant(target, number, now(), scope=scope))


@consent.command(
    help="Fermer son dossier à un professionnel ou une structure, s'opposer aux consultations d'un assureur."
)
@click.argument("target", type=click.Choice(_TARGETS))
@click.argument("number")
@click.option("--yes", is_flag=True, help="Ne pas demander de confirmer.")
@pocket_option
@backend_options(required=False)
@click.pass_obj
def block(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    target: str,
    number: str,
    yes: bool,
) -> None:
    """Close the record to somebody, or object to an insurer once told what it may cost."""
    if target == "organisation":
        click.echo(said(*_COSTS), err=True)
        if not yes:
            click.confirm(said("S'opposer ?", "Object?"), abort=True, err=True)
    with holder_of(folder, said, address, ca_file) as holder:
        _tell(said, holder.consents.block(target, number, now()))


@consent.command(help="S'opposer d'avance à l'accès d'urgence.")
@click.argument("purpose", type=click.Choice(["bris_de_glace", "centre_15"]))
@pocket_option
@backend_options(required=False)
@click.pass_obj
def oppose(
    said: Said, folder: Path, address: BackendAddress | None, ca_file: str | None, purpose: str
) -> None:
    """Refuse an emergency's access beforehand."""
    with holder_of(folder, said, address, ca_file) as holder:
        _tell(said, holder.consents.oppose(purpose, now()))


@consent.command(help="Revenir sur ce qu'on a dit.")
@click.argument("consent_id", type=click.UUID)
@pocket_option
@backend_options(required=False)
@click.pass_obj
def withdraw(
    said: Said, folder: Path, address: BackendAddress | None, ca_file: str | None, consent_id: UUID
) -> None:
    """Take back what was said."""
    with holder_of(folder, said, address, ca_file) as holder:
        holder.consents.withdraw(str(consent_id), now())
