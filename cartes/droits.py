"""Rights: which cover, under which organisme, from when to when.

A period is closed at both ends, and its end may be absent: for most people rights follow residence and have
no practical end, so no end is not an ended right. An exoneration carries a code, never an illness. Amounts
are not here: a card answers "open on this day, and under which identifiers", nothing more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from cartes.errors import InvalidValue
from cartes.identifiers.organisme import Organisme
from cartes.nomenclatures.exoneration import CodeExoneration

__all__ = ["C2s", "CodeExoneration", "DroitsAmc", "DroitsAmo", "Exoneration", "PeriodeDroits"]

FIRST_DAY = date(1900, 1, 1)
"""Day zero of the wire format; no period of rights starts before it."""


@dataclass(frozen=True, slots=True)
class PeriodeDroits:
    """The days on which rights are open, `debut` and `fin` included; `fin` None means no known end."""

    debut: date
    fin: date | None = None

    def __post_init__(self) -> None:
        # A datetime is a date to Python, and would compare with neither day.
        if isinstance(self.debut, datetime) or isinstance(self.fin, datetime):
            raise InvalidValue(what="periode_droits", why="not_a_day")
        if self.debut < FIRST_DAY:
            raise InvalidValue(what="periode_droits", why="before_1900")
        if self.fin is not None and self.fin < self.debut:
            raise InvalidValue(what="periode_droits", why="ends_before_it_starts")

    def open_on(self, day: date) -> bool:
        """Whether rights are open on `day`, a day in Europe/Paris."""
        return self.debut <= day and (self.fin is None or day <= self.fin)

    def intersection(self, other: PeriodeDroits) -> PeriodeDroits | None:
        """The days of both periods, or None when they share none."""
        debut = max(self.debut, other.debut)
        ends = [fin for fin in (self.fin, other.fin) if fin is not None]
        fin = min(ends) if ends else None
        if fin is not None and fin < debut:
            return None
        return PeriodeDroits(debut, fin)


_CODE_GESTION = re.compile(r"[0-9A-Z]{2}")
_NUMERO_AMC = re.compile(r"[0-9]{8,10}")
_NUMERO_ADHERENT = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./_-]{0,14}")
_TYPE_CONVENTION = re.compile(r"[A-Z]{2}")
_CSR = re.compile(r"[0-9A-Za-z ./_-]{0,14}")
_COVER = re.compile(r"[0-9A-Za-z ./_+-]{0,16}")


def _check(text: str, pattern: re.Pattern[str], what: str, why: str) -> None:
    if not pattern.fullmatch(text):
        raise InvalidValue(what=what, why=why)


@dataclass(frozen=True, slots=True)
class DroitsAmo:
    """Compulsory cover: the organisme that manages the file, its class, and the period.

    `code_gestion` is two characters; `alsace_moselle` says the local scheme applies.
    """

    organisme: Organisme
    code_gestion: str
    periode: PeriodeDroits
    alsace_moselle: bool = False

    def __post_init__(self) -> None:
        _check(self.code_gestion, _CODE_GESTION, "droits_amo", "code_gestion")


@dataclass(frozen=True, slots=True)
class Exoneration:
    """A waived share of the patient, and when. An ALD is `CodeExoneration.SOINS_ALD`, and is health data."""

    code: CodeExoneration
    periode: PeriodeDroits

    def __post_init__(self) -> None:
        if self.code is CodeExoneration.AUCUNE:
            raise InvalidValue(what="exoneration", why="code")


@dataclass(frozen=True, slots=True)
class C2s:
    """Complémentaire santé solidaire, with or without a contribution; its end is always known."""

    participation: bool
    periode: PeriodeDroits

    def __post_init__(self) -> None:
        if self.periode.fin is None:
            raise InvalidValue(what="c2s", why="no_end")


@dataclass(frozen=True, slots=True)
class DroitsAmc:
    """A complementary contract: the insurer's three identifiers, the member's number, the cover, the period.

    Lengths as `docs/formats/qr.md` and the third-party-payment card have them: number of the insurer 8 to 10
    digits (no key is published), convention two letters, routing (`csr`) at most 14, member at most 15.
    `csr` and `cover` may be empty. The member's number is kept out of `repr`.
    """

    numero_amc: str
    numero_adherent: str = field(repr=False)
    type_convention: str
    csr: str
    cover: str
    periode: PeriodeDroits

    def __post_init__(self) -> None:
        _check(self.numero_amc, _NUMERO_AMC, "droits_amc", "numero_amc")
        _check(self.numero_adherent, _NUMERO_ADHERENT, "droits_amc", "numero_adherent")
        _check(self.type_convention, _TYPE_CONVENTION, "droits_amc", "type_convention")
        _check(self.csr, _CSR, "droits_amc", "csr")
        _check(self.cover, _COVER, "droits_amc", "cover")
