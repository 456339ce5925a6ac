"""The desk's words for this room: open, list and end a representation, the paper in hand.

    python -m apcv_backend representation open --agent "A. Martin" --place "Corte" < ordres.ndjson
    python -m apcv_backend representation list --card apcv < numero.txt
    python -m apcv_backend representation end REFERENCE --by juge --agent "A. Martin" --place "Corte"

`open` reads one order a line and answers one line each, in the same place (NDJSON):

    {"beneficiary": "…", "delegate": "…", "type": "parent", "proof": "livret_famille", "for": "guichet-12"}
    →  {"for": "guichet-12", "reference": "…", "type": "parent", "ends_on": "2039-05-11"}

`until` (AAAA-MM-JJ) is needed but for a parent; `scope` and `for` may be left out. People's numbers come from
the standard input, never from the arguments, and are not given back.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.representation.rules import (
    DelegationType,
    EndedBy,
    OpeningOrder,
    Portee,
    Preuve,
    RepresentationUnknown,
)
from cartes.cards import CardKind
from cartes.errors import CarteError, InvalidValue
from cartes.identifiers.mode import Mode
from cartes.wire import strict_json

if TYPE_CHECKING:  # the services are built when the command runs
    from apcv_backend.bootstrap import Services

_LONGEST_LINE = 1_024
_LONGEST_NAME = 50
_SOME_WRONG = 1
_NEEDED = {"beneficiary", "delegate", "type", "proof"}
_MEMBERS = {*_NEEDED, "until", "scope", "for"}
_TYPES = {one.word: one for one in DelegationType}


@click.group("representation")
def representation() -> None:
    """Qui présente la carte de qui : ouvrir, voir, retirer."""


@representation.command("open")
@click.option("--agent", required=True, help="Nom de l'agent qui a vu le justificatif.")
@click.option("--place", required=True, help="Lieu où il l'a vu.")
@click.pass_obj
def open_many(services: Services, agent: str, place: str) -> None:
    """Ouvrir une délégation par ligne de l'entrée standard ; code 1 si une ligne n'a pas pu l'être."""
    mode = Mode.STRICT if services.config.is_production else Mode.TEST
    actor, any_wrong = _actor(agent, place), False
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        answer = _serve(services, line, actor, mode)
        any_wrong = any_wrong or "error" in answer
        click.echo(strict_json.canonical(answer))
    sys.exit(_SOME_WRONG if any_wrong else 0)


@representation.command("list")
@click.option(
    "--person-file",
    type=click.File("r", encoding="utf-8"),
    default="-",
    help="Fichier d'une ligne qui dit qui est la personne ; l'entrée standard sans cette option.",
)
@click.pass_obj
def list_for(services: Services, person_file: Any) -> None:
    """Les délégations d'une personne, reçues et données, passées comprises ; sans nom ni numéro."""
    at = services.clock()
    mode = Mode.STRICT if services.config.is_production else Mode.TEST
    try:
        person = PersonKey.parse(CardKind.APCV, str(person_file.read(100)).strip(), mode)
    except InvalidValue as wrong:
        raise click.UsageError("Il faut une ligne, et une seule, qui dise qui est la personne.") from wrong
    for told in services.representation.list_for(person, at):
        one = told.representation
        side = "présente la carte d'un autre" if told.represents else "sa carte est présentée"
        state = "en cours" if one.in_force(at) else "close"
        click.echo(f"{one.reference}  {one.type.word:<18} {one.starts_on} → {one.ends_on}  {state}  {side}")


# A reference may begin with a hyphen, and is no option then.
@representation.command("end", context_settings={"ignore_unknown_options": True})
@click.argument("reference")
@click.option("--by", type=click.Choice([one.value for one in EndedBy]), required=True, help="Qui y met fin.")
@click.option("--agent", required=True, help="Nom de l'agent qui en répond.")
@click.option("--place", required=True, help="Lieu où il se trouve.")
@click.pass_obj
def end(services: Services, reference: str, by: str, agent: str, place: str) -> None:
    """Retirer une délégation : les cartes délivrées à ce titre sont révoquées aussitôt."""
    try:
        services.representation.end(reference, EndedBy(by), _actor(agent, place), services.clock())
    except RepresentationUnknown as unknown:
        raise click.ClickException("Aucune délégation en cours n'a cette référence.") from unknown
    click.echo("Retirée. Publié dans la minute ; un poste le saura à sa prochaine mise à jour.")


def _actor(agent: str, place: str) -> str:
    for value in (agent, place):
        if not 1 <= len(value.strip()) <= _LONGEST_NAME or not value.isprintable():
            raise click.UsageError("Le nom ou le lieu de l'agent n'est pas une ligne de texte.")
    return f"desk:{agent.strip()}@{place.strip()}"


def _serve(services: Services, line: bytes, actor: str, mode: Mode) -> dict[str, Any]:
    reference = ""
    try:
        asked = strict_json.loads(line, max_size=_LONGEST_LINE)
        if not isinstance(asked, dict) or not _NEEDED <= set(asked) <= _MEMBERS:
            raise InvalidValue(what="line")
        reference = str(asked.get("for", ""))[:80]
        opened = services.representation.open(_order(asked, mode), actor, services.clock())
    except CarteError as refused:
        return {"for": reference, "error": refused.code}
    return {
        "for": reference,
        "reference": opened.reference,
        "type": opened.type.word,
        "ends_on": opened.ends_on.isoformat(),
    }


def _order(asked: dict[str, Any], mode: Mode) -> OpeningOrder:
    scope = asked.get("scope", ["presenter_droits", "retirer_ordonnance"])
    try:
        return OpeningOrder(
            beneficiary=PersonKey.parse(CardKind.APCV, str(asked["beneficiary"]), mode),
            delegate=PersonKey.parse(CardKind.APCV, str(asked["delegate"]), mode),
            type=_TYPES[asked["type"]],
            proof=Preuve(asked["proof"]),
            until=None if asked.get("until") is None else date.fromisoformat(asked["until"]),
            scope=frozenset(Portee(word) for word in scope),
        )
    except (KeyError, TypeError, ValueError):
        raise InvalidValue(what="line") from None  # the message would hold what was typed
