"""The options that several commands of the till share, and how they are read. Loads click alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from verifier.cli_voice import refused_by, usage

if TYPE_CHECKING:
    from verifier.lights import Light
    from verifier.sentences import Language
    from verifier.verdict import Verdict

# Written here so that `--help` need not load the policies; a test keeps them equal to `policy.POLICIES`.
POLICY_NAMES: Final = ("officine", "cabinet", "identite", "complementaire", "identite-pro", "prescription")

store_option = click.option(
    "--store",
    "store_dir",
    required=True,
    envvar="VERIFIER_STORE",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Dossier des données de confiance de ce poste.",
)
lang_option = click.option(
    "--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Langue des phrases."
)
at_option = click.option("--at", "at_text", metavar="ISO", help="Instant du contrôle (défaut : maintenant).")
json_option = click.option("--json", "as_json", is_flag=True, help="Un objet JSON, pour un logiciel.")


memory_option = click.option(
    "--memory",
    "memory",
    envvar="VERIFIER_MEMORY",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Mémoire des codes déjà vus, commune à plusieurs postes (défaut : celle de ce poste).",
)


policy_option = click.option(
    "--policy",
    "policy_name",
    type=click.Choice(POLICY_NAMES),
    default="officine",
    show_default=True,
    help="Ce dont cet écran a besoin.",
)
two_way_option = click.option(
    "--two-way", "two_way_only", is_flag=True, help="N’accepte qu’une réponse à une demande de ce poste."
)


def input_options(command: Callable[..., int]) -> Callable[..., int]:
    """`--image` and `--text`: where the code is read, standard input when neither is given."""
    image = click.option(
        "--image", metavar="FILE", type=click.Path(path_type=Path), help="Photo ou capture d’un code QR."
    )
    text = click.option("--text", metavar="TEXT", help="Texte du code, tel que la douchette le tape.")
    return image(text(command))


def read_one(image: Path | None, text: str | None, lang: str) -> str:
    """The text of one code. Raises `NoCodeFound` for a picture without one."""
    from verifier import scanner

    if image is not None and text is not None:
        raise usage("two_inputs", lang)
    try:
        if image is not None:
            return scanner.read_image(image)
        if text is not None:
            return scanner.clean(text)
        if sys.stdin.isatty():
            click.echo(choose(lang, "Scannez le code…", "Scan the code…"), err=True)
        return scanner.read_stream(sys.stdin.buffer)
    except scanner.UnreadableInput as refused:
        raise refused_by(refused, lang) from refused


def instant_of(text: str | None, lang: str) -> datetime:
    """The instant of the check, aware UTC; the only clock of the till."""
    if text is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise usage("time_without_zone", lang)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as failure:
        raise usage("time_unreadable", lang) from failure


def language_of(lang: str) -> Language:
    """The language of a verdict."""
    from verifier.sentences import Language

    return Language(lang)


def choose(lang: str, french: str, english: str) -> str:
    """The one of the two that this person reads."""
    return french if lang == "fr" else english


def coloured(line: str, light: Light) -> str:
    """The line of the light, in its colour."""
    colours: dict[str, Any] = {"green": "green", "amber": "yellow", "red": "red"}
    return click.style(line, fg=colours[light.word], bold=True)


def show_verdict(judged: Verdict, lang: str, *, as_json: bool, with_nir: bool = False) -> None:
    """Print a verdict, for a program or for a person."""
    if as_json:
        click.echo(json.dumps(judged.to_json(with_nir=with_nir), ensure_ascii=False, indent=2))
        return
    from verifier.display import draw

    light, rest = draw(judged, language_of(lang), with_nir=with_nir).split("\n", 1)
    click.echo(coloured(light, judged.light))
    click.echo(rest, nl=False)
