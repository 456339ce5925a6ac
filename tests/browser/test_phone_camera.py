"""The phone's camera: the desk's own sheet read off the paper, and what stops a camera."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mobile_mock.draw import draw
from tests.browser.bench import Hall, WebPhone, web_phone
from tests.browser.counter import an_eye
from tests.browser.office import Office
from tests.simulators.pdf_reader import picture_of

if TYPE_CHECKING:
    from playwright.sync_api import Route

NewPhone = Callable[..., WebPhone]


def printed(office: Office, persona_id: str, folder: Path) -> Path:
    """The sheet a desk prints for somebody present, as paper: a picture of its page."""
    page = office.colleague("desk_agent").open("/desk")
    page.get_by_label("Numéro de la personne").fill(office.hall.persona(persona_id).key)
    page.locator("#present").check()
    page.get_by_role("button", name="Ouvrir le code").click()
    page.locator("#handed:visible").wait_for()
    sheet = folder / "sheet.pdf"

    def keep(route: Route) -> None:
        answered = route.fetch()
        sheet.write_bytes(answered.body())
        route.fulfill(response=answered)

    page.route("**/v1/desk/sheets", keep)
    page.get_by_role("button", name="Imprimer la fiche").click()
    page.get_by_text("La fiche est ouverte").wait_for()
    page.unroute("**/v1/desk/sheets")
    return picture_of(sheet)


def test_the_sheet_printed_at_the_desk_is_read_by_the_phone(
    office: Office, hall: Hall, tmp_path: Path
) -> None:
    """The real PDF, the whole page before the camera: nothing to copy, one gesture, the card."""
    paper = printed(office, "camille", tmp_path)
    with an_eye(office.browser, tmp_path / "eye") as eye:
        phone = web_phone(eye.browser, hall)
        eye.look_at(paper)
        phone.open("#/enrol")
        phone.page.get_by_role("button", name="Scanner la feuille").click()
        phone.page.get_by_text("La feuille a été lue").wait_for()
        reference = phone.page.get_by_label("Référence", exact=True).input_value()
        phone.page.get_by_role("button", name="Activer ma carte").click()
        phone.page.get_by_role("link", name="C’est noté").click()
        phone.page.wait_for_selector(".card .name")
        name = phone.page.inner_text(".card .name")
        phone.context.close()

    assert len(reference) == 9
    assert "Camille" in name


def test_a_code_that_is_no_sheet_is_said_and_the_form_stays(new_phone: NewPhone, tmp_path: Path) -> None:
    """Somebody scans a till's code in the place of the sheet: what to scan is said."""
    phone = new_phone()
    picture = tmp_path / "other.png"
    picture.write_bytes(draw("1234567890" * 12).png())
    phone.open("#/enrol")

    phone.page.get_by_role("button", name="Scanner la feuille").click()
    phone.page.get_by_label("Choisir une photo du code").set_input_files(str(picture))

    phone.page.get_by_text("Ce code n’est pas celui d’une feuille d’activation").wait_for()
    assert phone.page.get_by_label("Référence", exact=True).is_visible()


_CAMERA = """
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 480;
  const drawn = canvas.getContext("2d");
  let shade = 0;
  setInterval(() => { drawn.fillStyle = `hsl(0 0% ${shade++ % 99}%)`; drawn.fillRect(0, 0, 640, 480); }, 100);
  const real = async () => { window.seen = canvas.captureStream(10); return window.seen; };
"""


def test_a_camera_unplugged_while_scanning_says_so_and_can_be_tried_again(new_phone: NewPhone) -> None:
    """The picture stops: the sentence comes by itself, a photo can be chosen, and one button starts again."""
    phone = new_phone()
    phone.page.add_init_script(f"{{ {_CAMERA} navigator.mediaDevices.getUserMedia = real; }}")
    phone.enrol("nadia")
    phone.open("#/scan")
    phone.page.evaluate(
        "new Promise((seen) => { const look = () => document.querySelector('video')?.videoWidth > 0"
        " ? seen() : setTimeout(look, 50); look(); setTimeout(seen, 15000); })"
    )

    phone.page.evaluate("window.seen.getTracks()[0].stop()")
    phone.page.get_by_role("heading", name="L’appareil photo s’est arrêté").wait_for()
    picture = phone.page.get_by_label("Choisir une photo du code").is_visible()
    phone.page.get_by_role("button", name="Réessayer").click()

    phone.page.wait_for_selector(".camera video")
    assert picture
    assert phone.page.locator("[role=alert]:visible").count() == 0


@pytest.mark.parametrize(
    ("error", "title"),
    [
        ("NotReadableError", "L’appareil photo est occupé"),
        ("NotAllowedError", "L’appareil photo n’est pas autorisé"),
        ("NotFoundError", "Pas d’appareil photo"),
        ("OverconstrainedError", "Pas d’appareil photo"),
    ],
)
def test_each_reason_for_no_camera_has_its_own_words(ange: WebPhone, error: str, title: str) -> None:
    """Taken by another application, not allowed, not there; a photo of the code is always a way out."""
    ange.page.goto("about:blank")
    ange.open("#/")
    ange.page.evaluate(
        "(name) => { const no = async () => { throw new DOMException('', name); };"
        " navigator.mediaDevices.getUserMedia = no; }",
        error,
    )

    ange.page.get_by_role("link", name="Scanner").click()

    ange.page.get_by_role("heading", name=title).wait_for()
    assert ange.page.get_by_label("Choisir une photo du code").is_visible()
