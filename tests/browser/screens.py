"""Take a picture of every page, in both languages and two widths, into `docs/screens/`: `make screens`.

A page that wants to be in it adds itself to `PAGES`: a name, and a function that brings a browser's page
there. Pictures are for people to look at; nothing compares them. Their colours are reduced, so that the
repository stays small, and `docs/screens/README.md` shows them all.
"""

from __future__ import annotations

import io
import re
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

from tests.browser.attested import AttestedPhone
from tests.browser.bench import Hall, WebPhone, launch, open_hall, web_phone
from tests.browser.counter import Counter, a_counter
from tests.browser.front import a_portal, an_asker, an_insurer
from tests.browser.office import Office
from tests.browser.office_screens import OFFICE_PAGES, bring_office, bring_stranger
from tests.browser.phone_screens import PHONE_PAGES, Guests
from tests.browser.till_screens import TILL_PAGES
from tests.testdata import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

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
    prescriber: AttestedPhone
    counter: Counter
    portal: str
    screen: Page
    ask_the_doctor: Callable[[], str]
    office: Office
    guests: Guests


Bring = Callable[[Studio, str], "Page"]


def _screen(address: str) -> Bring:
    def bring(studio: Studio, language: str) -> Page:
        return _open(studio.phone, address, language)

    return bring


def _open(phone: WebPhone, address: str, language: str) -> Page:
    phone.page.goto("about:blank")
    phone.open(address, language)
    return phone.page


def _object(studio: Studio, language: str) -> Page:
    """Asked whether they mean it, from the line of the insurer's query."""
    page = _open(studio.phone, "#/journal", language)
    page.locator("li:has(strong) button.quiet").nth(1).click()
    page.locator("main button.danger").wait_for()
    return page


def _objecting(studio: Studio, language: str) -> Page:
    """The journal of somebody who objects."""
    page = _open(studio.phone, "#/journal", language)
    page.locator("ul.plain li").first.wait_for()
    if not page.locator("main h2").count():
        _object(studio, language).locator("main button.danger").click()
    page.locator("main h2").wait_for()
    return page


def _parent(studio: Studio, language: str) -> Page:
    page = _open(studio.parent, "#/", language)
    page.wait_for_selector(".card .name")
    return page


def _journal_of_a_child(studio: Studio, language: str) -> Page:
    _parent(studio, language)
    page = _open(studio.parent, "#/journal", language)
    page.locator("main .actions button").first.click()
    page.locator("ul.plain button.quiet").first.wait_for()
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


def _portal(studio: Studio, language: str) -> Page:
    studio.screen.context.clear_cookies(name="portail")
    studio.screen.goto(f"{studio.portal}/?lang={language}")
    return studio.screen


def _portal_signed_in(studio: Studio, language: str) -> Page:
    page = _waiting(studio, language)
    code = re.search(r"/signin/here/([A-Za-z0-9_-]{22})", page.content())
    assert code is not None
    doctor = _open(studio.doctor, f"#{code[1]}", language)
    doctor.locator("form input").first.fill(page.locator("#digits").inner_text().strip())
    doctor.locator("form [type=submit]").first.click()
    page.wait_for_url(lambda url: url.startswith(studio.portal))
    page.locator("[name=practice]").first.wait_for()
    return page


def _portal_dark(studio: Studio, language: str) -> Page:
    studio.screen.emulate_media(color_scheme="dark")
    return _portal(studio, language)


def _waiting(studio: Studio, language: str) -> Page:
    page = _portal(studio, language)
    page.locator("a.button.main").click()
    page.locator("#digits").wait_for()
    # The portal asks for the language it speaks itself; a picture of the other one would be filed wrongly.
    assert page.locator("html").get_attribute("lang") == language
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


def _refused(studio: Studio, language: str) -> Page:
    page = _waiting(studio, language)
    code = re.search(r"/signin/here/([A-Za-z0-9_-]{22})", page.content())
    assert code is not None
    doctor = _open(studio.doctor, f"#{code[1]}", language)
    doctor.locator("form .actions button[type=button]:not(.danger)").first.click()
    doctor.locator(".notice.good").wait_for()
    page.locator("#digits").wait_for(state="detached")
    return page


def _guest(name: str) -> Bring:
    return lambda studio, language: studio.guests.bring(name, language)


def _staff(name: str) -> Bring:
    return lambda studio, language: bring_office(studio.office, name, language)


def _stranger(path: str, name: str = "") -> Bring:
    return lambda studio, language: bring_stranger(studio.office, path, language, name)


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
    "phone-journal-of-a-child": _journal_of_a_child,
    "phone-object": _object,
    "phone-objecting": _objecting,
    "phone-phones": _screen("#/phones"),
    **{name: _guest(name) for name in PHONE_PAGES},
    "signin-waiting": _waiting,
    "signin-here": _here,
    "signin-given-up": _given_up,
    "signin-refused": _refused,
    "portal": _portal,
    "portal-signed-in": _portal_signed_in,
    **TILL_PAGES,
    "verifier-home": _verifier,
    "verifier-verdict": _verdict,
    "staff-sign-in": _stranger("/staff/sign-in"),
    "staff-sign-in-dark": _stranger("/staff/sign-in", "staff-sign-in-dark"),
    "staff-registration": _stranger("/staff/registration"),
    **{name: _staff(name) for name in OFFICE_PAGES},
    "portal-dark": _portal_dark,  # the last on its screen, which stays dark
}


def take(studio: Studio, wanted: str = "", folder: Path = FOLDER) -> list[str]:
    """Every page whose name begins with `wanted`, in four pictures each; then the page that shows them.

    A scene that fails twice is said and left out, and the others are taken; gives what failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in PAGES if name.startswith(wanted)]
    asked = [(name, language, width) for name in names for language in LANGUAGES for width in WIDTHS]
    failed = []
    for name, language, width in asked:
        picture = folder / f"{name}-{language}-{width}.png"
        why = _picture(studio, name, language, width, picture)
        if why and _picture(studio, name, language, width, picture):
            print(f"{picture.stem} : {why}", file=sys.stderr)
            failed.append(picture.stem)
    (folder / "README.md").write_text(_index(folder), encoding="utf-8")
    print(f"{len(asked) - len(failed)} images dans {folder}")
    return failed


def _picture(studio: Studio, name: str, language: str, width: int, picture: Path) -> str:
    """Take one; says why not, or nothing."""
    size: ViewportSize = {"width": width, "height": 800}
    try:
        if name not in PHONE_PAGES:
            studio.guests.leave()
        for page in (studio.phone.page, studio.parent.page, studio.doctor.page, studio.screen):
            page.set_viewport_size(size)
        page = PAGES[name](studio, language)
        page.set_viewport_size(size)
        page.wait_for_timeout(_SETTLE_MS)
        _keep(page.screenshot(full_page=True), picture)
    except Exception as failed:  # noqa: BLE001 - whatever one scene did, the others are taken
        studio.guests.leave()
        return f"{type(failed).__name__} : {str(failed).splitlines()[0] if str(failed) else ''}"
    return ""


def _keep(data: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, _MAX_HEIGHT)))
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _index(folder: Path) -> str:
    lines = [
        "# Every page, as people see it",
        "",
        "Taken by `make screens` from a running demonstration: fictitious people. French on the left,",
        "English on the right; a phone's width (320 px), then a workstation's (1280 px) behind the links.",
        "Date fields and file choosers are the browser's own, and speak its language: here English.",
        "",
    ]
    for name in sorted(PAGES, key=list(PAGES).index):
        if not (folder / f"{name}-fr-320.png").exists():
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
        an_insurer(hall.town_hall).ask(hall.persona("ange").key, hall.today.isoformat())
        asker, number = an_asker(hall.town_hall), hall.persona("laure").key
        screen = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris").new_page()
        yield Studio(
            phone=phones[0],
            parent=phones[1],
            doctor=phones[2],
            prescriber=AttestedPhone(hall, "karim"),
            counter=counter,
            portal=portal,
            screen=screen,
            ask_the_doctor=lambda: asker.ask(number, "42"),
            office=Office(hall, browser),
            guests=Guests(phones[0], browser),
        )


def main(wanted: str = "", folder_name: str = "") -> int:
    """A backend, phones, a till, a portal, and all the pictures (or those that begin with `wanted`).

    They go to `docs/screens/`, or to the folder named. Gives 1 when a scene failed.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        (Path(folder) / "hall").mkdir()
        hall = open_hall(Path(folder) / "hall", datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris")).date())
        try:
            with a_studio(browser, hall, Path(folder)) as studio:
                failed = take(studio, wanted, Path(folder_name) if folder_name else FOLDER)
        finally:
            hall.town_hall.stop()
            browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
