"""The till's page in a browser, for the tests that look at it: opened by its address, typed to, looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.browser.bench import BROWSER_ARGUMENTS, CHROMIUM
from tests.simulators.kiosk import TestKiosk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AZERTY = dict(zip("1234567890", "&é\"'(-è_çà", strict=True))


@contextmanager
def a_browser(chromium: Browser, *arguments: str) -> Iterator[Browser]:
    """Another browser beside `chromium`, with a camera of its own."""
    started = chromium.browser_type.launch(
        executable_path=str(CHROMIUM), args=[*BROWSER_ARGUMENTS, *arguments]
    )
    try:
        yield started
    finally:
        started.close()


@contextmanager
def a_page(
    browser: Browser, kiosk: TestKiosk, path: str = "", *, script: str = "", **context: Any
) -> Iterator[Page]:
    """The kiosk's page, opened by the address it shows; fails on anything said on the browser's console.

    `script` runs before the page's own.
    """
    opened = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | context)
    page, said = opened.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda problem: said.append(str(problem)))
    if script:
        page.add_init_script(script)
    page.goto(kiosk.server.address.replace("/#", f"/{path}#"))
    try:
        yield page
    finally:
        opened.close()
    assert [one for one in said if "ERR_CONNECTION_REFUSED" not in one] == []


def type_text(page: Page, text: str, end: str = "Enter") -> None:
    """Type as a reader does."""
    page.keyboard.type(text)
    if end:
        page.keyboard.press(end)


def type_on_azerty(page: Page, digits: str) -> None:
    """The keys of the digits, on a workstation whose layout makes other characters of them."""
    typed = [{"key": AZERTY[digit], "code": f"Digit{digit}", "bubbles": True} for digit in digits]
    page.evaluate(
        "keys => keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', key)))", typed
    )
    page.keyboard.press("Enter")


def light(page: Page, colour: str) -> None:
    """Wait for a verdict of this colour."""
    expect(page.locator(f"#shown .verdict.{colour}")).to_be_visible(timeout=20_000)
