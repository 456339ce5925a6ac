"""The phone's word for other people's cards: whom its owner represents, and by whom they are represented.

    python -m mobile_mock represented
    python -m mobile_mock card --for REFERENCE
    python -m mobile_mock qr --for REFERENCE --shape soins
    python -m mobile_mock card --for REFERENCE --card amc
    python -m mobile_mock qr --for REFERENCE --card amc --contract 99999001

A delegation is opened at a desk, never here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cartes.cards import CardKind
from mobile_mock.backend_client import BackendAddress
from mobile_mock.cli_terms import EPILOG, Said, backend_options, holder_of, now, pocket_option

_TYPES = {
    "parent": ("parent", "parent"),
    "mesure_protection": ("mesure de protection", "protection measure"),
    "aidant_demarche": ("aidant", "carer"),
    "tiers_ponctuel": ("tiers de confiance", "trusted third party"),
}


def for_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--for`: the reference of the delegation under which another person's card is meant."""
    return click.option(
        "--for",
        "represents",
        default="",
        metavar="REF",
        help="La carte d'une personne qu'on représente : la référence que donne `represented`.",
    )(command)


@click.command(help="Voir qui l'on représente, et par qui l'on est représenté.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@click.pass_obj
def represented(said: Said, folder: Path, address: BackendAddress | None, ca_file: str | None) -> None:
    """List the delegations in force, on both sides."""
    with holder_of(folder, said, address, ca_file) as holder:
        held, given = holder.phones.representations(CardKind.APCV, now())
        for mark, one in [("→", one) for one in held] + [("←", one) for one in given]:
            french, english = _TYPES.get(one.type, (one.type, one.type))
            until = said("jusqu'au", "until")
            who = f"{one.given} {one.use_name}"
            click.echo(f"{mark} {one.reference}  {who} ({said(french, english)}), {until} {one.ends_on}")
