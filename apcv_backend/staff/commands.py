r"""The operator's words for staff: the first two administrators, and who there is.

    python -m apcv_backend staff bootstrap --name "A. Martin" --name "B. Durand" \
        --structure 999001506 --place "Corte"
    python -m apcv_backend staff list

Each invitation is printed once, in two halves. Hand each administrator theirs, and erase the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from apcv_backend.staff.refusals import EnoughAdministrators
from cartes.errors import InvalidValue

if TYPE_CHECKING:  # the services are built when a command runs
    from apcv_backend.bootstrap import Services


@click.group("staff")
def staff() -> None:
    """Les agents : les deux premiers administrateurs, et qui est là."""


@staff.command("bootstrap")
@click.option("--name", "names", multiple=True, required=True, help="Un administrateur ; deux fois.")
@click.option("--structure", required=True, help="FINESS, SIRET ou numéro de l'organisme.")
@click.option("--place", required=True, help="Le lieu, comme l'audit l'écrira.")
@click.pass_obj
def bootstrap(services: Services, names: tuple[str, ...], structure: str, place: str) -> None:
    """Inviter les deux premiers administrateurs ; refusé dès que deux peuvent se connecter."""
    try:
        invited = services.staff.registration.bootstrap(
            [name.strip() for name in names], structure, place.strip(), services.clock()
        )
    except EnoughAdministrators as refused:
        missing = refused.facts["missing"]
        if not missing:
            raise click.ClickException(
                "Deux administrateurs peuvent déjà se connecter : ce sont eux qui ajoutent des collègues."
            ) from refused
        raise click.ClickException(
            f"Il faut --name {missing} fois, un nom différent chaque fois."
        ) from refused
    except InvalidValue as refused:
        raise click.ClickException(
            "Le nom, la structure ou le lieu n'est pas une ligne de texte : personne n'a été invité."
        ) from refused
    for one in invited:
        click.echo(f"Administrateur : {one.member.name}")
        click.echo(f"Première moitié : {one.halves[0]}")
        click.echo(f"Seconde moitié : {one.halves[1]}")
        click.echo(f"Valable jusqu'au : {one.expires_at.isoformat(timespec='minutes')}")
        click.echo("")


@staff.command("list")
@click.pass_obj
def list_members(services: Services) -> None:
    """Les collègues dont le compte est ouvert, et s'ils ont une clé."""
    for one in services.staff.proposals.members():
        key = "clé enregistrée" if one.keys else "invité"
        click.echo(f"{one.member_id}  {one.post.role.value:<14} {key:<15} {one.name} ({one.post.place})")
