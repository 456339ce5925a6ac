"""The INS datamatrix: a person's identity traits, printed or shown as an ECC200 Data Matrix.

Format "datamatrix INS" 2.2 (2023-09-26): a fixed header, then the blocks S1 to S7 in that order. A block of
variable length ends with the separator GS (ASCII 29) only when it is shorter than its maximum. So the OIDs
`…4.8` and `…4.9` (19 characters) are followed by a GS, `…4.10` and `…4.11` (20 characters) are not.

**It proves nothing.** It has no signature: anyone can print one. It carries traits, and nothing more.

It is read in sequence, by lengths. A reader that looks for `S1`, `S2`… anywhere in the text can be led astray
by what the text contains; a second header is refused for the same reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from cartes.errors import InvalidValue
from cartes.identifiers.ins import Ins, OidIns, check_may_be_emitted
from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir
from cartes.naissance import DateNaissance
from cartes.noms import check_strict_trait

HEADER = "IS01" + "0" * 22
SEPARATOR = "\x1d"
_MATRICULE_LENGTH = 15
_OID_LENGTHS = (19, 20)
_NAME_LENGTHS = (1, 100)
_DATE = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")
_LIEU = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")


class DatamatrixRefused(InvalidValue):
    """The text is not an INS datamatrix. The fact `block`, where there is one, says where it went wrong."""

    code: ClassVar[str] = "datamatrix_refused"


class DatamatrixHeaderWrong(DatamatrixRefused):
    """The text does not begin with the 26 characters of the header."""

    code = "datamatrix_header_wrong"


class DatamatrixSecondHeader(DatamatrixRefused):
    """A header stands a second time in the text."""

    code = "datamatrix_second_header"


class DatamatrixBlockMissing(DatamatrixRefused):
    """Another block, or nothing, stands where this block must begin."""

    code = "datamatrix_block_missing"


class DatamatrixBlockTruncated(DatamatrixRefused):
    """The block is shorter than it may be."""

    code = "datamatrix_block_truncated"


class DatamatrixSeparatorMissing(DatamatrixRefused):
    """A block shorter than its maximum is not ended by GS: a keyboard reader may have swallowed it."""

    code = "datamatrix_separator_missing"


class DatamatrixSeparatorUnexpected(DatamatrixRefused):
    """GS follows a block of full length."""

    code = "datamatrix_separator_unexpected"


class DatamatrixTrailingData(DatamatrixRefused):
    """Something follows the last block."""

    code = "datamatrix_trailing_data"


@dataclass(frozen=True, slots=True)
class InsDatamatrix:
    """What an INS datamatrix says, unproven: the INS and the birth traits. `lieu` may be absent."""

    ins: Ins
    prenoms: str
    nom: str
    sexe: str
    naissance: DateNaissance
    lieu: str | None = None

    def __post_init__(self) -> None:
        check_strict_trait(self.prenoms, "prenoms_naissance")
        check_strict_trait(self.nom, "nom_naissance", double_hyphen=True)
        if self.sexe not in ("F", "M"):
            raise InvalidValue(what="datamatrix", why="sexe")
        if self.lieu is not None and not _LIEU.fullmatch(self.lieu):
            raise InvalidValue(what="datamatrix", why="lieu")


class _Reader:
    """Reads `text` block after block; it never looks ahead for a block's name."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = len(HEADER)

    @property
    def ended(self) -> bool:
        return self._at == len(self._text)

    def fixed(self, block: str, length: int) -> str:
        self._begin(block)
        value = self._text[self._at : self._at + length]
        if len(value) < length or SEPARATOR in value:
            raise DatamatrixBlockTruncated(what="datamatrix", block=block)
        self._at += length
        return value

    def variable(self, block: str, lengths: tuple[int, int]) -> str:
        self._begin(block)
        shortest, longest = lengths
        end = self._text.find(SEPARATOR, self._at, self._at + longest + 1)
        if end == self._at + longest:
            raise DatamatrixSeparatorUnexpected(what="datamatrix", block=block)
        if end >= 0:
            value, self._at = self._text[self._at : end], end + 1
        elif len(self._text) < self._at + longest:
            raise DatamatrixSeparatorMissing(what="datamatrix", block=block)
        else:
            value, self._at = self._text[self._at : self._at + longest], self._at + longest
        if len(value) < shortest:
            raise DatamatrixBlockTruncated(what="datamatrix", block=block)
        return value

    def _begin(self, block: str) -> None:
        if not self._text.startswith(block, self._at):
            raise DatamatrixBlockMissing(what="datamatrix", block=block)
        self._at += len(block)


def parse_ins_datamatrix(text: str, mode: Mode = Mode.STRICT) -> InsDatamatrix:
    """Read the text of an INS datamatrix; `mode` says how strictly its matricule is read.

    Raises a leaf of `DatamatrixRefused` for the form, `InvalidValue` for a value (`what` says which).
    Production OIDs are read like the others: reading is not emitting.
    """
    if not text.startswith(HEADER):
        raise DatamatrixHeaderWrong(what="datamatrix")
    if HEADER in text[1:]:
        raise DatamatrixSecondHeader(what="datamatrix")
    reader = _Reader(text)
    matricule = reader.fixed("S1", _MATRICULE_LENGTH)
    oid = reader.variable("S2", _OID_LENGTHS)
    prenoms = reader.variable("S3", _NAME_LENGTHS)
    nom = reader.variable("S4", _NAME_LENGTHS)
    sexe = reader.fixed("S5", 1)
    naissance = _parse_date(reader.fixed("S6", 10))
    lieu = None if reader.ended else _parse_lieu(reader)
    ins = Ins(Nir(matricule, mode), OidIns.parse(oid))
    return InsDatamatrix(ins, prenoms, nom, sexe, naissance, lieu)


def write_ins_datamatrix(card: InsDatamatrix) -> str:
    """The text to draw as a Data Matrix. Raises `InvalidValue` for an INS this project never emits."""
    check_may_be_emitted(card.ins)
    born = card.naissance.text
    blocks = [
        HEADER,
        "S1" + card.ins.matricule.digits,
        "S2" + _ended(card.ins.oid.value, _OID_LENGTHS),
        "S3" + _ended(card.prenoms, _NAME_LENGTHS),
        "S4" + _ended(card.nom, _NAME_LENGTHS),
        "S5" + card.sexe,
        f"S6{born[6:]}-{born[4:6]}-{born[:4]}",
    ]
    if card.lieu is not None:
        blocks.append("S7" + card.lieu)
    return "".join(blocks)


def _ended(value: str, lengths: tuple[int, int]) -> str:
    return value if len(value) == lengths[1] else value + SEPARATOR


def _parse_date(text: str) -> DateNaissance:
    parts = _DATE.fullmatch(text)
    if parts is None:
        raise InvalidValue(what="date_naissance", why="shape")
    return DateNaissance.parse(parts[3] + parts[2] + parts[1])


def _parse_lieu(reader: _Reader) -> str:
    # Anything but S7 after the date is not a block of the format.
    try:
        lieu = reader.fixed("S7", 5)
    except DatamatrixBlockMissing as other:
        raise DatamatrixTrailingData(what="datamatrix", block="S7") from other
    if not reader.ended:
        raise DatamatrixTrailingData(what="datamatrix", block="S7")
    return lieu
