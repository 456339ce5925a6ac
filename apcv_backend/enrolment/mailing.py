"""Opening many codes at once, for a caisse that sends letters: NDJSON in, NDJSON out, one line a person.

    {"card": "apcv", "person": "…", "for": "courrier-0001"}
    →  {"card": "apcv", "for": "courrier-0001", "reference": "…", "secrets": ["…"], "expires_at": "…"}

`for` is the sender's own reference, given back as it came; the number of the person is not given back. A line
that cannot be served answers `{"for": …, "error": CODE}` in its place, and the others are served.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from apcv_backend.enrolment.commands import code
from apcv_backend.enrolment.rules import PersonKey
from cartes.cards import ENROLLED_KINDS, CardKind
from cartes.errors import CarteError, InvalidValue
from cartes.identifiers.mode import Mode
from cartes.wire import strict_json

if TYPE_CHECKING:  # the services are built when the command runs
    from apcv_backend.bootstrap import Services

__all__ = ["code", "open_many"]

_LONGEST_LINE = 1_024
_SOME_WRONG = 1


@code.command("open-many")
@click.pass_obj
def open_many(services: Services) -> None:
    """Ouvrir un code par ligne de l'entrée standard (NDJSON) ; code 1 si une ligne n'a pas pu l'être."""
    mode = Mode.STRICT if services.config.is_production else Mode.TEST
    any_wrong = False
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        answer = _serve(services, line, mode)
        any_wrong = any_wrong or "error" in answer
        click.echo(strict_json.canonical(answer))
    sys.exit(_SOME_WRONG if any_wrong else 0)


def _serve(services: Services, line: bytes, mode: Mode) -> dict[str, Any]:
    reference = ""
    try:
        asked = strict_json.loads(line, max_size=_LONGEST_LINE)
        if not isinstance(asked, dict) or set(asked) != {"card", "person", "for"}:
            raise InvalidValue(what="line")
        if not all(isinstance(value, str) for value in asked.values()):
            raise InvalidValue(what="line")
        reference = asked["for"][:80]
        if asked["card"] not in {kind.value for kind in ENROLLED_KINDS}:
            raise InvalidValue(what="card")
        person = PersonKey.parse(CardKind(asked["card"]), asked["person"], mode)
        opened = services.enrolment.codes.open(person, services.clock())
    except CarteError as refused:
        return {"for": reference, "error": refused.code}
    return {
        "for": reference,
        "card": opened.card.value,
        "reference": opened.reference,
        "secrets": list(opened.secrets),
        "expires_at": opened.expires_at.isoformat(),
    }
