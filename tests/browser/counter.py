"""A counter in a pharmacy: the kiosk over a real backend's publication, in a browser whose camera is a film.

The film can be changed between two openings of the camera: Chromium reads the file anew each time. The
till's clock is this machine's, moved by `late` seconds.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from examples.demo.town_hall import TownHall
from tests.browser.till_page import a_browser
from tests.simulators.film import CAMERA, film, film_of
from verifier.kiosk.build import KioskOrder, build_kiosk
from verifier.kiosk.doors import Kiosk
from verifier.kiosk.server import KioskServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@dataclass
class Eye:
    """A browser whose camera sees whatever picture it is pointed at."""

    browser: Browser
    reel: Path

    def look_at(self, picture: Path) -> None:
        """Point the camera at a picture of a screen; seen from the camera's next opening on."""
        film_of(picture, self.reel)


@contextmanager
def an_eye(chromium: Browser, folder: Path) -> Iterator[Eye]:
    """Another Chromium beside the first one, its camera on a grey wall."""
    folder.mkdir(exist_ok=True)
    reel = folder / "reel.y4m"
    with a_browser(chromium, *CAMERA, film(reel, "")) as browser:
        yield Eye(browser, reel)


@dataclass
class Counter:
    """A running kiosk; `late` is how far its clock is ahead of this machine's, in seconds."""

    server: KioskServer
    kiosk: Kiosk
    late: float = 0

    def now(self) -> datetime:
        """The hour at this counter."""
        return datetime.now(UTC) + timedelta(seconds=self.late)

    def later(self, seconds: float) -> datetime:
        """The hour at this counter, so many seconds from now."""
        return self.now() + timedelta(seconds=seconds)

    def open(self, page: Page, language: str = "fr") -> None:
        """Open the kiosk's page, as `--open` does, in the language this workstation remembers."""
        page.goto(self.server.url + "paper.html")
        page.evaluate(f"localStorage.setItem('language', '{language}')")
        page.goto(self.server.address)
        page.wait_for_selector("#ways dd")


@contextmanager
def a_counter(town_hall: TownHall, store: Path, policy: str = "officine") -> Iterator[Counter]:
    """A till furnished by hand from `town_hall`, then on its own."""
    town_hall.furnish_till(store)
    running: list[Counter] = []

    def clock() -> datetime:
        return running[0].now()

    kiosk = build_kiosk(KioskOrder(store, policy), clock, secrets.token_bytes)
    server = KioskServer(0, secrets.token_urlsafe(32), kiosk)
    running.append(Counter(server, kiosk))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    kiosk.reader.start()
    try:
        yield running[0]
    finally:
        kiosk.reader.stop()
        server.shutdown()
        server.server_close()
        thread.join()
