"""A file of contracts, line by line: CSV with the header of `docs/formats/contracts-csv.md`.

UTF-8 (a byte order mark is forgiven), separator `;`, one line a beneficiary. A line that cannot be read is
told by its number, the field and a code, and the others go on: nothing of its content is repeated.

The file is read where it lies: beside its bytes, memory holds one line.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apcv_backend.complementary.rules import FIELDS
from cartes.errors import CarteError

MOST_LINES: Final = 200_000
LONGEST_LINE: Final = 2_000
_PIECE: Final = 65_536
_MOST_BYTES: Final = 4  # of one character in UTF-8


class ContractFileRefused(CarteError):
    """The file as a whole is not one of contracts. `why`: encoding, header or too_long."""

    code = "contract_file_refused"


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A line that was not taken: its number in the file (the header is 1), the field, and what was wrong."""

    line: int
    field: str
    code: str


Read = tuple[int, dict[str, str] | LineRefused]
"""The number of a line, and its fields by name or why it is not one."""


def read_lines(data: bytes) -> Iterator[Read]:
    """Every line after the header but empty ones.

    Raises:
        ContractFileRefused: at once, before anything is read from the iterator.
    """
    _check_encoding(data)
    lines = io.BytesIO(data)
    header = _text(lines.readline())
    if header is None or tuple(header.removeprefix("\ufeff").split(";")) != FIELDS:
        raise ContractFileRefused(why="header")
    # A last line needs no newline; the header is none of these lines.
    if data.count(b"\n") - data.endswith(b"\n") > MOST_LINES:
        raise ContractFileRefused(why="too_long")
    return _read(lines)


def _read(lines: io.BytesIO) -> Iterator[Read]:
    for number, raw in enumerate(lines, start=2):
        line = _text(raw)
        if line is None:
            yield number, LineRefused(number, "", "too_long")
        elif line.strip():
            yield number, _fields(number, line)


def _check_encoding(data: bytes) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for first in range(0, len(data), _PIECE):
            decoder.decode(view[first : first + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ContractFileRefused(why="encoding") from None


def _text(raw: bytes) -> str | None:
    """A line without its end (LF or CR LF); None when it is too long."""
    if len(raw) > _MOST_BYTES * (LONGEST_LINE + 2):
        return None
    text = raw.decode().removesuffix("\n").removesuffix("\r")
    return text if len(text) <= LONGEST_LINE else None


def _fields(number: int, line: str) -> dict[str, str] | LineRefused:
    try:
        # One line at a time: a quote left open cannot swallow the lines after it.
        (values,) = csv.reader(io.StringIO(line), delimiter=";", strict=True)
    except (csv.Error, ValueError):
        return LineRefused(number, "", "not_csv")
    if len(values) != len(FIELDS):
        return LineRefused(number, "", "wrong_number_of_fields")
    return dict(zip(FIELDS, (value.strip() for value in values), strict=True))
