"""The operator's words for this room: opening the codes by which people prove who they are.

    python -m apcv_backend code open --card apcv < numero.txt
    python -m apcv_backend code open --card ecps --person-file idnps.txt
    python -m apcv_backend code open --card apcv --agent "A. Martin" --place "Corte" < numero.txt

Who the person is never stands in the arguments: they are kept by the shell's history and shown to everyone
by `ps`. It is read from a file or the standard input, one line: the NIR; or, for who has none, the ouvrant
droit's NIR, the birth date (AAAAMMJJ) and the rang gémellaire joined by `/`; or the IDNPS or RPPS of a
professional.

The secrets are printed once, for the letter, the text message or the desk. They exist nowhere else.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from apcv_backend.enrolment.activation_codes import DeskAgent
from apcv_backend.enrolment.rules import PersonKey, PersonUnknown
from cartes.cards import ENROLLED_KINDS, CardKind
from cartes.errors import InvalidValue
from cartes.identifiers.mode import Mode
from cartes.wire import strict_json

if TYPE_CHECKING:  # the services are built when a command runs, by whoever mounts this group
    from apcv_backend.bootstrap import Services
    from apcv_backend.enrolment.code_service import OpenedCode

_LONGEST_LINE = 64

which_card = click.option(
    "--card", type=click.Choice([kind.value for kind in ENROLLED_KINDS]), required=True, help="Quelle carte."
)
who = click.option(
    "--person-file",
    type=click.Path(path_type=Path, allow_dash=True),
    default=Path("-"),
    help="Fichier d'une ligne qui dit qui est la personne ; l'entrée standard sans cette option.",
)
"""Whom a command is about, never in its arguments; `read_person` reads it."""


@click.group("code")
def code() -> None:
    """Ouvrir les codes d'activation."""


@code.command("open")
@which_card
@who
@click.option("--agent", help="Nom de l'agent d'accueil qui a vu la personne et ses papiers.")
@click.option("--place", help="Lieu où il l'a vue.")
@click.option("--minutes", type=click.IntRange(1, 86_400), help="Durée de vie du code.")
@click.option("--json", "as_json", is_flag=True, help="Une ligne de JSON, pour un programme.")
@click.pass_obj
def open_code(
    services: Services,
    card: str,
    person_file: Path,
    agent: str | None,
    place: str | None,
    minutes: int | None,
    *,
    as_json: bool,
) -> None:
    """Ouvrir un code pour une personne ; ses secrets sont imprimés une fois."""
    if (agent is None) != (place is None):
        raise click.UsageError("--agent et --place vont ensemble.")
    person = read_person(services, card, person_file)
    try:
        desk = None if agent is None or place is None else DeskAgent(agent.strip(), place.strip())
        opened = services.enrolment.codes.open(
            person,
            services.clock(),
            agent=desk,
            valid_for=timedelta(minutes=minutes) if minutes else None,
        )
    except PersonUnknown:
        _refuse("Ce numéro n'est connu ni des droits, ni de l'annuaire : rien n'a été ouvert.")
    except InvalidValue:
        _refuse("Le nom ou le lieu de l'agent n'est pas une ligne de texte : rien n'a été ouvert.")
    click.echo(_as_json(opened) if as_json else _as_letter(opened))


def read_person(services: Services, card: str, person_file: Path) -> PersonKey:
    """Who the one line of `person_file` (`-` for the standard input) is about. Raises `ClickException`."""
    mode = Mode.STRICT if services.config.is_production else Mode.TEST
    return _person(CardKind(card), _first_line(person_file), mode)


def _first_line(person_file: Path) -> str:
    try:
        with click.open_file(str(person_file), encoding="utf-8") as text:
            head: str = text.read(4 * _LONGEST_LINE)
    except (OSError, UnicodeDecodeError):
        _refuse("Le fichier de la personne ne se lit pas.")
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    if len(lines) != 1 or len(lines[0]) > _LONGEST_LINE:
        _refuse("Il faut une ligne, et une seule, qui dise qui est la personne.")
    return lines[0]


def _person(card: CardKind, line: str, mode: Mode) -> PersonKey:
    try:
        return PersonKey.parse(card, line, mode)
    except InvalidValue:
        # The number itself is not repeated: it may be a NIR, and this line may be logged.
        _refuse("Ce numéro n'est pas celui d'une personne : vérifiez sa forme et sa clé.")


def _refuse(sentence: str) -> NoReturn:
    raise click.ClickException(sentence)


def _as_letter(opened: OpenedCode) -> str:
    ways = ["Code"] if opened.card is CardKind.APCV else ["Code par téléphone", "Code par courriel"]
    lines = [f"Référence : {opened.reference}"]
    lines += [f"{way} : {secret}" for way, secret in zip(ways, opened.secrets, strict=True)]
    lines.append(f"Valable jusqu'au : {opened.expires_at.isoformat(timespec='minutes')}")
    return "\n".join(lines)


def _as_json(opened: OpenedCode) -> str:
    told = {
        "card": opened.card.value,
        "reference": opened.reference,
        "secrets": list(opened.secrets),
        "expires_at": opened.expires_at.isoformat(),
    }
    return strict_json.canonical(told).decode()
