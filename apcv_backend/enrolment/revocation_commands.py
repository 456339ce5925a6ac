"""The operator's words for ending or pausing cards. Who acts is always named, and the journal keeps it.

    python -m apcv_backend revoke device REF --agent "A. Martin" --place "Corte"
    python -m apcv_backend revoke person --card apcv --agent "A. Martin" --place "Corte" < numero.txt
    python -m apcv_backend revoke exercice ID --agent "A. Martin" --place "Corte" < idnps.txt
    python -m apcv_backend revoke issuer-key KID --agent "A. Martin" --place "Paris" --reason "volée"
    python -m apcv_backend suspend person --card ecps --agent … --place … < idnps.txt
    python -m apcv_backend resume person --card ecps --agent … --place … < idnps.txt

As for codes, a person's number comes from a file or the standard input, never from the arguments. What is
done is published within a minute (`publish --watch`); a till knows it after its next refresh.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.commands import read_person, which_card, who
from apcv_backend.enrolment.refusals import DeviceNotFound
from apcv_backend.enrolment.revocation_desk import NothingToChange
from cartes.cards import CardKind
from cartes.errors import InvalidValue

if TYPE_CHECKING:  # the services are built when a command runs
    from collections.abc import Iterator

    from apcv_backend.bootstrap import Services

_SAID = "Publié dans la minute ; un poste le saura à sa prochaine mise à jour."


@click.group("revoke")
def revoke() -> None:
    """Révoquer pour de bon : un téléphone, une personne, un exercice, une clé d'émetteur."""


@click.group("suspend")
def suspend() -> None:
    """Suspendre des cartes, le temps d'y voir clair."""


@click.group("resume")
def resume() -> None:
    """Lever une suspension."""


def _agent(command: Callable[..., None]) -> Callable[..., None]:
    agent = click.option("--agent", required=True, help="Nom de l'agent qui en répond.")
    place = click.option("--place", required=True, help="Lieu où il se trouve.")
    return agent(place(command))


@revoke.command("device")
@click.argument("device")
@_agent
@click.pass_obj
def revoke_device(services: Services, device: str, agent: str, place: str) -> None:
    """Retirer le téléphone de cette référence, et révoquer ses cartes."""
    with _told():
        services.revocation.revoke_device(device, _desk(agent, place), services.clock())
    click.echo(f"Téléphone retiré, cartes révoquées. {_SAID}")


@revoke.command("person")
@_agent
@which_card
@who
@click.pass_obj
def revoke_person(services: Services, card: str, person_file: Path, agent: str, place: str) -> None:
    """Retirer tous les téléphones d'une personne, et à qui la représente sa carte ; révoquer les cartes."""
    person = read_person(services, card, person_file)
    with _told():
        done = services.revocation.revoke_person(person, _desk(agent, place), services.clock())
    also = f" Représentations terminées : {done.representations}." if done.representations else ""
    click.echo(f"Téléphones retirés : {done.phones}.{also} {_SAID}")


@revoke.command("exercice")
@click.argument("exercice")
@_agent
@who
@click.pass_obj
def revoke_exercice(services: Services, exercice: str, person_file: Path, agent: str, place: str) -> None:
    """Révoquer les e-CPS d'un exercice d'un professionnel ; ses téléphones restent."""
    person = read_person(services, CardKind.ECPS.value, person_file)
    with _told():
        count = services.revocation.revoke_exercice(person, exercice, _desk(agent, place), services.clock())
    click.echo(f"Cartes révoquées : {count}. {_SAID}")


@revoke.command("issuer-key")
@click.argument("kid")
@click.option("--reason", required=True, help="Pourquoi, en une ligne ; le journal la garde.")
@_agent
@click.pass_obj
def revoke_issuer_key(services: Services, kid: str, reason: str, agent: str, place: str) -> None:
    """Révoquer une clé d'émetteur : toutes les cartes qu'elle a signées sont refusées."""
    with _told():
        desk = _desk(agent, place)
        reason = DeskAgent(reason.strip(), desk.place).name  # one printable line, as a name is
        services.revoke_issuer_key(kid, reason, desk, services.clock())
    click.echo(f"Clé révoquée ; la suivante signe. {_SAID}")


@suspend.command("device")
@click.argument("device")
@_agent
@click.pass_obj
def suspend_device(services: Services, device: str, agent: str, place: str) -> None:
    """Suspendre les cartes d'un téléphone."""
    with _told():
        count = services.revocation.suspend_device(device, _desk(agent, place), services.clock())
    click.echo(f"Cartes suspendues : {count}. {_SAID}")


@suspend.command("person")
@_agent
@which_card
@who
@click.pass_obj
def suspend_person(services: Services, card: str, person_file: Path, agent: str, place: str) -> None:
    """Suspendre les cartes d'une personne, sur tous ses téléphones."""
    person = read_person(services, card, person_file)
    with _told():
        count = services.revocation.suspend_person(person, _desk(agent, place), services.clock())
    click.echo(f"Cartes suspendues : {count}. {_SAID}")


@resume.command("device")
@click.argument("device")
@_agent
@click.pass_obj
def resume_device(services: Services, device: str, agent: str, place: str) -> None:
    """Lever la suspension des cartes d'un téléphone."""
    with _told():
        count = services.revocation.resume_device(device, _desk(agent, place), services.clock())
    click.echo(f"Suspensions levées : {count}. {_SAID}")


@resume.command("person")
@_agent
@which_card
@who
@click.pass_obj
def resume_person(services: Services, card: str, person_file: Path, agent: str, place: str) -> None:
    """Lever la suspension des cartes d'une personne."""
    person = read_person(services, card, person_file)
    with _told():
        count = services.revocation.resume_person(person, _desk(agent, place), services.clock())
    click.echo(f"Suspensions levées : {count}. {_SAID}")


def _desk(agent: str, place: str) -> DeskAgent:
    return DeskAgent(agent.strip(), place.strip())


@contextmanager
def _told() -> Iterator[None]:
    """What can go wrong, in a sentence."""
    try:
        yield
    except InvalidValue as refused:
        raise click.ClickException("L'agent, le lieu ou le motif n'est pas une ligne de texte.") from refused
    except DeviceNotFound as refused:
        raise click.ClickException("Aucun téléphone en service de cette référence.") from refused
    except NothingToChange as refused:
        raise click.ClickException("Rien à changer : aucune carte dans cet état.") from refused
