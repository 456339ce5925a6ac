"""A file of contracts, line by line: CSV with the header of `docs/formats/contracts-csv.md`.

UTF-8 (a byte order mark is forgiven), separator `;`, one line a beneficiary. A line that cannot be read is
told by its number, the field and a code, and the others go on: nothing of its content is repeated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apcv_backend.complementary.rules import FIELDS
from cartes.errors import CarteError

MOST_LINES: Final = 200_000
LONGEST_LINE: Final = 2_000


class ContractFileRefused(CarteError):
    """The file as a whole is not one of contracts. `why`: encoding, header or too_long."""

    code = "contract_file_refused"


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A line that was not taken: its number in the file (the header is 1), the field, and what was wrong."""

    line: int
    field: str
    code: str


def read_lines(data: bytes) -> Iterator[tuple[int, dict[str, str] | LineRefused]]:
    """Every line after the header, with its number: its fields by name, or why it is not a line.

    Raises:
        ContractFileRefused: before the first line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ContractFileRefused(why="encoding") from None
    lines = text.splitlines()
    if not lines or tuple(lines[0].split(";")) != FIELDS:
        raise ContractFileRefused(why="header")
    if len(lines) - 1 > MOST_LINES:
        raise ContractFileRefused(why="too_long")
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            yield number, _fields(number, line)


def _fields(number: int, line: str) -> dict[str, str] | LineRefused:
    if len(line) > LONGEST_LINE:
        return LineRefused(number, "", "too_long")
    try:
        # One line at a time: a quote left open cannot swallow the lines after it.
        (values,) = csv.reader(io.StringIO(line), delimiter=";", strict=True)
    except (csv.Error, ValueError):
        return LineRefused(number, "", "not_csv")
    if len(values) != len(FIELDS):
        return LineRefused(number, "", "wrong_number_of_fields")
    return dict(zip(FIELDS, (value.strip() for value in values), strict=True))
