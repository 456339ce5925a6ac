"""The table at the end, for a person in front of a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import click

from examples.demo.judge import Row

_LIGHTS = {"green": ("● vert", "green"), "amber": ("▲ orange", "yellow"), "red": ("■ rouge", "red")}
_HEADS = ("Personne", "Ce que voit le guichet", "Feu", "Raisons", "Attendu")
_WIDTHS = (24, 58, 9, 30, 38)


def print_table(rows: Sequence[Row]) -> None:
    """Print every row, the wrong ones marked."""
    click.echo(_line(_HEADS))
    click.echo("─" * (sum(_WIDTHS) + 2 * len(_WIDTHS)))
    for row in rows:
        word, colour = _LIGHTS.get(row.light, ("—", ""))
        light = click.style(_fit(word, _WIDTHS[2]), fg=colour or None, bold=True)
        cells = [
            _fit(row.who, _WIDTHS[0]),
            _fit(row.sees, _WIDTHS[1]),
            light,
            _fit(", ".join(row.reasons), _WIDTHS[3]),
            _fit(row.expected, _WIDTHS[4]),
        ]
        click.echo("  ".join(cells) + ("" if row.is_right else click.style("  ✗", fg="red", bold=True)))


def print_wrong(rows: Iterable[Row]) -> None:
    """Say what was not as expected, and how."""
    for row in rows:
        if not row.is_right:
            click.secho(f"  ✗ {row.wrong}", fg="red", err=True)


def _line(cells: Sequence[str]) -> str:
    return "  ".join(_fit(cell, width) for cell, width in zip(cells, _WIDTHS, strict=True))


def _fit(text: str, width: int) -> str:
    """Cut or pad to `width` columns; combining marks take none."""
    taken, kept = 0, ""
    for character in unicodedata.normalize("NFC", text):
        taken += 0 if unicodedata.combining(character) else 1
        if taken > width:
            return kept[: width - 1] + "…"
        kept += character
    return kept + " " * (width - taken)
