"""How a file of contracts comes in by a door, whoever brings it, and how what became of it is told.

In JSON the first lines that were not taken, and how many there are; in NDJSON each of them, as the file is
read, then a last word. A file of 200,000 bad lines costs the memory of a file and of one group of lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.complementary.csv_file import LineRefused
from apcv_backend.complementary.schemas import LoadReportSchema
from apcv_backend.complementary.service import ContractDesk, Counts
from cartes.wire import strict_json

LARGEST_FILE: Final = 32 << 20
FILES_A_MINUTE: Final = 20
_CSV: Final = "text/csv"
_JSON: Final = "application/json"
_NDJSON: Final = "application/x-ndjson"


def publish_file(desk: ContractDesk, organisation: str, actor: str, at: datetime) -> Response:
    """Publish the body of the request for the insurer `organisation`, and tell it as `Accept` asks.

    Raises:
        InsurerUnknown, ContractFileRefused: see `ContractDesk.load`. UnsupportedMediaType: it is no CSV.
    """
    if request.mimetype != _CSV:
        raise UnsupportedMediaType
    request.max_content_length = LARGEST_FILE
    data = request.get_data()
    if request.accept_mimetypes.best_match([_JSON, _NDJSON], _JSON) == _NDJSON:
        return Response(_lines(desk.loading(organisation, data, actor, at)), content_type=_NDJSON)
    report = desk.load(organisation, data, actor, at)
    told = {**_counts(report.counts), "refused": [_line(one) for one in report.refused]}
    return Response(strict_json.canonical(told), content_type=_JSON)


def documents_file(blueprint: StrictBlueprint) -> Callable[[View], View]:
    """Document the file and its two answers, which the view reads and writes itself."""

    def decorate(view: View) -> View:
        taken: Callable[[View], View] = blueprint.doc(
            requestBody={
                "required": True,
                "content": {_CSV: {"schema": {"type": "string", "format": "binary"}}},
            }
        )
        told: Callable[[View], View] = blueprint.alt_response(
            200,
            schema=LoadReportSchema,
            description="En JSON, les 1 000 premières lignes refusées (`refused`) et leur nombre "
            "(`refused_lines`). Avec `Accept: application/x-ndjson`, chacune sur une ligne, puis les nombres "
            "et `done`.",
        )
        return taken(told(view))

    return decorate


def _lines(told: Iterator[LineRefused | Counts]) -> Iterator[bytes]:
    for one in told:
        said = _line(one) if isinstance(one, LineRefused) else {"done": True, **_counts(one)}
        yield strict_json.canonical(said) + b"\n"


def _line(one: LineRefused) -> dict[str, str | int]:
    return {"line": one.line, "field": one.field, "code": one.code}


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "entered": counts.entered,
        "changed": counts.changed,
        "same": counts.same,
        "refused_lines": counts.refused,
    }
