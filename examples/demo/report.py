"""The table at the end, for a person in front of a terminal."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterable, Sequence

import click

from apcv_backend.typesetting import typeset
from examples.demo.judge import Row

_LIGHTS = {"green": ("● vert", "green"), "amber": ("▲ orange", "yellow"), "red": ("■ rouge", "red")}
_HEADS = ("Personne", "Ce que voit le guichet", "Feu", "Raisons", "Attendu")
_WIDTHS = (22, 0, 8, 27, 8)  # the second takes what the terminal leaves
_GAP = "  "
_NARROWEST, _WIDEST = 28, 72


def print_table(rows: Sequence[Row]) -> None:
    """Print every row as wide as the terminal allows; a wrong one shows what was expected in full."""
    widths = _fitted(shutil.get_terminal_size((145, 24)).columns)
    click.echo(_GAP.join(_fit(head, width) for head, width in zip(_HEADS, widths, strict=True)))
    click.echo("─" * (sum(widths) + len(_GAP) * (len(widths) - 1)))
    for row in rows:
        word, colour = _LIGHTS.get(row.light, ("—", None))
        expected = row.expected.split(" ", 1)[0].rstrip(":")
        cells = [
            _fit(row.who, widths[0]),
            _fit(row.sees, widths[1]),
            click.style(_fit(word, widths[2]), fg=colour, bold=True),
            _fit(", ".join(row.reasons), widths[3]),
            click.style(f"✓ {_FRENCH.get(expected, expected)}", fg="green")
            if row.is_right
            else click.style(f"✗ {row.expected}", fg="red", bold=True),
        ]
        click.echo(_GAP.join(cells))


_FRENCH = {"green": "vert", "amber": "orange", "red": "rouge", "enrolment": "refus", "issuance": "refus"}


def print_reasons(rows: Iterable[Row]) -> None:
    """Each reason of the table once, in a sentence: the till's own, or the one the phone received."""
    said = {code: sentence for row in rows for code, sentence in row.said.items()}
    width = max(map(len, said), default=0)
    click.echo("\nLes raisons, en clair :")
    for code, sentence in said.items():
        click.echo(f"  {code:<{width}}  {typeset(sentence, 'fr')}")


def print_wrong(rows: Iterable[Row]) -> None:
    """Say what was not as expected, and how."""
    for row in rows:
        if not row.is_right:
            click.secho(f"  ✗ {row.wrong}", fg="red", err=True)


def _fitted(columns: int) -> tuple[int, ...]:
    left = columns - sum(_WIDTHS) - len(_GAP) * (len(_WIDTHS) - 1)
    return tuple(width or max(_NARROWEST, min(_WIDEST, left)) for width in _WIDTHS)


def _fit(text: str, width: int) -> str:
    """Cut or pad to `width` columns; combining marks take none."""
    taken, kept = 0, ""
    for character in unicodedata.normalize("NFC", text):
        taken += 0 if unicodedata.combining(character) else 1
        if taken > width:
            return kept[: width - 1] + "…"
        kept += character
    return kept + " " * (width - taken)
