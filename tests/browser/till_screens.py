"""The till's pages, as the pictures show them: every verdict a pharmacist meets, on a till that works.

What a phone shows is photographed and read, then given to the till as its camera would give it. Each scene
begins with an empty screen in the light scheme, so that none shows what the one before left.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mobile_mock.reading import read_picture
from tests.browser.bench import WebPhone
from verifier.kiosk.desk import Source

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.screens import Studio

Bring = Callable[["Studio", str], "Page"]


def _till(path: str = "") -> Bring:
    def bring(studio: Studio, language: str) -> Page:
        counter, screen = studio.counter, studio.screen
        desk = counter.kiosk.desk
        desk.cancel_two_way(counter.now())
        desk.ask("officine", counter.now(), once=False)
        desk.blank(counter.now())
        screen.emulate_media(color_scheme="light")
        counter.open(screen, language)
        if path:
            screen.goto(counter.server.address.replace("/#", f"/{path}#"))
        return screen

    return bring


def _shown(phone: WebPhone, button: str = "Présenter ma carte") -> str:
    """Press a card's button; what the phone's screen then holds."""
    phone.page.set_viewport_size({"width": 400, "height": 860})
    phone.page.goto("about:blank")
    phone.show(button)
    return _read(phone.page)


def _read(page: Page) -> str:
    return read_picture(_photo(page, ".qr"))


def _photo(page: Page, place: str) -> Path:
    folder = Path(tempfile.mkdtemp())
    page.locator(place).screenshot(path=str(folder / "code.png"))
    return folder / "code.png"


def _seen(studio: Studio, text: str, late: float = 0) -> None:
    """The camera reads it, `late` seconds from now; the verdict is drawn."""
    counter = studio.counter
    told = counter.kiosk.desk.take(text, Source.CAMERA, counter.later(late))
    assert told is not None
    assert told.judged is not None
    studio.screen.wait_for_selector(f"#shown .verdict.{told.judged.light.word}")


def _green(studio: Studio, language: str) -> Page:
    page = _till()(studio, language)
    _seen(studio, _shown(studio.phone))
    return page


def _dark(studio: Studio, language: str) -> Page:
    page = _green(studio, language)
    page.emulate_media(color_scheme="dark")
    return page


def _red(studio: Studio, language: str) -> Page:
    page = _till()(studio, language)
    _seen(studio, _shown(studio.phone), late=75)
    return page


def _pair(studio: Studio, language: str) -> Page:
    page = _green(studio, language)
    _seen(studio, _shown(studio.phone, "Présenter ma complémentaire"))
    page.wait_for_selector(".rights li:has-text('FICTIVE')")
    return page


def _not_theirs(studio: Studio, language: str) -> Page:
    page = _till()(studio, language)
    _seen(studio, _shown(studio.parent))
    _seen(studio, _shown(studio.phone, "Présenter ma complémentaire"))
    return page


def _child(studio: Studio, language: str) -> Page:
    page = _till()(studio, language)
    _seen(studio, _shown(studio.parent, "Présenter la carte de Zoe"))
    return page


def _prescriber(studio: Studio, language: str) -> Page:
    page = _till()(studio, language)
    page.locator("[data-policy=prescription]").click()
    page.wait_for_selector("#ask-usual:visible")
    _seen(studio, studio.prescriber.show())
    return page


def _no_camera(studio: Studio, language: str) -> Page:
    page = _till()(studio, language)
    page.locator("#camera-button").click()
    page.wait_for_selector("#ways-problems .notice")
    page.evaluate("localStorage.removeItem('camera')")
    return page


def _offer(studio: Studio, language: str) -> Page:
    page = _till()(studio, language)
    page.locator("#two-way button").first.click()
    page.wait_for_selector("#two-way .mark")
    return page


def _request(studio: Studio, language: str) -> Page:
    """The pharmacist's phone reads the offer and authorises; the request stands for the next patient."""
    counter = studio.counter
    if counter.kiosk.desk.two_way.authorised_until(counter.now()) is None:
        page, doctor = _offer(studio, language), studio.doctor
        _scanned(doctor, _photo(page, "#two-way .qr"))
        doctor.page.locator("button.main.large").click()
        doctor.page.wait_for_selector(".qr svg")
        _seen(studio, _read(doctor.page))
    page = _till()(studio, language)
    page.wait_for_selector("#two-way .qr img")
    return page


def _answered(studio: Studio, language: str) -> Page:
    """The patient's phone reads the request, says yes, and shows an answer that this till alone opens."""
    page, patient = _request(studio, language), studio.phone
    _scanned(patient, _photo(page, "#two-way .qr"))
    patient.page.locator("button.main.large").click()
    patient.page.wait_for_selector(".qr svg")
    _seen(studio, _read(patient.page))
    page.wait_for_selector("#shown .badge")
    return page


def _scanned(phone: WebPhone, picture: Path) -> None:
    """A phone reads a picture of a code, and says what it asks."""
    phone.page.set_viewport_size({"width": 400, "height": 860})
    phone.page.goto("about:blank")
    phone.open("#/scan")
    phone.page.locator("#picture").set_input_files(str(picture))
    phone.page.locator("button.main.large").wait_for()


TILL_PAGES: Final[dict[str, Bring]] = {
    "till-ready": _till(),
    "till-green": _green,
    "till-green-dark": _dark,
    "till-red": _red,
    "till-contract": _pair,
    "till-contract-of-another": _not_theirs,
    "till-child": _child,
    "till-prescriber": _prescriber,
    "till-no-camera": _no_camera,
    "till-two-way-offer": _offer,
    "till-two-way": _request,
    "till-two-way-answered": _answered,
    "till-reader": _till("reader.html"),
    "till-paper": _till("paper.html"),
}
