"""The two-way commands of the till: authorise-till once a session, challenge for each patient.

Loads click alone until a command runs. Exit codes are those of `cli.py`.
"""

from __future__ import annotations

import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verifier.cli_options import (
    at_option,
    choose,
    input_options,
    instant_of,
    json_option,
    lang_option,
    language_of,
    read_one,
    show_verdict,
    store_option,
)
from verifier.cli_voice import refused_by, usage

if TYPE_CHECKING:
    from verifier.two_way import TwoWayTill

_png_option = click.option(
    "--png", metavar="FILE", type=click.Path(path_type=Path), help="Dessine le code dans une image PNG."
)


@click.command("authorise-till")
@input_options
@store_option
@click.option(
    "--policy",
    "policy_name",
    type=click.Choice(["identite-pro", "prescription"]),
    default="identite-pro",
    show_default=True,
    help="Ce que l’e-CPS du professionnel doit prouver.",
)
@_png_option
@at_option
@json_option
@lang_option
def authorise_till(
    image: Path | None,
    text: str | None,
    store_dir: Path,
    policy_name: str,
    png: Path | None,
    at_text: str | None,
    *,
    as_json: bool,
    lang: str,
) -> int:
    """Commence une session à double sens : montre la clé de ce poste, puis prend l’e-CPS qui l’autorise.

    Sans --image ni --text : fait une clé et montre son code. Avec : prend la réponse du téléphone.
    """
    from cartes.errors import CarteError
    from verifier.policy import POLICIES
    from verifier.scanner import NoCodeFound

    at = instant_of(at_text, lang)
    till = _till(store_dir, lang)
    try:
        if image is None and text is None:
            _begin(till, at, png, lang)
            return 0
        judged = till.authorise(read_one(image, text, lang), POLICIES[policy_name], at)
    except (CarteError, NoCodeFound) as refused:
        raise refused_by(refused, lang) from refused
    show_verdict(judged, lang, as_json=as_json)
    return judged.light.exit_code


@click.command()
@store_option
@_png_option
@at_option
@lang_option
def challenge(store_dir: Path, png: Path | None, at_text: str | None, lang: str) -> int:
    """Montre une demande à un patient (sans geste du professionnel) ; elle attend sa réponse deux minutes."""
    from cartes.errors import CarteError

    at = instant_of(at_text, lang)
    try:
        digits = _till(store_dir, lang).challenge(at, secrets.token_bytes)
    except CarteError as refused:
        raise refused_by(refused, lang) from refused
    _show(digits, png, lang)
    return 0


def _begin(till: TwoWayTill, at: datetime, png: Path | None, lang: str) -> None:
    from verifier.display import instant_text
    from verifier.words import words_in

    offer = till.begin(at, secrets.token_bytes)
    _show(offer.text(), png, lang)
    until = instant_text(offer.until, words_in(language_of(lang)))
    click.echo(
        choose(
            lang,
            f"Poste {offer.mark}, jusqu’au {until}. Comparez cette marque à celle du téléphone.",
            f"Till {offer.mark}, until {until}. Compare this mark with the one on the phone.",
        ),
        err=True,
    )


def _till(store_dir: Path, lang: str) -> TwoWayTill:
    from verifier.seen import FileSeen
    from verifier.till_session import TillSession
    from verifier.trust_store import TrustStore
    from verifier.two_way import TwoWayTill
    from verifier.verify import Verifier

    if not store_dir.is_dir():
        raise usage("no_store", lang)
    verifier = Verifier(TrustStore(store_dir), FileSeen(store_dir / "seen"))
    return TwoWayTill(verifier, TillSession(store_dir))


def _show(digits: str, png: Path | None, lang: str) -> None:
    """The code: in a picture, on a terminal, or its digits for whoever draws it."""
    from verifier import drawing

    if png is not None:
        try:
            png.write_bytes(drawing.png(digits))
        except OSError as failure:
            raise usage("store_not_written", lang) from failure
    elif sys.stdout.isatty():
        click.echo(drawing.terminal(digits))
    else:
        click.echo(digits)
