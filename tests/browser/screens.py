"""Take a picture of every page, in both languages and two widths, into `docs/screens/`: `make screens`.

A page that wants to be in it adds itself to `PAGES`: a name, and a function that brings a browser's page
there. Pictures are for people to look at; nothing compares them. Their colours are reduced, so that the
repository stays small, and `docs/screens/README.md` shows them all.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from PIL import Image

from mobile_mock.reading import read_picture
from tests.browser.bench import Hall, WebPhone, launch, open_hall, web_phone
from tests.browser.counter import Counter, a_counter
from tests.browser.front import a_portal, an_asker
from tests.browser.office import Office
from tests.browser.office_screens import OFFICE_PAGES, bring_office, bring_stranger
from tests.testdata import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER: Final = ROOT / "docs" / "screens"
WIDTHS: Final = (320, 1280)
LANGUAGES: Final = ("fr", "en")
_SETTLE_MS: Final = 900
_COLOURS: Final = 64
_MAX_HEIGHT: Final = 2_400


@dataclass
class Studio:
    """Everything that stands before the camera: phones, a till, a portal, a browser to look with."""

    phone: WebPhone
    parent: WebPhone
    doctor: WebPhone
    counter: Counter
    portal: str
    screen: Page
    ask_the_doctor: Callable[[], str]
    office: Office


Bring = Callable[[Studio, str], "Page"]


def _screen(address: str) -> Bring:
    def bring(studio: Studio, language: str) -> Page:
        return _open(studio.phone, address, language)

    return bring


def _open(phone: WebPhone, address: str, language: str) -> Page:
    phone.page.goto("about:blank")
    phone.open(address, language)
    return phone.page


def _parent(studio: Studio, language: str) -> Page:
    page = _open(studio.parent, "#/", language)
    page.wait_for_selector(".card .name")
    return page


def _doctor(studio: Studio, language: str) -> Page:
    page = _open(studio.doctor, "#/", language)
    page.wait_for_selector(".card .name")
    return page


def _asked(studio: Studio, language: str) -> Page:
    studio.ask_the_doctor()
    page = _open(studio.doctor, "#/signin", language)
    page.wait_for_selector("form")
    return page


def _code(studio: Studio, language: str) -> Page:
    page = _screen("#/")(studio, language)
    page.wait_for_selector(".card .name")
    page.locator("button.main.large").first.click()
    page.wait_for_selector(".qr svg")
    return page


def _verifier(studio: Studio, language: str) -> Page:
    page = studio.phone.page
    page.goto(f"{studio.phone.url.removesuffix('app/')}verifier/?lang={language}")
    page.wait_for_selector("fieldset")
    return page


def _pictured(studio: Studio, folder: Path, language: str = "fr") -> Path:
    picture = folder / "code.png"
    studio.phone.page.set_viewport_size({"width": 400, "height": 860})
    _code(studio, language).locator(".qr").screenshot(path=str(picture))
    return picture


def _verdict(studio: Studio, language: str) -> Page:
    with tempfile.TemporaryDirectory() as folder:
        picture = _pictured(studio, Path(folder), language)
        page = _verifier(studio, language)
        page.locator("button.main.large").click()
        page.locator("#picture").set_input_files(str(picture))
        page.wait_for_selector(".verdict")
    return page


def _till(path: str = "") -> Bring:
    def bring(studio: Studio, language: str) -> Page:
        studio.counter.open(studio.screen, language)
        if path:
            studio.screen.goto(studio.counter.server.address.replace("/#", f"/{path}#"))
        return studio.screen

    return bring


def _typed(studio: Studio, language: str, late: float) -> Page:
    with tempfile.TemporaryDirectory() as folder:
        text = read_picture(_pictured(studio, Path(folder)))
    studio.counter.late = late
    page = _till()(studio, language)
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_selector("#shown .verdict")
    studio.counter.late = 0
    return page


def _till_green(studio: Studio, language: str) -> Page:
    return _typed(studio, language, 0)


def _till_red(studio: Studio, language: str) -> Page:
    return _typed(studio, language, 75)


def _till_offer(studio: Studio, language: str) -> Page:
    page = _till()(studio, language)
    page.locator("#two-way button").first.click()
    page.wait_for_selector("#two-way .qr")
    return page


def _portal(studio: Studio, language: str) -> Page:
    del language  # the portal of the examples speaks French only
    studio.screen.goto(studio.portal)
    return studio.screen


def _waiting(studio: Studio, language: str) -> Page:
    page = _portal(studio, language)
    page.locator("a.button.main").click()
    page.locator("#digits").wait_for()
    page.goto(f"{page.url}?lang={language}")
    return page


def _here(studio: Studio, language: str) -> Page:
    page = _waiting(studio, language)
    page.locator(".actions a.button").click()
    page.locator("h1").wait_for()
    return page


def _given_up(studio: Studio, language: str) -> Page:
    page = _waiting(studio, language)
    address = page.url
    page.locator("form button.quiet").click()
    page.wait_for_timeout(_SETTLE_MS)
    page.goto(address)
    return page


def _staff(name: str) -> Bring:
    return lambda studio, language: bring_office(studio.office, name, language)


def _stranger(path: str) -> Bring:
    return lambda studio, language: bring_stranger(studio.office, path, language)


PAGES: Final[dict[str, Bring]] = {
    "phone-enrol": _screen("#/enrol"),
    "phone-card": _screen("#/"),
    "phone-cards-of-a-parent": _parent,
    "phone-card-of-a-doctor": _doctor,
    "phone-code": _code,
    "phone-scan": _screen("#/scan"),
    "phone-signin": _screen("#/signin"),
    "phone-signin-asked": _asked,
    "phone-journal": _screen("#/journal"),
    "phone-phones": _screen("#/phones"),
    "signin-waiting": _waiting,
    "signin-here": _here,
    "signin-given-up": _given_up,
    "portal": _portal,
    "till-ready": _till(),
    "till-green": _till_green,
    "till-red": _till_red,
    "till-two-way": _till_offer,
    "till-reader": _till("reader.html"),
    "till-paper": _till("paper.html"),
    "verifier-home": _verifier,
    "verifier-verdict": _verdict,
    "staff-sign-in": _stranger("/staff/sign-in"),
    "staff-registration": _stranger("/staff/registration"),
    **{name: _staff(name) for name in OFFICE_PAGES},
}


def take(studio: Studio, wanted: str = "") -> None:
    """Every page whose name begins with `wanted`, in four pictures each; then the page that shows them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken = 0
    for name, bring in PAGES.items():
        if not name.startswith(wanted):
            continue
        for language in LANGUAGES:
            for width in WIDTHS:
                for page in (studio.phone.page, studio.parent.page, studio.doctor.page, studio.screen):
                    page.set_viewport_size({"width": width, "height": 800})
                page = bring(studio, language)
                page.set_viewport_size({"width": width, "height": 800})
                page.wait_for_timeout(_SETTLE_MS)
                _keep(page.screenshot(full_page=True), FOLDER / f"{name}-{language}-{width}.png")
                taken += 1
    (FOLDER / "README.md").write_text(_index(), encoding="utf-8")
    print(f"{taken} images dans {FOLDER.relative_to(ROOT)}")


def _keep(data: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, _MAX_HEIGHT)))
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _index() -> str:
    lines = [
        "# Every page, as people see it",
        "",
        "Taken by `make screens` from a running demonstration: fictitious people. French on the left,",
        "English on the right; a phone's width (320 px), then a workstation's (1280 px) behind the links.",
        "",
    ]
    for name in sorted(PAGES, key=list(PAGES).index):
        if not (FOLDER / f"{name}-fr-320.png").exists():
            continue
        lines += [f"## {name}", ""]
        lines.append(" ".join(f"![{name}, {one}]({name}-{one}-320.png)" for one in LANGUAGES))
        wide = ", ".join(f"[{one}]({name}-{one}-1280.png)" for one in LANGUAGES)
        lines += ["", f"At 1280 px: {wide}.", ""]
    return "\n".join(lines)


@contextmanager
def a_studio(browser: Browser, hall: Hall, folder: Path) -> Iterator[Studio]:
    """Three phones enrolled, a till furnished, a portal served."""
    with ExitStack() as stack:
        counter = stack.enter_context(a_counter(hall.town_hall, folder / "till"))
        portal = stack.enter_context(a_portal(hall.town_hall))
        hall.represent()
        hall.insure("ange")
        phones = [web_phone(browser, hall, kind) for kind in ("apcv", "apcv", "ecps")]
        for phone, persona in zip(phones, ("ange", "ines", "laure"), strict=True):
            phone.enrol(persona)
        asker, number = an_asker(hall.town_hall), hall.persona("laure").key
        screen = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page()
        yield Studio(
            phone=phones[0],
            parent=phones[1],
            doctor=phones[2],
            counter=counter,
            portal=portal,
            screen=screen,
            ask_the_doctor=lambda: asker.ask(number, "42"),
            office=Office(hall, browser),
        )


def main(wanted: str = "") -> None:
    """A backend, phones, a till, a portal, and all the pictures (or those that begin with `wanted`)."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        (Path(folder) / "hall").mkdir()
        hall = open_hall(Path(folder) / "hall", datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris")).date())
        try:
            with a_studio(browser, hall, Path(folder)) as studio:
                take(studio, wanted)
        finally:
            hall.town_hall.stop()
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:2])
