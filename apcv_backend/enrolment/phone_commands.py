"""The operator's words for phones, at a desk: whoever has lost both the phone and its slip is seen in person.

    python -m apcv_backend phone list --card apcv < numero.txt
    python -m apcv_backend phone withdraw REF --card apcv --agent "A. Martin" --place "Corte" < numero.txt
    python -m apcv_backend phone check-models

As for codes, the person's number comes from a file or the standard input, never from the arguments.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.commands import read_person, which_card, who
from apcv_backend.enrolment.refusals import DeviceNotFound
from apcv_backend.enrolment.rules import PersonKey, PersonUnknown
from cartes.errors import InvalidValue

if TYPE_CHECKING:  # the services are built when a command runs
    from apcv_backend.bootstrap import Services

_SOME_COMPROMISED = 1


@click.group("phone")
def phone() -> None:
    """Les téléphones d'une personne, au guichet."""


def _entered_as(services: Services, card: str, person_file: Path) -> PersonKey:
    """The key the person is entered under: the current number, also when a former one is typed."""
    typed = read_person(services, card, person_file)
    try:
        return services.enrolment.people.find(typed, services.clock()).key_of(typed)
    except PersonUnknown:
        return typed  # gone from the registers since; their phones may still be here


@phone.command("list")
@which_card
@who
@click.pass_obj
def list_phones(services: Services, card: str, person_file: Path) -> None:
    """Lister les téléphones en service d'une personne."""
    person = _entered_as(services, card, person_file)
    devices = services.enrolment.devices.list_for(person)
    if not devices:
        click.echo("Aucun téléphone en service.")
    for device in devices:
        since, used = f"{device.enrolled_at:%d/%m/%Y}", f"{device.last_used_at:%d/%m/%Y}"
        click.echo(f"{device.reference}  {device.name}  depuis le {since}, utilisé le {used}")


@phone.command("withdraw")
@click.argument("reference")
@click.option("--agent", required=True, help="Nom de l'agent qui a vu la personne et ses papiers.")
@click.option("--place", required=True, help="Lieu où il l'a vue.")
@which_card
@who
@click.pass_obj
def withdraw(
    services: Services, reference: str, agent: str, place: str, card: str, person_file: Path
) -> None:
    """Retirer un téléphone perdu : ses cartes sont révoquées aussitôt."""
    person = _entered_as(services, card, person_file)
    try:
        desk = DeskAgent(agent.strip(), place.strip())
        services.enrolment.devices.withdraw_for(person, reference, desk, services.clock())
    except InvalidValue as refused:
        raise click.ClickException("Le nom ou le lieu de l'agent n'est pas une ligne de texte.") from refused
    except DeviceNotFound as refused:
        raise click.ClickException("Cette personne n'a pas de téléphone de cette référence.") from refused
    click.echo("Téléphone retiré ; ses cartes sont révoquées.")


@phone.command("check-models")
@click.pass_obj
def check_models(services: Services) -> None:
    """Chercher les téléphones d'un modèle que les métadonnées FIDO disent compromis ; code 1 s'il y en a.

    À lancer quand un nouveau fichier de métadonnées est installé (APCV_MDS_BLOB).
    """
    found = services.compromised_phones()
    for device in found:
        click.echo(f"{device.reference}  {device.card.value}  {device.device_id}", err=True)
    if found:
        sys.exit(_SOME_COMPROMISED)
    click.echo("Aucun téléphone d'un modèle compromis.")
