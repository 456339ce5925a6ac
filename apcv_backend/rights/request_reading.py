"""What a request says about rights, read once for every door that asks: a question, or a file of them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import request

from apcv_backend.callers import Caller
from apcv_backend.rights.batches import MOST_LINES, Batch
from apcv_backend.rights.query_rules import BatchRefused, Ground, Purpose, Query
from apcv_backend.rights.query_service import read_person
from apcv_backend.rights.spool import SealedSpool
from cartes.errors import InvalidValue

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BATCH_ID = re.compile(r"[A-Za-z0-9._-]{16,64}")


def read_query(body: dict[str, Any]) -> Query:
    """A question, from a body that `QuerySchema` loaded. Raises `InvalidValue` for its day."""
    patient = body["patient"]
    return Query(
        ground=Ground(body["ground"]),
        purpose=Purpose(body["purpose"]),
        care_date=read_day(body["care_date"]),
        person=None
        if patient is None
        else read_person(patient["nir"], patient["birth_date"], patient["rank"]),
        presence_token=body["presence_token"],
    )


def read_batch(caller: Caller, spool: SealedSpool) -> Batch:
    """The file received in `spool`, with what the address and `Batch-Id` say. Raises `BatchRefused`."""
    key = request.headers.get("Batch-Id", "")
    if not _BATCH_ID.fullmatch(key):
        raise BatchRefused(why="key")
    first = request.args.get("from_line", "1")
    if not (first.isascii() and first.isdigit() and len(first) <= len(str(MOST_LINES))):
        raise BatchRefused(why="from_line")
    try:
        purpose = Purpose(request.args.get("purpose", ""))
    except ValueError:
        raise InvalidValue(what="purpose", why="unknown") from None
    return Batch(
        caller=caller,
        key=key,
        digest=spool.digest,
        lines=spool.lines,
        purpose=purpose,
        care_date=read_day(request.args.get("care_date", "")),
        from_line=int(first),
    )


def read_day(text: str) -> date:
    """A day as AAAA-MM-JJ. Raises `InvalidValue`."""
    if not _DAY.fullmatch(text):
        raise InvalidValue(what="care_date", why="not_a_day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValue(what="care_date", why="not_a_day") from None
