"""One browser and one backend for all the tests of a file; the files of this folder run in one process.

Without Chromium or npm they are skipped, with one line that says what to install; where every server is
required, a missing browser is a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from _pytest.runner import runtestprotocol

from tests.browser.bench import BrowserMissing, Hall, WebPhone, launch, open_hall, web_phone
from tests.browser.office import Office
from tests.simulators.missing import missing
from tests.simulators.played_again import PLAYED_AGAIN
from verifier.seen import MemorySeen
from verifier.trust_store import TrustStore
from verifier.verify import Verifier

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is a `browser` test, and they share one worker."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.timeout(180))


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A test of this folder that failed is played once more: a browser on a busy machine misses a moment.

    What fails twice fails. What failed first and passed then is named at the end of the run, with why: a test
    that always needs two goes is a fault of its own.
    """
    if Path(__file__).parent not in item.path.parents:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = next((report for report in reports if report.failed), None)
    if failed is not None and isinstance(item, pytest.Function):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        for report in reports:
            report.user_properties.append((PLAYED_AGAIN, failed.longreprtext.splitlines()[-1]))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser, for one file: what a file does to its pages and keys stays its own."""
    from playwright.sync_api import expect, sync_playwright

    # `expect` waits five seconds unless told, whatever a context's patience: what a phone signs, a backend
    # judges and a page hears may take longer on a busy machine.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except BrowserMissing as error:
            missing(error)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def hall(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """The backend, for one file; nothing is started where there is no browser."""
    del chromium
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris")).date()
    opened = open_hall(tmp_path_factory.mktemp("hall"), today)
    yield opened
    opened.town_hall.stop()


@pytest.fixture
def new_phone(chromium: Browser, hall: Hall) -> Iterator[Callable[..., WebPhone]]:
    """Makes phones: `new_phone("ecps")`, `new_phone(viewport=…)`; each is put away at the end."""
    made: list[WebPhone] = []

    def make(kind: str = "apcv", **screen: object) -> WebPhone:
        phone = web_phone(chromium, hall, kind, **screen)
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.context.close()


@pytest.fixture(scope="module")
def ange(chromium: Browser, hall: Hall) -> Iterator[WebPhone]:
    """Ange's phone, enrolled, for tests that only look."""
    phone = web_phone(chromium, hall)
    phone.enrol("ange")
    yield phone
    phone.context.close()


@pytest.fixture
def till(hall: Hall, tmp_path: Path) -> Verifier:
    """A till in Python that has just refreshed."""
    store = tmp_path / "till"
    hall.town_hall.furnish_till(store)
    return Verifier(TrustStore(store), MemorySeen())


@pytest.fixture(scope="module")
def office(chromium: Browser, hall: Hall) -> Iterator[Office]:
    """The staff of that backend, hired as they are asked for: the first two can be invited only once."""
    opened = Office(hall, chromium)
    yield opened
    opened.close()
