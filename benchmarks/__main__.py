"""`make bench`, or `python -m benchmarks [--only NAME] [--json FILE]`: one table, one line a figure.

Exit codes: 0 measured (aims met or not: a busy machine is no failure), 2 a moment could not be measured.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from subprocess import SubprocessError

import click

from benchmarks.figure import Figure, table
from examples.demo.town_hall import DemoFailed

MOMENTS = {
    "scan": "a pharmacist scans a card",
    "seal": "an issuer seals a card",
    "sizes": "a phone shows a card",
    "draw": "a phone draws its QR",
    "start": "a pharmacist's command starts",
    "issuance": "a phone asks for its cards",
    "signin": "software signs people in",
    "batch": "an insurer sends a file of 100,000 members",
    "kiosk": "a phone is held before the till",
    "status_scale": "a till knows who is revoked among 70 million",
}
_FAILED = 2


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(MOMENTS)), help="One moment; may be repeated.")
@click.option(
    "--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures too."
)
def main(only: Sequence[str], file: Path | None) -> None:
    """Measure each moment beside its limit or a peer, in the same run."""
    figures, failed = [], []
    for name in only or MOMENTS:
        click.echo(f"{name}: {MOMENTS[name]}…", err=True)
        measure: Callable[[], list[Figure]] = import_module(f"benchmarks.{name}").measure
        try:
            figures += measure()
        except (RuntimeError, OSError, SubprocessError, DemoFailed) as error:
            click.secho(f"{name} could not be measured: {error}", fg="red", err=True)
            failed.append(name)
    click.echo(
        f"\nCPython {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors. "
        "Read the ratios: times are this machine's, now.\n"
    )
    click.echo(table(figures))
    if file is not None:
        told = [figure.to_json() for figure in figures]
        file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if failed:
        sys.exit(_FAILED)


if __name__ == "__main__":
    main()
