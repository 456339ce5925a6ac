"""Every failure a person can meet at the phone has its own screen, its sentence and a way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mobile_mock.draw import draw
from tests.browser.bench import WebPhone, hold_app

NewPhone = Callable[..., WebPhone]
_73_HOURS = 73 * 3600


def told(phone: WebPhone) -> str:
    """What the screen says."""
    phone.page.wait_for_selector("[role=alert]:visible")
    return phone.page.inner_text("main")


def press(phone: WebPhone) -> None:
    """Press the one large button."""
    phone.page.get_by_role("button", name="Présenter ma carte").click()


def test_a_wrong_code_says_the_same_whatever_is_wrong(new_phone: NewPhone) -> None:
    """Wrong, spent or locked: one sentence, and where to get another one."""
    phone = new_phone()
    phone.open("#/enrol")

    phone.page.get_by_label("Référence", exact=True).fill("7K3M-9QRT")
    phone.page.locator("#secret0").fill("4F7QX-02ZKM-8WN3J")
    phone.page.get_by_role("button", name="Activer ma carte").click()

    assert "Ce code n’est pas accepté" in told(phone)
    assert phone.page.get_by_role("button", name="Réessayer").is_visible()


def test_an_empty_form_says_which_box(new_phone: NewPhone) -> None:
    """Nothing is sent; the first empty box has the focus and is marked."""
    phone = new_phone()
    phone.open("#/enrol")

    phone.page.get_by_role("button", name="Activer ma carte").click()

    assert "Recopiez la référence" in told(phone)
    assert phone.page.evaluate("document.activeElement.id") == "reference"


def test_a_browser_without_passkeys_says_what_to_do(new_phone: NewPhone, hall: object) -> None:
    """No WebAuthn: the plastic card is one of the ways out, and the code is not spent."""
    del hall
    phone = new_phone()
    phone.page.add_init_script("delete window.PublicKeyCredential;")
    code = phone.hall.code("nadia")
    phone.open("#/enrol")

    phone.page.get_by_label("Référence", exact=True).fill(code.reference)
    phone.page.locator("#secret0").fill(code.secrets[0])
    phone.page.get_by_role("button", name="Activer ma carte").click()

    assert "Ce navigateur ne peut pas garder votre carte" in told(phone)


def test_a_gesture_refused_can_be_tried_again(new_phone: NewPhone) -> None:
    """The finger was not recognised: nothing was shown, and one button tries again."""
    phone = new_phone()
    phone.enrol("ange")
    phone.cdp.send(
        "WebAuthn.setUserVerified", {"authenticatorId": phone.authenticator, "isUserVerified": False}
    )

    press(phone)
    refused = told(phone)
    phone.cdp.send(
        "WebAuthn.setUserVerified", {"authenticatorId": phone.authenticator, "isUserVerified": True}
    )
    phone.page.get_by_role("button", name="Réessayer").click()

    assert "Le téléphone n’a pas été déverrouillé" in refused
    phone.page.wait_for_selector(".qr svg")


def test_a_wrong_clock_is_named_before_a_card_is_shown(new_phone: NewPhone) -> None:
    """A phone five minutes fast says so, rather than let every pharmacy refuse it."""
    phone = new_phone()
    phone.enrol("ange")
    phone.clock(300)
    phone.page.reload()
    phone.page.wait_for_selector(".card .name")

    press(phone)

    assert "L’heure de ce téléphone est fausse" in told(phone)


def test_an_expired_card_without_network_says_how_to_renew(new_phone: NewPhone) -> None:
    """Three days without a network: the card is dead, and the screen says what brings it back."""
    phone = new_phone()
    phone.enrol("nadia")
    hold_app(phone.page)
    phone.context.set_offline(True)
    phone.clock(_73_HOURS)
    phone.page.reload()
    phone.page.wait_for_selector(".card .name")

    said = phone.page.inner_text("main")
    phone.page.get_by_role("link", name="Renouveler ma carte").click()

    assert "Votre carte n’est plus utilisable" in said
    assert "Pas de réseau" in told(phone)


def test_no_camera_leaves_a_picture_as_a_way_out(ange: WebPhone) -> None:
    """The screen says so, and a picture of the code can be chosen instead."""
    ange.open("#/scan")

    said = told(ange)

    assert "Pas d’appareil photo" in said
    assert ange.page.get_by_label("Choisir une photo du code").is_visible()


def test_a_camera_refused_says_where_to_allow_it(new_phone: NewPhone) -> None:
    """The refusal of the permission is not the absence of a camera."""
    phone = new_phone()
    phone.page.add_init_script(
        "const refused = async () => { throw new DOMException('', 'NotAllowedError'); };"
        "navigator.mediaDevices.getUserMedia = refused;"
    )
    phone.enrol("nadia")
    phone.open("#/scan")

    assert "L’appareil photo n’est pas autorisé" in told(phone)


def test_a_code_that_is_none_of_ours_is_named(ange: WebPhone, tmp_path: Path) -> None:
    """A picture of somebody else's code asks for nothing and signs nothing."""
    picture = tmp_path / "other.png"
    picture.write_bytes(draw("1234567890" * 12).png())
    ange.open("#/scan")

    ange.page.get_by_label("Choisir une photo du code").set_input_files(str(picture))

    ange.page.get_by_role("heading", name="Ce code ne me dit rien").wait_for()


def test_a_withdrawn_phone_is_told_so(new_phone: NewPhone) -> None:
    """Withdrawn from its own list: its card leaves it, and the screen says how to come back."""
    phone = new_phone()
    phone.enrol("lina")
    phone.open("#/phones")
    this_one = phone.page.locator("li", has_text="Celui-ci")

    this_one.get_by_role("button", name="Retirer").click()
    phone.page.get_by_role("button", name="Oui, retirer").click()

    phone.page.get_by_role("heading", name="Ce téléphone a été retiré").wait_for()
    phone.open()
    phone.page.get_by_role("heading", name="Mettre ma carte dans ce téléphone").wait_for()
