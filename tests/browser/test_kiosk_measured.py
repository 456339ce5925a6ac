"""The benchmark of the till still runs, over the real page, and names whom it times; no bound on time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import kiosk

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_camera_and_serial_reader_are_measured(chromium: Browser) -> None:
    """Three phones before each: a figure held to the promise, its median and the load said beside it."""
    till = chromium.browser_type

    taken = kiosk.taken_by_serial(till, 3), kiosk.taken_by_camera(till, 3)
    figures = [kiosk.figure("name", "moment", one) for one in taken]

    assert [len(one) for one in taken] == [3, 3]
    assert all(0 < seconds < 60 for one in taken for seconds in one)
    assert all("median" in figure.note and "load" in figure.note for figure in figures)
    assert all(figure.bound == 1.0 and "300 ms" in figure.beside for figure in figures)
