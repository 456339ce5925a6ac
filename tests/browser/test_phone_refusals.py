"""What others do to a card, a server in trouble, a wrong clock, an old list: each said, with a way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import qrcode

from cartes.till_request import request_text
from mobile_mock.draw import draw
from tests.browser.bench import Hall, WebPhone, hold_app, later
from tests.vectors.two_way import ECPS, Ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

NewPhone = Callable[..., WebPhone]
_73_HOURS = 73 * 3600


def told(phone: WebPhone) -> str:
    """What the screen says, its spaces made plain."""
    phone.page.wait_for_selector("main [role=alert]:visible")
    return " ".join(phone.page.inner_text("main").split())


def fill(phone: WebPhone, reference: str, secret: str) -> None:
    """Type a code and send it."""
    phone.open("#/enrol")
    phone.page.get_by_label("Référence", exact=True).fill(reference)
    phone.page.locator("#secret0").fill(secret)
    phone.page.get_by_role("button", name="Activer ma carte").click()


def operate(phone: WebPhone, *words: str) -> None:
    """An operator types a command about this phone, by the reference its own list says."""
    phone.open("#/phones")
    reference = phone.page.locator("li", has_text="Celui-ci").locator("dd").first.inner_text()
    signed = ("--agent", "Claire Petit", "--place", "Corte")
    phone.hall.town_hall._run("apcv_backend", *words, reference, *signed)


def test_five_wrong_codes_lock_the_right_one(new_phone: NewPhone) -> None:
    """The right code no longer serves, and the sentence is the same: whoever guesses learns nothing."""
    phone = new_phone()
    code = phone.hall.code("camille")
    wrong = "4F7QX-02ZKM-8WN3J"
    for _ in range(5):
        fill(phone, code.reference, wrong)
        told(phone)
        phone.page.goto("about:blank")

    fill(phone, code.reference, code.secrets[0])

    said = told(phone)
    assert "Ce code n’est pas accepté" in said
    assert "bloqué après cinq essais" in said
    assert "demandez un nouveau code" in said


def test_a_phone_withdrawn_by_somebody_else_is_told_at_its_next_start(new_phone: NewPhone) -> None:
    """The desk withdrew it: the card leaves the phone, the screen says so and how to come back."""
    phone = new_phone()
    phone.enrol("nadia")
    operate(phone, "revoke", "device")

    phone.page.goto("about:blank")
    phone.open()

    phone.page.get_by_role("heading", name="Ce téléphone a été retiré").wait_for()
    assert phone.page.get_by_role("link", name="Activer ma carte").is_visible()
    phone.page.goto("about:blank")
    phone.open()
    phone.page.get_by_role("heading", name="Mettre ma carte dans ce téléphone").wait_for()


def test_a_suspended_card_is_named_when_it_is_renewed(new_phone: NewPhone) -> None:
    """On hold is not lost: whom to call is said."""
    phone = new_phone()
    phone.enrol("lina")
    operate(phone, "suspend", "device")

    phone.open("#/renew")

    phone.page.get_by_role("heading", name="Votre carte est suspendue").wait_for()
    assert "Elle n’est pas perdue" in told(phone)


def _answer(phone: WebPhone, path: str, **answer: Any) -> None:
    """The server answers this, from now on, at one of its doors."""

    def instead(route: Route) -> None:
        route.fulfill(**answer)

    phone.page.route(f"**{path}", instead)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 502, "content_type": "text/html", "body": "<h1>Bad Gateway</h1>"},
        {
            "status": 500,
            "content_type": "application/problem+json",
            "body": '{"code":"internal","title":"x"}',
        },
        {"status": 200, "content_type": "text/html", "body": "<h1>Bienvenue sur ce wifi</h1>"},
        {"status": 200, "content_type": "application/json", "body": '{"unexpected": true}'},
        {"status": 500, "content_type": "application/json", "body": "null"},
    ],
    ids=["gateway", "problem", "portal", "other shape", "nothing"],
)
def test_a_server_that_answers_nonsense_is_not_your_fault(ange: WebPhone, answer: dict[str, Any]) -> None:
    """Whatever came, the screen says that showing the card works all the same, and offers to try again."""
    _answer(ange, "/v1/journal", **answer)

    ange.page.goto("about:blank")
    ange.open("#/journal")
    said = told(ange)
    ange.page.unroute("**/v1/journal")
    ange.page.get_by_role("button", name="Réessayer").click()

    assert "Cela ne vient pas de vous" in said
    ange.page.get_by_role("heading", name="Qui a consulté mes données").wait_for()


def test_nonsense_at_the_start_does_not_take_the_card_away(new_phone: NewPhone) -> None:
    """The configuration is garbage: it is not kept, and the card opens with the one kept before."""
    phone = new_phone()
    phone.enrol("lina")
    _answer(phone, "/v1/configuration", status=200, content_type="application/json", body="{}")

    phone.open()
    phone.page.wait_for_selector(".card .name")
    phone.open()

    phone.page.wait_for_selector(".card .name")


@pytest.mark.parametrize(
    ("shift_s", "words"),
    [(300, "avance de 5 minutes"), (-7500, "retarde de 2 heures")],
    ids=["ahead", "behind"],
)
def test_a_wrong_clock_is_told_by_how_much_and_which_way(
    new_phone: NewPhone, shift_s: int, words: str
) -> None:
    """Against the server's own hour, on the card and again where the card would be shown."""
    phone = new_phone()
    phone.enrol("ange")
    phone.clock(shift_s)
    phone.page.reload()
    phone.page.wait_for_selector(".card .name")

    on_the_card = told(phone)
    phone.page.get_by_role("button", name="Présenter ma carte").click()
    phone.page.get_by_role("heading", name="L’heure de ce téléphone est fausse").wait_for()

    assert words in on_the_card
    assert words in told(phone)
    assert "Date et heure automatiques" in told(phone)


def _request(at: datetime) -> str:
    """A well-formed request of that moment, by a professional this phone cannot look up."""
    ask = Ask(
        ecps=replace(ECPS, issued_at=at - timedelta(hours=2)),
        authorised_at=at - timedelta(hours=1),
        until=at + timedelta(hours=10),
        asked_at=at - timedelta(seconds=2),
    )
    return request_text(ask.bytes())


def test_a_phone_whose_list_is_old_answers_nobody(new_phone: NewPhone, tmp_path: Path) -> None:
    """Two-way, three days without a network: it no longer knows who asks, and shows nothing."""
    phone = new_phone()
    phone.enrol("nadia")
    _without_network_for_73_hours(phone.page)
    phone.page.wait_for_selector(".card .name")
    late = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=_73_HOURS)
    picture = tmp_path / "request.png"
    picture.write_bytes(draw(_request(late)).png())

    phone.page.get_by_role("link", name="Scanner").click()
    phone.page.get_by_label("Choisir une photo du code").set_input_files(str(picture))

    phone.page.get_by_role("heading", name="Ce téléphone ne sait plus qui demande").wait_for()
    assert "date de plus de trois jours" in told(phone)
    assert phone.page.get_by_role("button", name="Réessayer").is_visible()


def test_a_sign_in_of_another_server_is_not_taken(ange: WebPhone, tmp_path: Path) -> None:
    """A code that leads elsewhere is not ours to answer, whatever stands behind its #: nothing is asked."""
    picture = tmp_path / "elsewhere.png"
    qrcode.make(f"https://connexion.example/s#{'A' * 22}").get_image().save(picture)
    asked: list[str] = []
    ange.page.on("request", lambda request: asked.append(request.url))

    ange.open("#/scan")
    ange.page.get_by_label("Choisir une photo du code").set_input_files(str(picture))
    ange.page.get_by_role("heading", name="Ce code ne me dit rien").wait_for()

    assert [url for url in asked if "signin-requests" in url] == []


def test_the_page_that_verifies_says_that_its_list_is_old(chromium: Browser, hall: Hall) -> None:
    """It judges nobody with it, and offers to bring it up to date."""
    context = chromium.new_context(locale="fr-FR")
    page = context.new_page()
    page.goto(f"{hall.town_hall.phone_pages['apcv'].removesuffix('app/')}verifier/?lang=fr")
    page.get_by_role("button", name="Scanner la carte").wait_for()

    _without_network_for_73_hours(page)
    page.wait_for_selector("[role=alert]")
    said = page.inner_text("main")
    scan = page.get_by_role("button", name="Scanner la carte").count()
    context.close()

    assert "La liste de confiance a plus de trois jours" in said
    assert scan == 0


def _without_network_for_73_hours(page: Page) -> None:
    """The app is on the phone; the network goes, three days pass, and it is opened again."""
    hold_app(page)
    page.context.set_offline(True)
    later(page, _73_HOURS)
    page.reload()
