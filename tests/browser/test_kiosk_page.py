"""The till's page in a real browser: read by a keyboard reader, by a camera, and when things go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.bench import serious
from tests.browser.till_page import a_browser, a_page, light, type_on_azerty, type_text
from tests.simulators.cards import NOON, Phone, a_complete_apcv, a_contract, an_identity_apcv
from tests.simulators.film import CAMERA, film
from tests.simulators.kiosk import TestKiosk, a_kiosk
from tests.simulators.number_traces import forms_in
from tests.simulators.two_way import a_street
from verifier import scanner
from verifier.kiosk.desk import Source

ANGE = "158032A99904296"


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The browser of this folder, for every page that needs no camera."""
    return chromium


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[TestKiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


def test_a_card_typed_by_a_reader_is_green_without_a_click(browser: Browser, kiosk: TestKiosk) -> None:
    """Word, shape and colour; name and birth date; rights until when; and the next one at once."""
    with a_page(browser, kiosk) as page:
        expect(page.locator(".ready")).to_be_visible()

        type_text(page, kiosk.world.show(a_complete_apcv()))

        light(page, "green")
        shown = page.locator("#shown")
        expect(shown.locator(".word")).to_have_text("VERT")
        expect(shown.locator(".shape")).to_be_visible()
        expect(shown.locator(".person")).to_have_text("ANGE ORSINI-TEST")
        expect(shown.locator(".birth")).to_contain_text("14/03/1958")
        expect(shown.locator(".rights")).to_contain_text("jusqu’au 28/02/2027")
        expect(page.locator("#today")).to_contain_text("A. O.-T.")
        kiosk.wait(70)
        type_text(page, kiosk.world.show_apcv())
        light(page, "red")
        expect(shown).to_contain_text("Le code a plus d’une minute")
        expect(shown).not_to_contain_text("ORSINI")


def test_the_token_leaves_the_address_and_survives_a_reload(browser: Browser, kiosk: TestKiosk) -> None:
    """It is in no bookmark and no history; the tab keeps it."""
    with a_page(browser, kiosk) as page:
        expect(page.locator("#ways")).to_contain_text("signées")

        assert page.url == kiosk.server.url
        page.reload()
        expect(page.locator("#ways")).to_contain_text("signées")


def test_azerty_and_progress_while_it_types(browser: Browser, kiosk: TestKiosk) -> None:
    """A reader set for QWERTY on a French workstation; the bar fills meanwhile."""
    with a_page(browser, kiosk) as page:
        expect(page.locator(".ready")).to_be_visible()
        page.evaluate(
            "new MutationObserver(() => { window.filled = true; }).observe("
            "document.getElementById('typed'), {attributes: true})"
        )

        type_on_azerty(page, kiosk.world.show_apcv())

        light(page, "green")
        expect(page.locator("#typing")).to_be_hidden()
        assert page.evaluate("window.filled") is True


def test_a_reader_without_a_suffix_is_ended_by_silence(browser: Browser, kiosk: TestKiosk) -> None:
    """No Enter: a third of a second later."""
    with a_page(browser, kiosk) as page:
        expect(page.locator(".ready")).to_be_visible()

        type_text(page, kiosk.world.show_apcv(), end="")

        light(page, "green")


def test_a_busy_machine_cuts_no_code_in_two(browser: Browser, kiosk: TestKiosk) -> None:
    """Half a second of nothing in the middle, with a reader known to end by Enter: the rest is waited for."""
    with a_page(browser, kiosk) as page:
        type_text(page, "3400930000120")
        light(page, "other")
        text = kiosk.world.show_apcv()

        page.keyboard.type(text[:400])
        page.wait_for_timeout(600)
        type_text(page, text[400:])

        light(page, "green")


def test_a_reader_presses_no_button(browser: Browser, kiosk: TestKiosk) -> None:
    """The focus stands on a button, and the Enter that ends the code is the code's."""
    with a_page(browser, kiosk) as page:
        expect(page.locator("#ways")).to_contain_text("signées")
        page.locator("[data-policy=prescription]").focus()

        type_text(page, kiosk.world.show_apcv())

        light(page, "green")
        assert kiosk.state()["asked"]["once"] is None


def test_a_person_typing_slowly_is_no_reader(browser: Browser, kiosk: TestKiosk) -> None:
    """And their Enter still presses buttons."""
    with a_page(browser, kiosk) as page:
        expect(page.locator("#ways")).to_contain_text("signées")
        page.locator("[data-policy=prescription]").focus()

        page.keyboard.type("12345", delay=200)
        page.keyboard.press("Enter")

        expect(page.locator("#asked-now")).to_contain_text("Prescripteur")
        assert kiosk.state()["today"] == []


def test_a_prescriber_is_checked_by_keyboard_alone(browser: Browser, kiosk: TestKiosk) -> None:
    """Tab to the button, Enter, the e-CPS; then the screen is a patient's again."""
    with a_page(browser, kiosk) as page:
        expect(page.locator("#ways")).to_contain_text("signées")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.dataset.policy") == "prescription":
                break
        page.keyboard.press("Enter")
        expect(page.locator("#asked-now")).to_contain_text("Prescripteur")

        type_text(page, kiosk.world.show_ecps())

        light(page, "green")
        expect(page.locator("#shown")).to_contain_text("LAURE PAOLI-TEST")
        expect(page.locator("#asked-now")).to_contain_text("Patient")


def test_the_camera_reads_a_phone_green_then_red_a_minute_later(chromium: Browser, tmp_path: Path) -> None:
    """The picture of a phone's screen, fed to the camera; nobody touches anything."""
    with a_kiosk(tmp_path) as kiosk:
        show = film(tmp_path / "phone.y4m", kiosk.world.show_apcv())
        with a_browser(chromium, *CAMERA, show) as browser, a_page(browser, kiosk) as page:
            page.locator("#camera-button").click()

            light(page, "green")
            expect(page.locator("#stage")).to_have_attribute("data-frame-to-verdict-ms", re.compile(r"^\d"))
            took = page.locator("#stage").get_attribute("data-frame-to-verdict-ms")
            page.wait_for_timeout(1000)
            still = kiosk.state()["today"]
            kiosk.wait(61)
            light(page, "red")
            expect(page.locator("#shown")).to_contain_text("Le code a plus d’une minute")

    print(f"frame to verdict: {took} ms")
    assert [entry["light"] for entry in still] == ["green"]


def test_the_camera_starts_by_itself_the_next_day(chromium: Browser, tmp_path: Path) -> None:
    """Allowed once, it is on when the page opens again."""
    with a_kiosk(tmp_path) as kiosk:
        show = film(tmp_path / "room.y4m", "")
        with a_browser(chromium, *CAMERA, show) as browser, a_page(browser, kiosk) as page:
            page.locator("#camera-button").click()
            expect(page.locator("#video")).to_be_visible()
            page.reload()
            expect(page.locator("#video")).to_be_visible()


def test_a_till_that_stopped_says_so_and_recovers(browser: Browser, tmp_path: Path) -> None:
    """The page does not pretend; the paper sheet is one click away."""
    with a_kiosk(tmp_path) as kiosk, a_page(browser, kiosk) as page:
        expect(page.locator("#ways")).to_contain_text("signées")
        page.route("**/api/**", lambda route: route.abort("connectionrefused"))
        page.reload()
        expect(page.locator("#alarm")).to_contain_text("Le guichet est arrêté.")
        expect(page.locator("#alarm a")).to_have_attribute("href", "/paper.html")

        page.unroute("**/api/**")

        expect(page.locator("#alarm")).to_be_empty(timeout=10_000)


def test_a_till_that_stopped_leaves_nobody_on_the_screen(browser: Browser, kiosk: TestKiosk) -> None:
    """What clears the screen after two minutes, and the list at night, is gone: the page does both itself."""
    with a_page(browser, kiosk) as page:
        type_text(page, kiosk.world.show_apcv())
        light(page, "green")
        expect(page.locator("#today")).to_contain_text("A. O.-T.")

        page.route("**/api/**", lambda route: route.abort("connectionrefused"))
        kiosk.kiosk.desk.tell_state(kiosk.now)  # ends the question that waits: the next one finds nobody

        expect(page.locator("#alarm")).to_contain_text("Le guichet est arrêté.")
        expect(page.locator("#shown")).not_to_contain_text("ORSINI")
        expect(page.locator("#today")).not_to_contain_text("A. O.-T.")
        expect(page.locator("#blank")).to_be_hidden()


def test_a_page_without_the_token_says_where_to_find_it(browser: Browser, kiosk: TestKiosk) -> None:
    """A bookmark of yesterday."""
    page = browser.new_page()
    page.goto(kiosk.server.url)

    expect(page.locator("#alarm")).to_contain_text("Cette page a besoin de la clé du guichet.")
    page.close()


@pytest.mark.parametrize(
    ("hours", "said"),
    [(90, "plus de 72 heures"), (30, "24 heures"), (-5, "L’horloge de ce poste est en retard.")],
)
def test_trust_data_and_clock_have_their_own_screens(
    browser: Browser, kiosk: TestKiosk, hours: int, said: str
) -> None:
    """Above everything, with what to do."""
    kiosk.now = NOON + timedelta(hours=hours)

    with a_page(browser, kiosk) as page:
        expect(page.locator("#alarm")).to_contain_text(said)
        expect(page.locator(".ready")).to_contain_text(
            "Prêt" if hours == 30 else "Ce poste ne peut pas vérifier"
        )


def test_a_person_leaves_the_screen(browser: Browser, kiosk: TestKiosk) -> None:
    """By the button at once, by itself after two minutes."""
    with a_page(browser, kiosk) as page:
        type_text(page, kiosk.world.show_apcv())
        light(page, "green")
        page.locator("#blank").click()
        expect(page.locator(".ready")).to_be_visible()
        kiosk.wait(10)
        type_text(page, kiosk.world.show_apcv(at=kiosk.now))
        light(page, "green")
        kiosk.wait(121)
        kiosk.kiosk.desk.tick(kiosk.now)
        expect(page.locator(".ready")).to_be_visible()


def test_the_two_way_scan_from_picture_to_picture(browser: Browser, tmp_path: Path) -> None:
    """Both phones read what the screen really shows; the sealed answer is green and says so."""
    with (
        a_kiosk(tmp_path) as kiosk,
        a_street(tmp_path, kiosk.world) as street,
        a_page(browser, kiosk) as page,
    ):
        laure, ange = street.professional("laure"), street.patient("ange")
        page.locator("#two-way button").click()
        expect(page.locator(".mark")).to_be_visible()
        offer = scanner.read_picture(page.locator("#two-way .qr").screenshot())

        type_text(page, laure.holder.authorise_till(offer, kiosk.now, lambda _: True).text)

        expect(page.locator("#shown")).to_contain_text("Ce poste est autorisé")
        expect(page.locator("#two-way")).to_contain_text("Poste autorisé jusqu’à")
        request = scanner.read_picture(page.locator("#two-way .qr").screenshot())
        kiosk.wait(5)
        type_text(page, ange.answer(request, kiosk.now))
        light(page, "green")
        badge = "preuve à deux sens : réponse à la demande de ce poste"
        expect(page.locator("#shown .badge")).to_have_text([badge])
        expect(page.locator("#shown .person")).to_have_text("ANGE ORSINI-TEST")
        page.wait_for_timeout(500)
        assert scanner.read_picture(page.locator("#two-way .qr").screenshot()) != request


def test_the_request_on_show_is_drawn_again_before_phones_refuse_it(browser: Browser, tmp_path: Path) -> None:
    """Forty seconds and a little, and the focus of whoever uses the keyboard stays until then."""
    with (
        a_kiosk(tmp_path) as kiosk,
        a_street(tmp_path, kiosk.world) as street,
        a_page(browser, kiosk) as page,
    ):
        page.clock.install()
        page.locator("#two-way button").click()
        offer = scanner.read_picture(page.locator("#two-way .qr").screenshot())
        laure = street.professional("laure")
        type_text(page, laure.holder.authorise_till(offer, kiosk.now, lambda _: True).text)
        expect(page.locator("#two-way")).to_contain_text("Poste autorisé jusqu’à")
        shown = page.locator("#two-way .qr img")
        first = shown.get_attribute("src")
        page.locator("#two-way button").focus()
        page.clock.pause_at(page.evaluate("Date.now()") + 60_000)  # from here on, time is ours

        kiosk.wait(30)
        page.clock.run_for(10_500)
        expect(page.locator("#two-way button")).to_be_focused()
        assert shown.get_attribute("src") == first
        kiosk.wait(10)
        page.clock.run_for(10_500)

        expect(shown).not_to_have_attribute("src", str(first))


def test_english_is_second_and_remembered(browser: Browser, kiosk: TestKiosk) -> None:
    """One button; the verdict speaks it too."""
    with a_page(browser, kiosk) as page:
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        page.locator("#language").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        type_text(page, kiosk.world.show_apcv())
        expect(page.locator("#shown .word")).to_have_text("GREEN")
        page.goto(kiosk.server.url + "paper.html")
        expect(page.locator("h1:visible")).to_have_text("When nothing reads cards any more")


@pytest.mark.parametrize("path", ["", "reader.html", "paper.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_at_320_pixels(browser: Browser, kiosk: TestKiosk, path: str, scheme: str) -> None:
    """No scrolling sideways (WCAG 2.2, 1.4.10), with a verdict on the screen."""
    with a_page(browser, kiosk, path, viewport={"width": 320, "height": 640}, color_scheme=scheme) as page:
        page.wait_for_timeout(300)
        if not path:
            type_text(page, kiosk.world.show(a_complete_apcv()))
            light(page, "green")

        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_contract_is_drawn_beside_its_card_and_refused_beside_another(
    browser: Browser, kiosk: TestKiosk
) -> None:
    """No click: the person stays large; another's contract is red in words, and axe has no complaint."""
    with a_page(browser, kiosk) as page:
        type_text(page, kiosk.world.show_apcv())
        light(page, "green")
        kiosk.wait(4)
        type_text(page, kiosk.world.show(a_contract(), kiosk.now))

        expect(page.locator("#shown .rights")).to_contain_text("MUTUELLE FICTIVE")
        expect(page.locator("#shown .person")).to_have_text("ANGE ORSINI-TEST")
        kiosk.wait(4)
        another = Phone("phone-neighbour")
        type_text(page, kiosk.world.show(a_contract(), kiosk.now, phone=another))
        light(page, "red")
        expect(page.locator("#shown .rights .closed")).to_contain_text("ne va pas avec cette carte")
        expect(page.locator("#shown .person")).to_have_text("ANGE ORSINI-TEST")
        assert serious(page) == []


def test_no_address_the_page_asks_for_holds_anything_of_a_card(browser: Browser, kiosk: TestKiosk) -> None:
    """A proxy, a crash report, the browser's own history: addresses are what is kept of a request."""
    with a_page(browser, kiosk) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        expect(page.locator("#ways")).to_contain_text("signées")
        text = kiosk.world.show(a_complete_apcv())
        type_text(page, text)
        light(page, "green")
        type_text(page, ANGE)
        light(page, "other")

    assert len(asked) >= 3
    told = "\n".join(asked)
    assert forms_in(told.encode(), [ANGE]) == []
    assert not any(word in told for word in (text[:40], "ORSINI"))
    assert {name for url in asked for name, _ in parse_qsl(urlsplit(url).query)} <= {"lang", "after", "wait"}


def test_a_long_day_does_not_lengthen_the_page(browser: Browser, kiosk: TestKiosk) -> None:
    """The list of today scrolls by itself: what it says to ears alone stays inside it."""
    with a_page(browser, kiosk) as page:
        expect(page.locator("#ways")).to_contain_text("signées")
        for number in range(30):
            kiosk.kiosk.desk.take(f"box {number}", Source.KEYBOARD, kiosk.now)
        expect(page.locator("#today .entry")).to_have_count(30)

        tall = page.evaluate("document.documentElement.scrollHeight")
        end = page.evaluate("document.querySelector('footer').getBoundingClientRect().bottom")

    assert tall <= max(800, end + 2)


def test_the_verdict_is_read_from_two_metres(browser: Browser, kiosk: TestKiosk) -> None:
    """Sixteen minutes of arc, the least of ISO 9241-303: capitals of 9.3 mm, which a font of 49 px has."""
    with a_page(browser, kiosk) as page:
        type_text(page, kiosk.world.show_apcv())
        light(page, "green")

        sizes = [
            float(page.locator(f"#shown {what}").evaluate("it => parseFloat(getComputedStyle(it).fontSize)"))
            for what in (".word", ".person")
        ]

    assert min(sizes) >= 49


def test_the_page_speaks_to_its_own_workstation_only(browser: Browser, kiosk: TestKiosk) -> None:
    """Every request of every page goes to the kiosk."""
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "reader.html", "paper.html"):
        page.goto(kiosk.server.address.replace("/#", f"/{path}#"))
        page.wait_for_timeout(200)
    page.close()

    assert asked
    assert [url for url in asked if not url.startswith((kiosk.server.url, "data:"))] == []
    assert not [url for url in asked if "ORSINI" in url or "token" in url.split("#")[0]]


@pytest.mark.parametrize("path", ["", "reader.html", "paper.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, kiosk: TestKiosk, path: str, scheme: str) -> None:
    """With each light on the screen, and the till waiting."""
    with a_page(browser, kiosk, path, color_scheme=scheme) as page:
        page.wait_for_timeout(300)
        assert serious(page) == []
        if path:
            return
        type_text(page, kiosk.world.show(a_complete_apcv()))
        light(page, "green")
        assert serious(page) == []
        kiosk.wait(10)
        type_text(page, kiosk.world.show(an_identity_apcv(), at=kiosk.now))
        light(page, "amber")
        assert serious(page) == []
        kiosk.wait(61)
        type_text(page, kiosk.world.show_apcv(at=NOON))
        light(page, "red")
        assert serious(page) == []
        type_text(page, "3400930000120")
        light(page, "other")
        assert serious(page) == []
