"""The journal on paper: a PDF a person can read, print and hand to somebody.

The fonts are those every reader of PDF has, which know the letters of French; a letter they lack is told
without its accent rather than left out.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

from fpdf import FPDF

from apcv_backend.patient_journal.rules import Page, Told

_FRANCE = ZoneInfo("Europe/Paris")
_GREY, _BLACK, _RED = 110, 20, (170, 30, 30)
_MARGIN_MM = 18
_DATE_MM = 36
_TALLEST_MM = 34
_TYPOGRAPHY = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-"})
_TITLE = ("Ce qui a été fait avec mes données", "What was done with my data")
_TITLE_FOR_ANOTHER = (
    "Ce qui a été fait avec les données de la personne que je représente",
    "What was done with the data of the person I represent",
)
_OLDER = (
    "Seules les lignes les plus récentes sont ici ; les plus anciennes se lisent sur le téléphone.",
    "Only the latest lines are here; older ones are read on the phone.",
)
_MADE = (
    "Le {day} à {hour}, heure de Paris. Lignes : {n}.",
    "On {day} at {hour}, Paris time. Lines: {n}.",
)
_EMPTY = ("Rien n'a encore été fait.", "Nothing was done yet.")
_CONTESTED = ("Signalé : « ce n'était pas moi »", 'Reported: "this was not me"')
_NOTICE = (
    "Projet indépendant : ni l'Assurance Maladie, ni l'Agence du Numérique en Santé. Personnes fictives.",
    "Independent project: neither Assurance Maladie nor Agence du Numérique en Santé. Fictitious people.",
)


class _Sheet(FPDF):
    """A4, with a line at the foot of every page."""

    def __init__(self, language: str) -> None:
        super().__init__(format="A4")
        self._language = language
        self.set_margins(_MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=_MARGIN_MM + 6)
        self.alias_nb_pages()

    def footer(self) -> None:
        """Number the page."""
        self.set_y(-_MARGIN_MM)
        self.set_font("Helvetica", size=8)
        self.set_text_color(_GREY)
        self.cell(0, 5, _plain(_one(_NOTICE, self._language)))
        self.set_x(-_MARGIN_MM - 20)
        self.cell(20, 5, f"{self.page_no()} / {{nb}}", align="R")


def journal_pdf(page: Page, language: str, at: datetime, *, is_own: bool) -> bytes:
    """The lines of `page`, newest first, as one PDF made at `at` (aware); dates are those of Paris.

    It says so when there are older lines (`page.next`), and when they are another person's.
    """
    sheet = _Sheet(language)
    title = _one(_TITLE if is_own else _TITLE_FOR_ANOTHER, language)
    sheet.set_title(title)
    sheet.set_lang("en" if language == "en" else "fr")
    sheet.set_creation_date(at)
    sheet.add_page()
    sheet.set_font("Helvetica", style="B", size=18)
    sheet.set_text_color(_BLACK)
    sheet.multi_cell(0, 10, _plain(title), align="L", new_x="LMARGIN", new_y="NEXT")
    sheet.set_font("Helvetica", size=9)
    sheet.set_text_color(_GREY)
    made = _one(_MADE, language)
    local = at.astimezone(_FRANCE)
    told = made.format(day=f"{local:%d/%m/%Y}", hour=f"{local:%H:%M}", n=len(page.lines))
    sheet.cell(0, 6, _plain(told), new_x="LMARGIN", new_y="NEXT")
    if page.next:
        sheet.cell(0, 6, _plain(_one(_OLDER, language)), new_x="LMARGIN", new_y="NEXT")
    sheet.ln(5)
    if not page.lines:
        sheet.cell(0, 6, _plain(_one(_EMPTY, language)))
    for line in page.lines:
        _write(sheet, line, language)
    return bytes(sheet.output())


def _write(sheet: FPDF, told: Told, language: str) -> None:
    local = told.line.at.astimezone(_FRANCE)
    # A line is not cut in two: it goes to the next page when it might not fit on this one.
    if sheet.will_page_break(_TALLEST_MM):
        sheet.add_page()
    sheet.set_draw_color(215)
    sheet.line(_MARGIN_MM, sheet.get_y(), sheet.w - _MARGIN_MM, sheet.get_y())
    sheet.ln(2)
    top = sheet.get_y()
    sheet.set_font("Helvetica", size=9)
    sheet.set_text_color(_GREY)
    sheet.cell(_DATE_MM, 5, f"{local:%d/%m/%Y  %H:%M:%S}")
    sheet.set_xy(_MARGIN_MM + _DATE_MM, top)
    sheet.set_font("Helvetica", style="B", size=10)
    sheet.set_text_color(_BLACK)
    _paragraph(sheet, told.what)
    sheet.set_font("Helvetica", size=9)
    for part in (told.who, told.why):
        if part:
            _paragraph(sheet, part)
    if told.line.contested_at is not None:
        sheet.set_text_color(*_RED)
        _paragraph(sheet, _one(_CONTESTED, language))
    sheet.ln(2)


def _paragraph(sheet: FPDF, text: str) -> None:
    sheet.set_x(_MARGIN_MM + _DATE_MM)
    sheet.multi_cell(0, 5, _plain(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _plain(text: str) -> str:
    """`text` in the letters of the standard fonts (Latin-1)."""
    told = []
    for letter in text.translate(_TYPOGRAPHY).replace("œ", "oe").replace("Œ", "OE"):
        if ord(letter) < 256:  # noqa: PLR2004 - Latin-1
            told.append(letter)
            continue
        base = unicodedata.normalize("NFKD", letter).encode("latin-1", "ignore").decode("latin-1")
        told.append(base or "?")
    return "".join(told)


def _one(told: tuple[str, str], language: str) -> str:
    return told[1] if language == "en" else told[0]
