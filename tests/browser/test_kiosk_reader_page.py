"""The page that tries a hand reader, in a real browser: keys or a serial line, layout, end, speed, port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.till_page import a_page, type_on_azerty, type_text
from tests.simulators.kiosk import TestKiosk, a_kiosk
from verifier import scanner
from verifier.kiosk import reader_test
from verifier.kiosk.desk import Source
from verifier.kiosk.serial_reader import SerialPort


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The browser of this folder."""
    return chromium


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[TestKiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("azerty", "end", "said"),
    [
        (False, "Enter", ["les chiffres arrivent tels quels", "Entrée. C’est bien"]),
        (True, "Enter", ["QWERTY sur un poste AZERTY"]),
        (False, "Tab", ["Tabulation"]),
        (False, "", ["rien. Le guichet attend un silence"]),
    ],
)
def test_a_reader_is_tried(
    browser: Browser, kiosk: TestKiosk, azerty: bool, end: str, said: list[str]
) -> None:
    """The trial code on the screen is the one expected; layout, end and speed are told."""
    with a_page(browser, kiosk, "reader.html") as page:
        expect(page.locator("#code img")).to_be_visible()
        assert scanner.read_picture(page.locator("#code").screenshot()) == reader_test.TEXT

        if azerty:
            type_on_azerty(page, reader_test.TEXT)
        else:
            type_text(page, reader_test.TEXT, end)

        expect(page.locator("#told")).to_contain_text("900 caractères")
        for part in said:
            expect(page.locator("#told")).to_contain_text(part)


def test_a_garbling_reader_is_told_what_to_set(browser: Browser, kiosk: TestKiosk) -> None:
    """Characters lost on the way are counted."""
    with a_page(browser, kiosk, "reader.html") as page:
        expect(page.locator("#code img")).to_be_visible()

        type_text(page, reader_test.TEXT[:-40])

        expect(page.locator("#told")).to_contain_text("40 caractères sont faux ou manquent")
        expect(page.locator("#told")).to_contain_text("Ralentissez la douchette")


def test_a_serial_reader_that_reads_something_else_is_told_so(browser: Browser, kiosk: TestKiosk) -> None:
    """It is not left waiting: the line works, the code was another."""
    with a_page(browser, kiosk, "reader.html") as page:
        expect(page.locator("#code img")).to_be_visible()

        kiosk.kiosk.desk.take("3400930000120", Source.SERIAL, kiosk.now)
        expect(page.locator("#told")).to_contain_text("pas le code d’essai")
        kiosk.kiosk.desk.take(reader_test.TEXT, Source.SERIAL, kiosk.now)
        expect(page.locator("#told")).to_contain_text("le code entier est arrivé d’un coup")


def test_a_port_that_is_being_chosen_stays_chosen(browser: Browser, kiosk: TestKiosk) -> None:
    """The list is read again in the background; what the person picked is not taken from their hands."""
    listed: tuple[SerialPort, ...] = (SerialPort("/dev/ttyACM0", "Zebra"), SerialPort("/dev/ttyS0", "n/a"))
    kiosk.server.kiosk = replace(kiosk.kiosk, ports=lambda: listed)
    with a_page(browser, kiosk, "reader.html") as page:
        ports = page.locator("#ports")
        expect(ports.locator("option")).to_have_count(3)
        ports.select_option("/dev/ttyACM0")

        listed = (SerialPort("/dev/ttyACM0", "Zebra"),)
        kiosk.kiosk.desk.tell_state(kiosk.now)

        expect(ports.locator("option")).to_have_count(2)
        expect(ports).to_have_value("/dev/ttyACM0")


def test_a_trial_page_opened_too_early_shows_its_code(browser: Browser, kiosk: TestKiosk) -> None:
    """The till starts a moment after the page: the code comes when the till does."""
    with a_page(browser, kiosk, "reader.html") as page:
        page.route("**/api/**", lambda route: route.abort("connectionrefused"))
        page.reload()
        expect(page.locator("#alarm")).to_contain_text("Le guichet est arrêté.")

        page.unroute("**/api/**")

        expect(page.locator("#code img")).to_be_visible(timeout=10_000)
