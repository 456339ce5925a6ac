"""The page that verifies, in a browser: fed the picture of a phone's screen, it says what the till says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.bench import Hall, WebPhone, hold_app, serious
from tests.browser.counter import an_eye

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


NewPhone = Callable[..., WebPhone]

# A camera that shows one grey, and may stop.
_CAMERAS = """
  window.greyCamera = (grey, ends) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
    const context = canvas.getContext("2d");
    setInterval(() => {
      context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      context.fillRect(0, 0, 320, 240);
    }, 50);
    const stream = canvas.captureStream(20);
    if (ends) setTimeout(() => stream.getTracks()[0].stop(), 700);
    return stream;
  };
"""


def address(hall: Hall, language: str = "fr") -> str:
    """Where the page is."""
    return f"{hall.town_hall.phone_pages['apcv'].removesuffix('app/')}verifier/?lang={language}"


def pictured(phone: WebPhone, picture: Path) -> Path:
    """The picture of a code that Ange has just shown."""
    phone.open()
    phone.page.get_by_role("button", name="Présenter ma carte").click()
    phone.page.wait_for_selector(".qr svg")
    phone.page.locator(".qr").screenshot(path=str(picture))
    return picture


@pytest.fixture
def page(chromium: Browser, hall: Hall) -> Iterator[Page]:
    """The page, opened once with a network: it has fetched and proven the publication."""
    context = chromium.new_context(locale="fr-FR", viewport={"width": 320, "height": 740})
    context.set_default_timeout(30_000)
    opened = context.new_page()
    opened.goto(address(hall))
    opened.get_by_role("button", name="Scanner la carte").wait_for()
    yield opened
    context.close()


def judged(page: Page, picture: Path) -> str:
    """Choose a picture of a code; what the verdict says."""
    page.get_by_role("button", name="Scanner la carte").click()
    page.get_by_label("Ou choisir une photo du code").set_input_files(str(picture))
    page.wait_for_selector(".verdict")
    return page.inner_text("main")


def test_a_fresh_code_is_valid_and_the_same_again_is_not(page: Page, ange: WebPhone, tmp_path: Path) -> None:
    """Name and birth date large; the same picture a second time is refused and names nobody."""
    picture = pictured(ange, tmp_path / "ange.png")

    first = judged(page, picture)
    found = serious(page)
    page.get_by_role("button", name="Accueil").click()
    second = judged(page, picture)

    assert "Carte valable" in first
    assert "Ange Orsini-Test" in first
    assert found == []
    assert "Refusée" in second
    assert "Ange" not in second


def test_without_a_network_it_judges_all_the_same(page: Page, ange: WebPhone, tmp_path: Path) -> None:
    """Opened once; then the network is gone and the page is started anew."""
    hold_app(page)
    page.context.set_offline(True)
    page.reload()

    said = judged(page, pictured(ange, tmp_path / "ange.png"))

    assert "Carte valable" in said


def test_a_minute_later_the_picture_is_refused(page: Page, ange: WebPhone, tmp_path: Path) -> None:
    """A photograph of a screen is worth nothing after a minute."""
    picture = pictured(ange, tmp_path / "ange.png")
    page.evaluate("const real = Date.now.bind(Date); Date.now = () => real() + 61000;")

    said = judged(page, picture)

    assert "Code de plus d’une minute" in said
    assert "Ange" not in said


def test_the_camera_reads_the_screen_of_a_phone(
    chromium: Browser, hall: Hall, ange: WebPhone, tmp_path: Path
) -> None:
    """A film of the phone's screen is the camera's picture: the page finds the code by itself."""
    with an_eye(chromium, tmp_path / "eye") as eye:
        eye.look_at(pictured(ange, tmp_path / "ange.png"))
        page = eye.browser.new_page(locale="fr-FR")
        page.goto(address(hall))
        page.get_by_role("button", name="Scanner la carte").click()
        page.wait_for_selector(".verdict", timeout=20_000)
        said = page.inner_text("main")

    assert "Carte valable" in said


def paired(page: Page, *pictures: Path) -> str:
    """Choose one picture after the other, without going home; what the last verdict says."""
    said = judged(page, pictures[0])
    for picture in pictures[1:]:
        page.get_by_role("button", name="Carte suivante").click()
        page.get_by_label("Ou choisir une photo du code").set_input_files(str(picture))
        page.wait_for_selector(".verdict")
        said = page.inner_text("main")
    return said


def test_a_contract_is_paired_with_its_card_and_anothers_is_refused(
    page: Page, ange: WebPhone, hall: Hall, new_phone: NewPhone, tmp_path: Path
) -> None:
    """Sarah's card and contract are one patient; beside Ange's card, her contract is refused in words."""
    hall.insure("sarah")
    phone = new_phone()
    phone.enrol("sarah")
    phone.show()
    phone.page.locator(".qr").screenshot(path=str(tmp_path / "card.png"))
    phone.page.goto("about:blank")
    phone.show("Présenter ma complémentaire")
    phone.page.locator(".qr").screenshot(path=str(tmp_path / "contract.png"))

    together = paired(page, tmp_path / "card.png", tmp_path / "contract.png")
    found = serious(page)
    page.get_by_role("button", name="Accueil").click()
    phone.page.goto("about:blank")
    phone.show("Présenter ma complémentaire")
    phone.page.locator(".qr").screenshot(path=str(tmp_path / "again.png"))
    apart = paired(page, pictured(ange, tmp_path / "ange.png"), tmp_path / "again.png")
    found += serious(page)

    assert "Carte valable" in together
    assert "Sarah" in together
    assert "MUTUELLE FICTIVE (99999001), Ouverts, jusqu" in together
    assert "Ce contrat ne va pas avec la carte lue juste avant" in apart
    assert "Ange Orsini-Test" in apart
    assert "MUTUELLE" not in apart
    assert found == []


def test_a_list_too_old_is_said_and_nothing_is_judged(page: Page, ange: WebPhone, tmp_path: Path) -> None:
    """Four days without a network: which list, what to do, and red for whatever is scanned."""
    picture = pictured(ange, tmp_path / "ange.png")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.evaluate("const real = Date.now.bind(Date); Date.now = () => real() + 96 * 3600 * 1000;")

    said = judged(page, picture)
    page.get_by_role("button", name="Accueil").click()
    page.locator("[role=alert]").first.wait_for()
    home = page.inner_text("main")
    found = serious(page)

    assert "Refusée" in said
    assert "La liste de confiance a plus de trois jours : mettez-la à jour." in said
    assert "Ange" not in said
    assert "La liste de confiance a plus de trois jours : mettez-la à jour." in home
    assert found == []


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ("throw new DOMException('', 'NotFoundError')", "Pas d’appareil photo utilisable ici."),
        ("throw new DOMException('', 'NotAllowedError')", "n’est pas autorisé pour cette page"),
        ("throw new DOMException('', 'NotReadableError')", "sert déjà à une autre application"),
        ("return greyCamera(120, true)", "L’appareil photo s’est arrêté."),
        ("return greyCamera(2, false)", "L’appareil photo ne voit que du noir"),
    ],
)
def test_each_failure_of_the_camera_has_words_and_a_photo_is_read_meanwhile(
    page: Page, ange: WebPhone, tmp_path: Path, camera: str, said: str
) -> None:
    """None, refused, taken, stopped in the middle, black: the picture of a code is judged all the same."""
    page.evaluate(_CAMERAS)
    page.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = async () => {{ {camera} }} }}")
    page.get_by_role("button", name="Scanner la carte").click()
    page.get_by_text(said).wait_for()
    found = serious(page)
    page.get_by_label("Ou choisir une photo du code").set_input_files(
        str(pictured(ange, tmp_path / "ange.png"))
    )
    page.wait_for_selector(".verdict")

    assert "Carte valable" in page.inner_text("main")
    assert found == []
