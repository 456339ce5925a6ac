"""Signing in from another screen: the phone scans it, the person types its two digits, the page goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import Hall, WebPhone, serious, web_phone
from tests.browser.counter import an_eye
from tests.browser.front import a_portal, an_asker

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NewPhone = Callable[..., WebPhone]
_CODE = re.compile(r"/signin/here/([A-Za-z0-9_-]{22})")


@pytest.fixture(scope="module")
def portal(hall: Hall) -> Iterator[str]:
    """The portal of the examples."""
    with a_portal(hall.town_hall) as address:
        yield address


@pytest.fixture
def screen(chromium: Browser) -> Iterator[Page]:
    """The computer somebody signs in on."""
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def begin(screen: Page, portal: str) -> str:
    """From the portal to the page that waits; the two digits it shows."""
    screen.goto(portal)
    screen.get_by_role("link", name="Se connecter avec l’e‑CPS").click()
    screen.locator("#digits").wait_for()
    return screen.locator("#digits").inner_text().strip()


def approve(phone: WebPhone, digits: str) -> None:
    """Type the digits, press the button, unlock."""
    phone.page.get_by_label("Les deux chiffres affichés").fill(digits)
    phone.page.get_by_role("button", name="Me connecter").click()


def test_the_phone_reads_the_page_and_the_page_goes_on(
    chromium: Browser, hall: Hall, portal: str, screen: Page, tmp_path: Path
) -> None:
    """Camera on the page's code, two digits typed from it, and the portal knows the doctor by the number."""
    with an_eye(chromium, tmp_path / "eye") as eye:
        phone = web_phone(eye.browser, hall, "ecps")
        phone.enrol("laure")
        digits = begin(screen, portal)
        waits = serious(screen)
        screen.locator(".qr").screenshot(path=str(tmp_path / "page.png"))
        eye.look_at(tmp_path / "page.png")

        phone.open("#/scan")
        phone.page.get_by_role("heading", name="Le dossier partagé (exemple)").wait_for()
        asked = phone.page.inner_text("main")
        approve(phone, digits)
        expect(phone.page.locator(".notice.good")).to_contain_text("C’est fait")
        screen.wait_for_url(re.compile(re.escape(portal)))
        home = screen.inner_text("main")
        phone.page.goto("about:blank")
        phone.open("#/signin")
        phone.page.locator("ul.plain li").first.wait_for()
        sessions, listed = phone.page.inner_text("main"), serious(phone.page)
        phone.open("#/journal")
        phone.page.locator("ul.plain li").first.wait_for()
        journal = phone.page.inner_text("main")
        phone.context.close()

    assert (waits, listed) == ([], [])
    assert digits not in asked
    assert "Lyon" in asked
    assert "899700900154" in home
    assert "Le dossier partagé" in sessions
    assert "Le dossier partagé" in journal


def test_giving_up_on_the_page_ends_the_request(portal: str, screen: Page) -> None:
    """A real browser's form is taken for our own: the request is over, and the page says so or goes back."""
    begin(screen, portal)
    waited = screen.url

    with screen.expect_navigation():
        screen.get_by_role("button", name="Annuler").click()
    screen.goto(waited)

    expect(screen.locator("#digits")).to_have_count(0)
    expect(screen.get_by_role("heading", name="Ce n’est pas le bon navigateur")).to_have_count(0)


def test_wrong_digits_are_told_and_the_page_goes_nowhere(
    new_phone: NewPhone, hall: Hall, portal: str, screen: Page
) -> None:
    """Whoever does not see the page cannot approve it; the third error locks, and both screens say so."""
    phone = new_phone("ecps")
    phone.enrol("karim")
    digits = begin(screen, portal)
    wrong = f"{(int(digits) + 1) % 100:02d}"
    code = _CODE.search(screen.content())
    assert code is not None
    phone.open(f"#{code.group(1)}")

    told: list[str] = []
    for _ in range(3):
        approve(phone, wrong)
        phone.page.locator("[role=alert]:visible").wait_for()
        told.append(phone.page.inner_text("main"))
        again = phone.page.get_by_role("button", name="Réessayer")
        if not again.is_visible():
            break
        again.click()
        # The alert leaves before the form is back: without this, the next round would read the last one's.
        phone.page.locator("[role=alert]:visible").wait_for(state="detached")
        phone.page.get_by_label("Les deux chiffres affichés").wait_for()
    expect(screen.get_by_role("heading", level=1)).not_to_have_text("Approuvez sur votre téléphone")

    assert "Ce ne sont pas les bons chiffres" in told[0]
    assert "terminée" in told[-1]
    assert portal not in screen.url
    assert serious(screen) == []
    del hall


def test_a_request_nobody_made_is_reported(new_phone: NewPhone, hall: Hall) -> None:
    """The phone warns; « ce n'est pas moi » refuses it, and the service learns it."""
    phone = new_phone("ecps")
    phone.enrol("luc")
    asker = an_asker(hall.town_hall)
    handle = asker.ask(hall.persona("luc").key, "42")
    before = asker.poll(handle)
    phone.open("#/signin")
    phone.page.get_by_role("heading", name="Logiciel de cabinet").wait_for()
    asked = phone.page.inner_text("main")
    found = serious(phone.page)

    phone.page.get_by_role("button", name="Ce n’est pas moi").click()
    phone.page.locator(".notice.good").wait_for()
    said = phone.page.inner_text("main")

    assert before["error"] == "authorization_pending"
    assert "c’est ce service qui vous a désigné" in asked
    assert "42" not in asked
    assert found == []
    assert "signalé" in said
    assert asker.poll(handle)["error"] in {"access_denied", "slow_down"}


def test_a_request_made_without_a_browser_is_approved_by_typing_its_digits(
    new_phone: NewPhone, hall: Hall
) -> None:
    """The digits stand on the service's own screen; typed on the phone, they open the session."""
    phone = new_phone("ecps")
    phone.enrol("laure")  # not Luc: what he reported locks him for a day
    asker = an_asker(hall.town_hall)
    handle = asker.ask(hall.persona("laure").key, "07")
    phone.open("#/signin")

    approve(phone, "07")
    phone.page.locator(".notice.good").wait_for()

    assert "access_token" in asker.poll(handle)


def test_somebody_with_two_practices_says_in_which(hall: Hall, new_phone: NewPhone) -> None:
    """A line each, the first chosen; the other one is signed, and the service gets its tokens."""
    asker = an_asker(hall.town_hall)
    phone = new_phone("ecps")
    phone.enrol("karim")
    handle = asker.ask(hall.persona("karim").key, "42")
    phone.open("#/signin")
    lines = phone.page.locator("fieldset .choice")
    lines.first.wait_for()
    offered = lines.count()

    lines.nth(1).click()
    approve(phone, "42")
    expect(phone.page.locator(".notice.good")).to_contain_text("C’est fait")
    answer = asker.poll(handle)

    assert offered == 2
    assert "access_token" in answer
