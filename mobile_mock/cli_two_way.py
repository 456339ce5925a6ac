"""The two-way commands of the phone: trust, answer, authorise. Who asks is shown before any gesture."""

from __future__ import annotations

from pathlib import Path

import click

from cartes.cards import CardKind, Shape
from cartes.requester import Asker
from cartes.till_request import TillOffer
from mobile_mock.cli_terms import EPILOG, Said, holder_of, kind_option, now, pocket_option, told, write_file
from mobile_mock.pocket import Pocket
from mobile_mock.reading import publication_at, read_picture
from mobile_mock.showing import Presentation
from mobile_mock.trust_publication import TrustRefused, fetch_trust

_image = click.option(
    "--image", type=click.Path(path_type=Path, dir_okay=False), help="Photo du code montré par le poste."
)
_text = click.option("--text", help="Chiffres du code montré par le poste.")
_png = click.option("--png", type=click.Path(path_type=Path, dir_okay=False), help="Écrire une image PNG.")
_digits = click.option("--digits", is_flag=True, help="Écrire les chiffres, pour un lecteur en mode texte.")
_yes = click.option("--yes", is_flag=True, help="Accepter sans que la question soit posée (essais).")


@click.command(help="Actualiser ce qui permet de savoir, hors ligne, qui demande une carte.", epilog=EPILOG)
@pocket_option
@click.option("--from", "source", required=True, metavar="URL", help="Adresse ou dossier de la publication.")
@click.option(
    "--root", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Racine, la première fois."
)
@click.pass_obj
def trust(said: Said, folder: Path, source: str, root: Path | None) -> None:
    """Fetch trust data, proven from the root the owner was given, and then from the newest one proven."""
    with told(said), Pocket.open(folder) as pocket:
        first, given = pocket.trust_root, None if root is None else _root_in(root)
        anchor = first if given is None else given
        if anchor is None:
            raise click.UsageError(said("Donnez --root la première fois.", "Give --root the first time."))
        if first is not None and anchor != first:
            raise click.UsageError(
                said(
                    "Ce téléphone est parti d'une autre racine : --root ne sert que la première fois.",
                    "This phone started from another root: --root serves the first time only.",
                )
            )
        members = fetch_trust(anchor.encode(), publication_at(source), now(), pocket.trust)
        pocket.keep_trust(members)
        pocket.keep_trust_root(anchor)
        click.echo(said("Données de confiance actualisées.", "Trust data refreshed."))


def _root_in(path: Path) -> str:
    """The text of a root. Raises `TrustRefused` for a file that is none."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise TrustRefused(file=path.name, why="not_readable") from error


@click.command(
    help="Répondre à la demande d'un poste : montre qui demande, puis un QR scellé.", epilog=EPILOG
)
@pocket_option
@kind_option
@click.option(
    "--shape",
    type=click.Choice([shape.word for shape in Shape]),
    default=Shape.COMPLET.word,
    show_default=True,
    help="Forme de l'apCV.",
)
@_image
@_text
@_png
@_digits
@_yes
@click.pass_obj
def answer(
    said: Said,
    folder: Path,
    kind: str,
    shape: str,
    image: Path | None,
    text: str | None,
    png: Path | None,
    *,
    digits: bool,
    yes: bool,
) -> None:
    """Show who asks, ask the owner, answer that till alone."""

    def consent(asker: Asker) -> bool:
        card = asker.card
        label = card.profession.label_en if said.language == "en" else card.profession.label
        who = " ".join(part for part in (card.given, card.name) if part)
        where = card.structure.raison_sociale or said("structure non dite", "structure not told")
        click.echo(
            said("Demande votre carte :", "Asks for your card:") + f" {who}, {label}, {where}", err=True
        )
        return yes or _agrees(said("Répondre ? [oui/NON]", "Answer? [yes/NO]"))

    with holder_of(folder, said) as holder:
        asked = _read(said, image, text)
        name = shape if kind == CardKind.APCV.value else None
        _show(said, holder.answer(asked, CardKind(kind), now(), consent, name=name), png, digits=digits)


@click.command(help="Autoriser un poste pour la session, avec sa e-CPS : montre sa marque.", epilog=EPILOG)
@pocket_option
@click.option("--exercice", help="Exercice de l'e-CPS [le premier].")
@_image
@_text
@_png
@_digits
@_yes
@click.pass_obj
def authorise(
    said: Said,
    folder: Path,
    exercice: str | None,
    image: Path | None,
    text: str | None,
    png: Path | None,
    *,
    digits: bool,
    yes: bool,
) -> None:
    """Show the till's mark and hours, ask the professional, sign for that key."""

    def consent(offer: TillOffer) -> bool:
        until = f"{offer.until:%Y-%m-%d %H:%M} UTC"
        asked = said("Autoriser le poste {0} jusqu'au {1}", "Authorise till {0} until {1}")
        click.echo(asked.format(offer.mark, until), err=True)
        return yes or _agrees(
            said("La même marque est sur le poste ? [oui/NON]", "Is the same mark on the till? [yes/NO]")
        )

    with holder_of(folder, said) as holder:
        shown = holder.authorise_till(_read(said, image, text), now(), consent, name=exercice)
        _show(said, shown, png, digits=digits)


def _read(said: Said, image: Path | None, text: str | None) -> str:
    if (image is None) == (text is None):
        raise click.UsageError(said("Donnez --image ou --text.", "Give --image or --text."))
    return read_picture(image) if image is not None else (text or "").strip()


def _show(said: Said, shown: Presentation, png: Path | None, *, digits: bool) -> None:
    if png is not None:
        write_file(png, shown.png())
    if digits:
        click.echo(shown.text)
    if not (png or digits):
        click.echo(shown.terminal())
    until = f"{shown.fresh_until:%H:%M:%S} UTC"
    click.echo(said(f"Valable jusqu'à {until}.", f"Good until {until}."), err=True)


def _agrees(question: str) -> bool:
    """Whether the owner says yes, in French or in English; whatever else they type is a no."""
    answer = str(click.prompt(question, default="", show_default=False, err=True))
    return answer.strip().lower() in {"o", "oui", "y", "yes"}
