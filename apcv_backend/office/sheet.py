"""The sheet somebody leaves a desk with: a QR to scan or a code to type, what to do, and until when.

It is for somebody of seventy-five who has never done this: large letters, three steps, one thing to keep
secret, whom to ask. A4, black on white, so that any printer does. The sheet holds no name and no number:
found in a bin, it says nothing about anybody; the code on it serves once, for whoever has it, which is said.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import qrcode
from fpdf import FPDF
from qrcode.constants import ERROR_CORRECT_M

from cartes.cards import CardKind

_FRANCE: Final = ZoneInfo("Europe/Paris")
_MARGIN_MM: Final = 18
_QR_MM: Final = 62
_BLACK, _GREY = 0, 90
_MONTHS: Final = (
    ("janvier", "January"),
    ("février", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
)
_WORDS: Final = {
    "title_apcv": ("Votre carte Vitale dans votre téléphone", "Your health insurance card in your phone"),
    "title_ecps": ("Votre e-CPS dans votre téléphone", "Your e-CPS in your phone"),
    "before": ("À faire avant le {day} à {hour}", "To do before {day} at {hour}"),
    "step_1": ("Avec votre téléphone, ouvrez cette adresse :", "On your phone, open this address:"),
    "step_2": (
        "Touchez « Scanner la feuille » et visez le carré noir et blanc.",
        'Touch "Scan the sheet" and aim at the black and white square.',
    ),
    "step_3": (
        (
            "Touchez « Activer ma carte », puis déverrouillez votre téléphone comme d'habitude : "
            "doigt, visage "
            "ou code."
        ),
        'Touch "Activate my card", then unlock your phone as usual: finger, face or code.',
    ),
    "typed": (
        "Pas d'appareil photo ? Tapez ceci :",
        "No camera? Type this:",
    ),
    "reference": ("Référence", "Reference"),
    "secret": ("Code", "Code"),
    "secret_2": ("Second code", "Second code"),
    "keep": (
        (
            "Gardez cette fiche pour vous. Qui a ce code peut mettre votre carte dans son téléphone. "
            "Personne ne "
            "vous le demandera au téléphone, ni par message. Une fois la carte activée, déchirez la "
            "fiche : le "
            "code ne sert qu'une fois."
        ),
        (
            "Keep this sheet to yourself. Whoever has this code can put your card in their phone. "
            "Nobody will ask "
            "you for it on the phone or by message. Once the card is there, tear the sheet up: the "
            "code serves once."
        ),
    ),
    "help": (
        (
            "Un souci, un code perdu ou trop vieux ? Revenez nous voir avec votre pièce d'identité. "
            "Votre carte "
            "en plastique marche toujours."
        ),
        (
            "Trouble, or a code lost or too old? Come back with your identity document. Your plastic "
            "card still "
            "works."
        ),
    ),
    "by": ("Remise par {agent}, {place}", "Handed over by {agent}, {place}"),
    "notice": (
        (
            "Projet de démonstration, personnes fictives. Ni l'Assurance Maladie, ni l'Agence du "
            "Numérique en "
            "Santé."
        ),
        (
            "A demonstration, fictitious people. Neither the Assurance Maladie nor the Agence du "
            "Numérique en Santé."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class CodeSheet:
    """What goes on a sheet. `address` is where the phone's application lives; `expires_at` is aware."""

    card: CardKind
    reference: str
    secrets: Sequence[str] = field(repr=False)
    expires_at: datetime
    agent: str
    place: str
    address: str


def code_sheet_pdf(sheet: CodeSheet, language: str) -> bytes:
    """The sheet as one page of PDF, in French or in English."""
    page = FPDF(format="A4")
    page.set_margins(_MARGIN_MM, _MARGIN_MM)
    page.set_auto_page_break(auto=False)
    page.set_lang("en" if language == "en" else "fr")
    title = _say(f"title_{sheet.card.value}", language)
    page.set_title(title)
    page.add_page()
    _head(page, title, sheet, language)
    _steps(page, sheet, language)
    _code(page, sheet, language)
    _foot(page, sheet, language)
    return bytes(page.output())


def qr_text(sheet: CodeSheet) -> str:
    """What the square says: the reference and the codes, as the phone's application reads them."""
    return " ".join([sheet.reference, *sheet.secrets])


def _head(page: FPDF, title: str, sheet: CodeSheet, language: str) -> None:
    _text(page, title, size=24, bold=True, height=11)
    page.ln(2)
    local = sheet.expires_at.astimezone(_FRANCE)
    month = _MONTHS[local.month - 1][1 if language == "en" else 0]
    before = _say("before", language).format(day=f"{local.day} {month} {local.year}", hour=f"{local:%H:%M}")
    page.set_line_width(0.6)
    page.set_font("Helvetica", style="B", size=16)
    page.cell(page.get_string_width(before) + 10, 12, _latin(before), border=1, align="C")
    page.ln(20)


def _steps(page: FPDF, sheet: CodeSheet, language: str) -> None:
    for number in (1, 2, 3):
        top = page.get_y()
        page.set_font("Helvetica", style="B", size=22)
        page.cell(12, 9, str(number))
        page.set_xy(_MARGIN_MM + 12, top + 0.5)
        _text(page, _say(f"step_{number}", language), size=15, height=7.5, left=12)
        if number == 1:
            _text(page, sheet.address, size=16, bold=True, height=9, left=12)
        page.ln(4)


def _code(page: FPDF, sheet: CodeSheet, language: str) -> None:
    page.ln(2)
    top = page.get_y()
    page.image(io.BytesIO(_picture(qr_text(sheet))), x=_MARGIN_MM, y=top, w=_QR_MM, alt_text="QR")
    left = _QR_MM + 8
    page.set_xy(_MARGIN_MM + left, top + 3)
    _text(page, _say("typed", language), size=14, height=7, left=left)
    page.ln(2)
    said = [("reference", sheet.reference)]
    said += [("secret" if at == 0 else "secret_2", one) for at, one in enumerate(sheet.secrets)]
    for name, value in said:
        _text(page, _say(name, language), size=12, height=6, left=left, grey=True)
        page.set_font("Courier", style="B", size=19)
        page.set_x(_MARGIN_MM + left)
        page.cell(0, 9, value, new_x="LMARGIN", new_y="NEXT")
        page.ln(1)
    page.set_y(max(page.get_y(), top + _QR_MM) + 6)


def _foot(page: FPDF, sheet: CodeSheet, language: str) -> None:
    top = page.get_y()
    page.set_x(_MARGIN_MM + 4)
    page.set_y(top + 3)
    _text(page, _say("keep", language), size=13, bold=True, height=6.6, left=4, right=4)
    page.rect(_MARGIN_MM, top, page.w - 2 * _MARGIN_MM, page.get_y() - top + 3)
    page.ln(8)
    _text(page, _say("help", language), size=13, height=6.6)
    page.set_y(page.h - _MARGIN_MM - 8)
    by = _say("by", language).format(agent=sheet.agent, place=sheet.place)
    _text(page, by, size=10, height=5, grey=True)
    _text(page, _say("notice", language), size=9, height=5, grey=True)


def _text(
    page: FPDF,
    text: str,
    *,
    size: float,
    height: float,
    bold: bool = False,
    grey: bool = False,
    left: float = 0,
    right: float = 0,
) -> None:
    """A paragraph from where the page stands, `left` and `right` millimetres inside its margins."""
    page.set_font("Helvetica", style="B" if bold else "", size=size)
    page.set_text_color(_GREY if grey else _BLACK)
    page.set_x(_MARGIN_MM + left)
    width = page.w - 2 * _MARGIN_MM - left - right
    page.multi_cell(width, height, _latin(text), align="L", new_x="LMARGIN", new_y="NEXT")
    page.set_text_color(_BLACK)


def _picture(text: str) -> bytes:
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4, box_size=8)
    symbol.add_data(text)
    symbol.make(fit=True)
    out = io.BytesIO()
    symbol.make_image(fill_color="black", back_color="white").save(out)
    return out.getvalue()


def _say(name: str, language: str) -> str:
    return _WORDS[name][1 if language == "en" else 0]


def _latin(text: str) -> str:
    """In the letters of the fonts every reader of PDF has (Latin-1); what they lack is a question mark."""
    return text.translate(_TYPOGRAPHY).encode("latin-1", "replace").decode("latin-1")


_TYPOGRAPHY: Final = str.maketrans({"’": "'", "–": "-", "œ": "oe", "Œ": "OE"})
