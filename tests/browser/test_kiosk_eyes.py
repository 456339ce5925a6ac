"""The till's readers when they fail: each failure has its words, and the other reader goes on meanwhile.

A camera that is taken, pulled out or covered is played by what the browser is told of it; the rest is real.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.till_page import a_browser, a_page, light, type_text
from tests.simulators.film import CAMERA, film
from tests.simulators.hand_reader import Douchette
from tests.simulators.kiosk import TestKiosk, a_kiosk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_RECOVERS_MS = 20_000

# A camera in the test's hands: `behave` is what the next asking gives, `grey` what its picture shows.
_CAMERA = """
  window.behave = null; window.grey = 120; window.asked = 0;
  navigator.mediaDevices.getUserMedia = async () => {
    window.asked += 1;
    if (window.behave) throw new DOMException("", window.behave);
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
    const context = canvas.getContext("2d");
    let turn = 0;
    setInterval(() => {
      turn += 1;
      context.fillStyle = `rgb(${window.grey} ${window.grey} ${window.grey})`;
      context.fillRect(0, 0, 320, 240);
      context.fillStyle = `rgb(${window.grey} ${window.grey} ${window.grey + turn % 2})`;
      context.fillRect(0, 0, 1, 1);
    }, 50);
    const stream = canvas.captureStream(30);
    [window.track] = stream.getVideoTracks();
    return stream;
  };
"""


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[TestKiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, kiosk: TestKiosk) -> Iterator[Page]:
    """The till's page, its camera in the test's hands."""
    with a_page(chromium, kiosk, script=_CAMERA) as opened:
        yield opened


def problems(page: Page, *said: str) -> None:
    """What the page says of its readers, in these words."""
    for sentence in said:
        expect(page.locator("#ways-problems")).to_contain_text(sentence, timeout=_RECOVERS_MS)


def the_hand_reader_works(page: Page, kiosk: TestKiosk) -> None:
    """A card typed now is green."""
    type_text(page, kiosk.world.show_apcv(at=kiosk.now))
    light(page, "green")


def test_no_camera_has_its_own_way_out(chromium: Browser, kiosk: TestKiosk) -> None:
    """This browser has none: it says so, and that the reader works without it; it does."""
    with a_page(chromium, kiosk, permissions=["camera"]) as page:
        page.locator("#camera-button").click()

        problems(page, "Aucune caméra n’est branchée.", "La douchette marche sans elle.")
        the_hand_reader_works(page, kiosk)


def test_permission_refused_has_its_own_way_out(chromium: Browser, kiosk: TestKiosk) -> None:
    """Where to allow it; the browser is not asked again by itself, which would be a window each time."""
    with (
        a_browser(chromium, "--use-fake-device-for-media-stream") as browser,
        a_page(browser, kiosk) as page,
    ):
        page.locator("#camera-button").click()

        problems(page, "n’a pas le droit", "Touchez l’icône à gauche de l’adresse")
        the_hand_reader_works(page, kiosk)


def test_a_camera_taken_by_another_program_starts_when_it_is_let_go(page: Page, kiosk: TestKiosk) -> None:
    """`NotReadableError`: which program to close; then nobody has to press anything."""
    page.evaluate("window.behave = 'NotReadableError'")
    page.locator("#camera-button").click()
    problems(page, "La caméra est prise par un autre logiciel.", "Fermez-le : la caméra se rallume seule.")
    the_hand_reader_works(page, kiosk)

    page.evaluate("window.behave = null")

    expect(page.locator("#video")).to_be_visible(timeout=_RECOVERS_MS)
    expect(page.locator("#ways-problems")).to_be_empty()


def test_a_camera_pulled_out_is_told_and_starts_again_when_plugged(page: Page, kiosk: TestKiosk) -> None:
    """Its track ends in the middle of the day; back in its socket, it is on again."""
    page.locator("#camera-button").click()
    expect(page.locator("#video")).to_be_visible()

    page.evaluate("window.behave = 'NotFoundError'; track.stop(); track.dispatchEvent(new Event('ended'))")
    problems(page, "La caméra a été débranchée.", "Rebranchez-la : elle se rallume seule.")
    expect(page.locator("#camera")).to_be_hidden()
    the_hand_reader_works(page, kiosk)
    page.evaluate("window.behave = null; navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")

    expect(page.locator("#video")).to_be_visible(timeout=_RECOVERS_MS)
    expect(page.locator("#ways-problems")).to_be_empty()


def test_a_black_picture_is_told_until_there_is_light(page: Page, kiosk: TestKiosk) -> None:
    """A cover left shut looks like a camera that works."""
    page.evaluate("window.grey = 2")
    page.locator("#camera-button").click()
    problems(page, "La caméra ne voit que du noir.", "Ouvrez son cache")
    expect(page.locator("#video")).to_be_visible()
    the_hand_reader_works(page, kiosk)

    page.evaluate("window.grey = 90")

    expect(page.locator("#ways-problems")).to_be_empty(timeout=_RECOVERS_MS)


def test_a_camera_that_sends_nothing_is_told_too(page: Page) -> None:
    """Plugged, allowed, and silent: no frame at all."""
    page.evaluate("""
      navigator.mediaDevices.getUserMedia = async () =>
        Object.assign(document.createElement("canvas"), {width: 9, height: 9}).captureStream(0)
    """)
    page.locator("#camera-button").click()

    problems(page, "La caméra ne voit que du noir.")


def test_a_camera_turned_off_is_no_problem(page: Page) -> None:
    """Off is off: nothing is said, and nothing is asked of the browser any more."""
    page.evaluate("window.behave = 'NotReadableError'")
    page.locator("#camera-button").click()
    problems(page, "La caméra est prise")
    page.evaluate("window.behave = null")
    expect(page.locator("#video")).to_be_visible(timeout=_RECOVERS_MS)
    page.locator("#camera-button").click()
    expect(page.locator("#camera")).to_be_hidden()
    asked = page.evaluate("asked")

    page.wait_for_timeout(3_500)

    expect(page.locator("#ways-problems")).to_be_empty()
    assert page.evaluate("asked") == asked


def test_a_picture_that_is_not_in_planes_is_read_as_well(chromium: Browser, tmp_path: Path) -> None:
    """A browser that hands out no frames of a track: the video is drawn, and the same phone is read."""
    with a_kiosk(tmp_path) as kiosk:
        show = film(tmp_path / "phone.y4m", kiosk.world.show_apcv())
        without = "delete window.MediaStreamTrackProcessor"
        with (
            a_browser(chromium, *CAMERA, show) as browser,
            a_page(browser, kiosk, script=without) as page,
        ):
            assert page.evaluate("'MediaStreamTrackProcessor' in window") is False
            page.locator("#camera-button").click()

            light(page, "green")


def test_a_serial_reader_that_is_not_there_has_its_own_way_out(chromium: Browser, tmp_path: Path) -> None:
    """Plug it in again; the camera reads meanwhile."""
    port = str(tmp_path / "ttyACM0")
    with a_kiosk(tmp_path, reader=port) as kiosk, a_page(chromium, kiosk) as page:
        problems(page, "La douchette n’est plus branchée.", "En attendant, la caméra lit les codes.")


def test_a_serial_reader_pulled_out_and_plugged_again(chromium: Browser, tmp_path: Path) -> None:
    """It says so both times, and reads the next card; keys are read meanwhile."""
    douchette = Douchette(tmp_path / "ttyACM0")
    douchette.plug()
    with a_kiosk(tmp_path, reader=str(douchette.link)) as kiosk, a_page(chromium, kiosk) as page:
        ways = page.locator("#ways")
        expect(ways).to_contain_text("Douchette sérieprête", timeout=_RECOVERS_MS)

        douchette.unplug()
        expect(ways).to_contain_text("Douchette sériedébranchée", timeout=_RECOVERS_MS)
        problems(page, "Rebranchez-la : elle repart seule.")
        the_hand_reader_works(page, kiosk)
        douchette.plug()

        expect(ways).to_contain_text("Douchette sérieprête", timeout=_RECOVERS_MS)
        expect(page.locator("#ways-problems")).to_be_empty()
        kiosk.wait(4)
        douchette.scan(kiosk.world.show_apcv(at=kiosk.now))
        expect(page.locator("#shown")).to_contain_text("(douchette)", timeout=_RECOVERS_MS)
        light(page, "green")
        douchette.unplug()
