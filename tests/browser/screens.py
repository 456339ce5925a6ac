"""Take a picture of every page, in both languages and two widths, into `docs/screens/`: `make screens`.

A page that wants to be in it adds itself to `PAGES`: a name, and a function that brings a browser's page
there. Pictures are for people to look at; nothing compares them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tests.browser.bench import Hall, WebPhone, launch, open_hall, web_phone
from tests.testdata import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER: Final = ROOT / "docs" / "screens"
WIDTHS: Final = (320, 1280)
LANGUAGES: Final = ("fr", "en")
_SETTLE_MS: Final = 900

Bring = Callable[["WebPhone", str], "Page"]


def _screen(address: str) -> Bring:
    def bring(phone: WebPhone, language: str) -> Page:
        phone.page.goto("about:blank")
        phone.open(address, language)
        return phone.page

    return bring


def _code(phone: WebPhone, language: str) -> Page:
    page = _screen("#/")(phone, language)
    page.wait_for_selector(".card .name")
    page.locator("button.main.large").first.click()
    page.wait_for_selector(".qr svg")
    return page


def _verifier(phone: WebPhone, language: str) -> Page:
    phone.page.goto(f"{phone.url.removesuffix('app/')}verifier/?lang={language}")
    phone.page.wait_for_selector("fieldset")
    return phone.page


def _verdict(phone: WebPhone, language: str) -> Page:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "code.png"
        phone.page.set_viewport_size({"width": 400, "height": 860})
        _code(phone, language).locator(".qr").screenshot(path=str(picture))
        page = _verifier(phone, language)
        page.locator("button.main.large").click()
        page.locator("#picture").set_input_files(str(picture))
        page.wait_for_selector(".verdict")
    return page


PAGES: Final[dict[str, Bring]] = {
    "phone-enrol": _screen("#/enrol"),
    "phone-card": _screen("#/"),
    "phone-code": _code,
    "phone-scan": _screen("#/scan"),
    "phone-signin": _screen("#/signin"),
    "phone-journal": _screen("#/journal"),
    "phone-phones": _screen("#/phones"),
    "verifier-home": _verifier,
    "verifier-verdict": _verdict,
}


def take(hall: Hall, phone: WebPhone) -> None:
    """Every page, each in its four pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, bring in PAGES.items():
        for language in LANGUAGES:
            for width in WIDTHS:
                phone.page.set_viewport_size({"width": width, "height": 800})
                page = bring(phone, language)
                page.set_viewport_size({"width": width, "height": 800})
                page.wait_for_timeout(_SETTLE_MS)
                page.screenshot(path=str(FOLDER / f"{name}-{language}-{width}.png"), full_page=True)
    print(f"{len(PAGES) * len(LANGUAGES) * len(WIDTHS)} images dans {FOLDER.relative_to(ROOT)}")


def main() -> None:
    """A backend, Ange's phone, and all the pictures."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        hall = open_hall(Path(folder), datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris")).date())
        try:
            phone = web_phone(browser, hall)
            phone.enrol("ange")
            take(hall, phone)
        finally:
            hall.town_hall.stop()
            browser.close()


if __name__ == "__main__":
    main()
