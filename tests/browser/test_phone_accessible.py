"""axe-core finds nothing serious on any screen of the phone, in both languages, on the narrowest phone."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.browser.bench import WebPhone, serious

SCREENS = ["#/", "#/enrol", "#/scan", "#/signin", "#/journal", "#/phones", "#/renew"]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("address", SCREENS)
def test_nothing_serious_at_320_pixels(ange: WebPhone, address: str, language: str) -> None:
    """No barrier, and nothing to scroll sideways (WCAG 2.2, 1.4.10)."""
    ange.page.set_viewport_size({"width": 320, "height": 700})
    ange.open(address, language)
    ange.page.wait_for_timeout(600)

    found = serious(ange.page)
    overflow = ange.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert found == []
    assert overflow <= 0


def test_nothing_serious_in_the_dark(ange: WebPhone) -> None:
    """The dark colours meet the same contrasts."""
    ange.page.emulate_media(color_scheme="dark")
    ange.open()
    ange.page.wait_for_selector(".card .name")

    found = serious(ange.page)
    ange.page.emulate_media(color_scheme="light")

    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_beside_the_code_everything_can_be_read(ange: WebPhone, scheme: Literal["light", "dark"]) -> None:
    """The code stands on white whatever the phone's colours; so does what is written beside it."""
    ange.page.emulate_media(color_scheme=scheme)
    ange.page.goto("about:blank")
    ange.show()

    found = serious(ange.page)
    ground = ange.page.evaluate("getComputedStyle(document.body).backgroundColor")
    ange.page.emulate_media(color_scheme="light")

    assert found == []
    assert ground == "rgb(255, 255, 255)"


def test_text_at_twice_its_size_still_fits(ange: WebPhone) -> None:
    """Nothing scrolls sideways on the narrowest phone with the largest text (WCAG 2.2, 1.4.4 and 1.4.10)."""
    ange.page.set_viewport_size({"width": 320, "height": 700})
    wide = {}
    for address in SCREENS[:-1]:
        ange.page.goto("about:blank")
        ange.open(address)
        ange.page.wait_for_timeout(400)
        ange.page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide[address] = ange.page.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert {address: width for address, width in wide.items() if width > 0} == {}


def test_the_code_itself_is_told_to_who_cannot_see_it(ange: WebPhone) -> None:
    """The picture has a name, the title has the focus, and nothing serious is found beside it."""
    ange.open()
    ange.page.get_by_role("button", name="Présenter ma carte").click()
    ange.page.wait_for_selector(".qr svg")

    assert ange.page.get_by_role("img", name="Code à faire lire").count() == 1
    assert ange.page.evaluate("document.activeElement.tagName") == "H1"
    assert serious(ange.page) == []


def test_a_keyboard_reaches_the_large_button(ange: WebPhone) -> None:
    """Tab from the title, then Enter: no mouse and no finger is needed."""
    ange.open()
    ange.page.wait_for_selector(".card .name")

    ange.page.keyboard.press("Tab")
    ange.page.keyboard.press("Enter")

    ange.page.wait_for_selector(".qr svg")
