"""How a file of questions comes in by a door, whoever brings it, and how its answers leave: line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.callers import Caller
from apcv_backend.rights.batches import MOST_LINE_BYTES, MOST_LINES, Batch, RightsBatches
from apcv_backend.rights.query_rules import Purpose
from apcv_backend.rights.request_reading import read_batch
from apcv_backend.rights.schemas import RightsAnswerSchema
from apcv_backend.rights.spool import SealedSpool
from cartes.wire import strict_json

LARGEST_FILE: Final = MOST_LINES * MOST_LINE_BYTES
_NDJSON: Final = "application/x-ndjson"


def answer_file(
    batches: RightsBatches, caller: Caller, random: Callable[[int], bytes], at: datetime
) -> Response:
    """Receive the file of the request for `caller`, proven at `at`, and begin to answer it.

    Raises:
        BatchRefused, InvalidValue, and what `RightsBatches.begin` raises: before the first line leaves.
        UnsupportedMediaType: it is no NDJSON.
    """
    if request.mimetype != _NDJSON:
        raise UnsupportedMediaType
    spool = SealedSpool(random)
    try:
        request.max_content_length = LARGEST_FILE
        spool.take(request.stream)
        batch = read_batch(caller, spool)
        told = batches.begin(batch, at)
    except BaseException:
        spool.close()
        raise
    response = Response(_lines(batches, batch, spool, told, at), content_type=_NDJSON)
    response.headers["Batch-Id"] = batch.key
    response.headers["X-Accel-Buffering"] = "no"  # a proxy that collects would hide the progress
    response.call_on_close(spool.close)
    return response


def documents_file(blueprint: StrictBlueprint, purposes: Sequence[Purpose]) -> Callable[[View], View]:
    """Document the file, its name and its parameters, which the view reads itself."""

    def decorate(view: View) -> View:
        documented: Callable[[View], View] = blueprint.doc(
            parameters=_parameters(purposes),
            requestBody={"required": True, "content": {_NDJSON: {"schema": {"type": "string"}}}},
        )
        told: Callable[[View], View] = blueprint.alt_response(
            200,
            schema=RightsAnswerSchema,
            content_type=_NDJSON,
            description="Une réponse par ligne (`line`, `answer` ou `error`), puis `done` ou `resume_from`.",
        )
        return documented(told(view))

    return decorate


def _parameters(purposes: Sequence[Purpose]) -> list[dict[str, Any]]:
    return [
        {
            "in": "query",
            "name": "purpose",
            "required": True,
            "schema": {"type": "string", "enum": [purpose.value for purpose in purposes]},
        },
        {
            "in": "query",
            "name": "care_date",
            "required": True,
            "schema": {"type": "string", "format": "date"},
        },
        {
            "in": "query",
            "name": "from_line",
            "required": False,
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_LINES},
            "description": "Reprendre à cette ligne, avec le même fichier et le même Batch-Id.",
        },
        {
            "in": "header",
            "name": "Batch-Id",
            "required": True,
            "schema": {"type": "string", "minLength": 16, "maxLength": 64},
            "description": "Le nom du fichier, choisi par vous : le même nom et le même fichier reprennent.",
        },
    ]


def _lines(
    batches: RightsBatches, batch: Batch, spool: SealedSpool, told: int, at: datetime
) -> Iterator[bytes]:
    """The answers as NDJSON; the spool is closed at the end, also when the reader went away."""
    try:
        for said in batches.answers(batch, spool.read(), told, at):
            yield strict_json.canonical(said) + b"\n"
    finally:
        spool.close()
