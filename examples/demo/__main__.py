"""`make demo`: the fictitious people are enrolled, issued, shown, and judged with the backend off.

Exit codes: 0 every verdict is the expected one, 1 one is not, 2 a step could not be done.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from examples.demo.people import Persona
from examples.demo.report import print_reasons, print_table, print_wrong
from examples.demo.run import judge, play
from examples.demo.town_hall import DemoFailed

ROOT = Path(__file__).resolve().parent.parent.parent
_WRONG, _FAILED = 1, 2


@contextmanager
def _progress(items: Sequence[Persona], label: str) -> Iterator[Iterable[Persona]]:
    with click.progressbar(
        items,
        label=label,
        item_show_func=lambda persona: persona.label if persona is not None else "",
        width=30,
        file=sys.stderr,
    ) as bar:
        yield bar


@click.command()
@click.option(
    "--out",
    default=ROOT / "demo",
    type=click.Path(file_okay=False, path_type=Path),
    help="Où écrire les images ; ce qu'une démonstration y a laissé est effacé d'abord.",
)
def main(out: Path) -> None:
    """Toute la marche, du code d'activation au feu vert, puis le tableau de ce que voit le guichet."""
    started = time.monotonic()
    try:
        played = play(out, _progress, lambda text: click.echo(text, err=True))
    except DemoFailed as failed:
        click.secho(f"La démonstration s'est arrêtée : {failed}", fg="red", err=True)
        sys.exit(_FAILED)
    rows = judge(played)
    first = played.shown[0]
    click.echo(
        f"\nUn téléphone montre ceci : {first.persona.label} (forme « {first.name} », "
        f"{first.digits} chiffres, QR version {first.version}) :\n"
    )
    click.echo(played.one_in_terminal)
    click.echo(f"Scan à deux sens (⇄) : le patient a vu, avant de répondre, que {played.asker} demande.\n")
    print_table(rows)
    print_reasons(rows)
    right = sum(row.is_right for row in rows)
    click.echo(
        f"\n{right} lignes sur {len(rows)} comme attendu, en {time.monotonic() - started:.0f} s. "
        f"Les images sont dans {_shown(out)}/ ; une preuve ne vaut qu'une minute, les relire donnera rouge."
    )
    if right != len(rows):
        print_wrong(rows)
        sys.exit(_WRONG)


def _shown(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


main()
