"""A phone is held before the till's camera, or read by its serial reader: how long until the verdict is seen?

The real page in headless Chromium, over the real server. The camera is a film at thirty frames a second, as a
webcam sends them (MJPEG, 1280 × 720), on which two dozen different phones pass; the serial reader is a
pseudo-terminal at full speed. An instrument beside the page, not the page itself, takes the times: when the
first frame of a phone was captured, and when the screen with that person's verdict has been painted. Both are
the clock's, so a busy machine shows: read the load beside them.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.figure import Aim, Figure, Quantity, Shown
from cartes.cards import Slot
from tests.simulators.cards import APCV_LIST, a_complete_apcv
from tests.simulators.film import CAMERA, HEIGHT, WIDTH
from tests.simulators.kiosk import TestKiosk, a_kiosk
from verifier import drawing

if TYPE_CHECKING:
    from playwright.sync_api import BrowserType, Page

LIMIT_S: Final = 0.3
_BITS: Final = 6
_PATCH: Final = 48  # pixels a side
_VISIBLE, _BETWEEN = 22, 6  # frames of a phone, frames of the room
_LONGEST_S: Final = 90
_GIVEN: Final = (
    *(
        "ANGE",
        "SARAH",
        "NADIA",
        "KARIM",
        "LAURE",
        "INES",
        "ZOE",
        "TOM",
        "JADE",
        "LOUIS",
        "EMMA",
        "HUGO",
        "LINA",
    ),
    *("PAUL", "ALICE", "JULES", "ROSE", "ADAM", "ANNA", "LEO", "MILA", "NOE", "LOU", "ELIE", "IRIS", "YANIS"),
)

_INSTRUMENT: Final = """
(bits) => {
  window.arrived = []; window.painted = [];
  const video = document.getElementById("video"), shown = document.getElementById("shown");
  const eye = Object.assign(document.createElement("canvas"), { width: bits, height: 1 });
  const context = eye.getContext("2d", { willReadFrequently: true });
  let before = 0, last = "";
  const look = (now, about) => {
    context.drawImage(video, 0, 0, bits * PATCH, PATCH, 0, 0, bits, 1);
    const { data } = context.getImageData(0, 0, bits, 1);
    let mark = 0;
    for (let bit = 0; bit < bits; bit += 1) if (data[4 * bit] > 170) mark += 2 ** bit;
    const at = performance.timeOrigin + (about.captureTime ?? now);
    if (mark && mark !== before) arrived.push([mark - 1, at]);
    before = mark;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  new MutationObserver(() => {
    const who = shown.querySelector(".verdict.green") ? shown.querySelector(".person")?.textContent : null;
    if (!who || who === last) return;
    last = who;
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => painted.push([who, performance.timeOrigin + performance.now()]);
      after.port2.postMessage(null);
    });
  }).observe(shown, { childList: true, subtree: true });
}
""".replace("PATCH", str(_PATCH))


def measure(*, phones: int = len(_GIVEN)) -> list[Figure]:
    """Camera, then serial reader: the 95th percentile over `phones` different phones each."""
    from playwright.sync_api import sync_playwright

    from tests.browser.bench import BrowserMissing, launch

    with sync_playwright() as playwright:
        try:
            launch(playwright).close()
        except BrowserMissing as missing:
            raise RuntimeError(str(missing)) from missing
        camera = taken_by_camera(playwright.chromium, phones)
        serial = taken_by_serial(playwright.chromium, phones)
    return [
        figure("kiosk_camera", "From a phone's first frame to its verdict painted", camera),
        figure("kiosk_serial", "From a reader's last byte to the verdict painted", serial),
    ]


def figure(name: str, moment: str, taken: Sequence[float]) -> Figure:
    """Seconds, one a phone, as a line held to the promise at its 95th percentile."""
    late = statistics.quantiles(taken, n=20, method="inclusive")[-1]
    load = os.getloadavg()[0]
    return Figure(
        name,
        moment,
        Quantity(late, Shown.DURATION),
        f"the promise: {Quantity(LIMIT_S, Shown.DURATION)}",
        Quantity(late / LIMIT_S, Shown.PERCENT),
        Aim.AT_MOST,
        1.0,
        note=f"95th percentile of {len(taken)}; median {Quantity(statistics.median(taken), Shown.DURATION)},"
        f" worst {Quantity(max(taken), Shown.DURATION)}; load {load:.1f} on {os.cpu_count()} processors",
    )


def _texts(kiosk: TestKiosk, phones: int) -> list[str]:
    """One code a phone: another slot, another person."""
    return [
        kiosk.world.show(a_complete_apcv(slot=Slot(APCV_LIST, number + 1), given=given))
        for number, given in enumerate(_GIVEN[:phones])
    ]


def taken_by_camera(chromium: BrowserType, phones: int) -> list[float]:
    """Seconds from a phone's first frame to its verdict painted, one a phone."""
    with tempfile.TemporaryDirectory(prefix="cartes-bench-") as folder, a_kiosk(Path(folder)) as kiosk:
        film = _film(Path(folder) / "phones.mjpeg", _texts(kiosk, phones))
        with _page(chromium, kiosk, *CAMERA, f"--use-file-for-fake-video-capture={film}") as page:
            page.locator("#camera-button").click()
            _wait_for(page, phones)
            arrived = {_GIVEN[number]: at for number, at in reversed(page.evaluate("arrived"))}
            painted = page.evaluate("painted")
    return [(at - arrived[who.split()[0]]) / 1000 for who, at in painted]


def taken_by_serial(chromium: BrowserType, phones: int) -> list[float]:
    """Seconds from a code's last byte on the line to its verdict painted, one a phone."""
    master, slave = os.openpty()
    tty.setraw(slave)
    sent: list[float] = []
    try:
        with (
            tempfile.TemporaryDirectory(prefix="cartes-bench-") as folder,
            a_kiosk(Path(folder), reader=os.ttyname(slave)) as kiosk,
            _page(chromium, kiosk) as page,
        ):
            for number, text in enumerate(_texts(kiosk, phones)):
                os.write(master, text.encode() + b"\r")
                sent.append(time.time())
                _wait_for(page, number + 1)
                page.wait_for_timeout(150)
            painted = [at / 1000 for _, at in page.evaluate("painted")]
    finally:
        os.close(slave)
        os.close(master)
    return [seen - read for seen, read in zip(painted, sent, strict=True)]


def _wait_for(page: Page, count: int) -> None:
    page.wait_for_function("count => painted.length >= count", arg=count, timeout=_LONGEST_S * 1000)


@contextmanager
def _page(chromium: BrowserType, kiosk: TestKiosk, *arguments: str) -> Iterator[Page]:
    """The till's page, with the instrument beside it."""
    from tests.browser.bench import BROWSER_ARGUMENTS, CHROMIUM

    browser = chromium.launch(executable_path=str(CHROMIUM), args=[*BROWSER_ARGUMENTS, *arguments])
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(kiosk.server.address)
        page.wait_for_selector("#ways dd")
        page.evaluate(_INSTRUMENT, _BITS)
        yield page
    finally:
        browser.close()


def _film(path: Path, texts: Sequence[str]) -> Path:
    """Phones one after the other before a webcam; six patches in a corner number them for the instrument."""
    with path.open("wb") as file:
        room = _jpeg(None, 0)
        file.write(room * 30)
        for number, text in enumerate(texts, start=1):
            file.write(_jpeg(text, number) * _VISIBLE + room * _BETWEEN)
    return path


def _jpeg(text: str | None, mark: int) -> bytes:
    from PIL import Image

    room: Any = Image.new("L", (WIDTH, HEIGHT), 96)
    if text:
        code = Image.open(io.BytesIO(drawing.png(text, scale=5))).convert("L")
        code.thumbnail((HEIGHT - 80, HEIGHT - 80))
        room.paste(code, ((WIDTH - code.width) // 2, (HEIGHT - code.height) // 2))
    for bit in range(_BITS):
        level = 255 if mark >> bit & 1 else 0
        room.paste(level, (bit * _PATCH, 0, (bit + 1) * _PATCH, _PATCH))
    file = io.BytesIO()
    room.convert("RGB").save(file, "JPEG", quality=85)
    return file.getvalue()
