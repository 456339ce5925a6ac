"""The operator's words for limits: alarms, frozen accounts, raised ceilings, canaries.

    python -m apcv_backend alarms list
    python -m apcv_backend alarms lift professional:1b2c… --by "A. Martin, B. Durand"
    python -m apcv_backend alarms ceiling client:mutuelle-exemple 100000 --by "A. Martin, B. Durand"
    python -m apcv_backend alarms canary --note "essai de novembre" < numero.txt

A number of a person is read from standard input: a command line is kept in histories.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from apcv_backend.alarms import Alarms
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.quota_rules import MOST_RAISED
from cartes.cards import CardKind
from cartes.errors import InvalidValue
from cartes.identifiers.mode import Mode

if TYPE_CHECKING:  # the services are built when a command runs
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from apcv_backend.audit import Fact
    from apcv_backend.bootstrap import Services

_WORDS = {
    "too_fast": "trop de questions en une minute",
    "too_many_people": "trop de personnes en un jour",
    "too_many_misses": "trop de questions sans réponse",
    "too_many_records": "trop de dossiers demandés en un jour",
    "too_many_emergencies": "trop d'accès d'urgence en un jour",
    "canary": "une question sur une personne qui n'existe pas",
    "presences": "trop de présences en un jour",
    "phone_in_two_places": "un même téléphone en deux lieux à la fois",
    "proof_shown_twice": "un même code montré dans deux établissements",
}


@click.group("alarms")
def alarms() -> None:
    """Les alarmes des questions et des présences, et ce qu'on en fait."""


@alarms.command("list")
@click.pass_obj
def list_alarms(services: Services) -> None:
    """Les cent dernières alarmes, la plus récente d'abord ; code 1 s'il y en a."""
    raised = Alarms.latest(services.database)
    for one in raised:
        told = ", ".join(f"{name}={value}" for name, value in sorted(one.facts.items()))
        click.echo(
            f"{one.at:%Y-%m-%d %H:%M:%S} UTC  {one.account}  {_WORDS.get(one.kind, one.kind)}  ({told})"
        )
    if raised:
        sys.exit(1)
    click.echo("Aucune alarme.")


@alarms.command("lift")
@click.argument("account")
@click.option("--by", required=True, help="Qui a regardé : deux personnes.")
@click.pass_obj
def lift(services: Services, account: str, by: str) -> None:
    """Rendre la parole à un accès gelé, son compte du jour remis à zéro."""
    quotas, at = services.online_rights.quotas, services.clock()

    def work(tx: Connection) -> bool:
        lifted = quotas.lift(tx, account, by[:120], at)
        if lifted:
            _note(services, tx, "account.lifted", account, {"lifted_by": by[:120]}, at)
        return lifted

    if not services.database.run(work):
        raise click.ClickException("Cet accès n'est pas gelé. Son nom est celui que `alarms list` montre.")
    click.echo("Accès rouvert.")


@alarms.command("ceiling")
@click.argument("account")
@click.argument("people", type=click.IntRange(1, MOST_RAISED))
@click.option("--by", required=True, help="Qui l'a décidé : deux personnes.")
@click.pass_obj
def ceiling(services: Services, account: str, people: int, by: str) -> None:
    """Convenir d'un autre nombre de personnes par jour, pour un accès qui travaille par fichiers."""
    quotas, at = services.online_rights.quotas, services.clock()

    def work(tx: Connection) -> None:
        quotas.raise_ceiling(tx, account, people, by[:120], at)
        _note(services, tx, "ceiling.set", account, {"people_a_day": people, "set_by": by[:120]}, at)

    services.database.run(work)
    click.echo(f"{account} : {people} personnes par jour.")


@alarms.command("canary")
@click.option("--note", required=True, help="D'où vient cette identité, pour l'exploitant.")
@click.pass_obj
def canary(services: Services, note: str) -> None:
    """Placer une identité sentinelle, son NIR lu sur l'entrée standard : qui la demande est gelé."""
    try:
        person = PersonKey.parse(CardKind.APCV, sys.stdin.read(64).strip(), Mode.TEST)
    except InvalidValue as refused:
        raise click.ClickException("L'entrée standard doit donner un NIR, clé comprise.") from refused
    index = services.vault.person_index(person.card.value, person.text)
    at = services.clock()
    services.database.run(lambda tx: services.online_rights.quotas.plant(tx, index, note, at))
    click.echo("Sentinelle placée.")


def _note(
    services: Services, tx: Connection, event: str, account: str, facts: Mapping[str, Fact], at: datetime
) -> None:
    subject = f"account:{account}"[:120]
    services.journal.note(tx, event, actor="operator", subject=subject, facts=facts, at=at)
