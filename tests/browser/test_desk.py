"""The desk in a browser: two people hire an agent, who opens a code that a phone then takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.bench import WebPhone, serious
from tests.browser.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

ANGE = "158032A99904296"


def open_code(page: Page, number: str = ANGE) -> None:
    """Type a number, say that the person is there, and ask."""
    page.get_by_label("Numéro de la personne").fill(number)
    page.locator("#present").check()
    page.get_by_role("button", name="Ouvrir le code").click()


def test_an_agent_hired_by_two_opens_a_code_that_a_phone_takes(
    office: Office, new_phone: Callable[..., WebPhone]
) -> None:
    """From the operator's command to a card in a phone: every step in a page."""
    page = office.colleague("desk_agent").open("/desk")

    open_code(page)
    page.locator("#handed:visible").wait_for()
    said = page.locator("#facts dd").all_inner_texts()
    phone = new_phone()
    phone.open("#/enrol")
    phone.page.get_by_label("Référence", exact=True).fill(said[1])
    phone.page.locator("#secret0").fill(said[2])
    phone.page.get_by_role("button", name="Activer ma carte").click()
    phone.page.get_by_role("link", name="C’est noté").click()

    phone.page.wait_for_selector(".card .name")


def test_the_sheet_is_drawn_and_leaves_the_page(office: Office) -> None:
    """The sheet is a PDF; the next person finds nothing of it in the page."""
    page = office.colleague("desk_agent").open("/desk")
    open_code(page)
    page.locator("#handed:visible").wait_for()
    said = page.locator("#facts dd").all_inner_texts()

    with page.expect_response("**/v1/desk/sheets") as answered:
        page.get_by_role("button", name="Imprimer la fiche").click()
    page.get_by_text("La fiche est ouverte").wait_for()
    answer = answered.value

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert said[1].count("-") == 1
    page.get_by_role("button", name="Personne suivante").click()
    assert page.locator("#facts dd").count() == 0


def test_no_code_without_the_person_there(office: Office) -> None:
    """The box is not ticked: nothing leaves, and the sentence says why."""
    page = office.colleague("desk_agent").open("/desk")

    page.get_by_label("Numéro de la personne").fill(ANGE)
    page.get_by_role("button", name="Ouvrir le code").click()

    assert "personne présente" in page.locator("#told").inner_text()
    assert page.evaluate("document.activeElement.id") == "present"


def test_somebody_unknown_is_told_and_the_number_stays_out_of_the_address(office: Office) -> None:
    """The form is still there to be corrected."""
    page = office.colleague("desk_agent").open("/desk")

    open_code(page, "189069999900195")
    page.locator("#told:visible").wait_for()

    assert page.get_by_label("Numéro de la personne").input_value() == "189069999900195"
    assert "189069" not in page.url


def test_a_lost_phone_is_withdrawn_in_two_presses(office: Office, new_phone: Callable[..., WebPhone]) -> None:
    """The first press asks; the second does."""
    new_phone().enrol("nadia")
    number = office.hall.persona("nadia").key
    page = office.colleague("desk_agent").open("/desk/phones")
    page.get_by_label("Numéro de la personne").fill(number)
    page.get_by_role("button", name="Voir ses téléphones").click()

    page.locator("#phones li").first.wait_for()
    before = page.locator("#phones li").count()
    page.get_by_role("button", name="Perdu ou volé").first.click()
    page.get_by_role("button", name="Oui, retirer").click()
    page.get_by_text("Ce téléphone est retiré").wait_for()

    assert page.locator("#phones li").count() == before - 1


def test_a_ground_offers_its_own_papers_only(office: Office) -> None:
    """A protection measure is proven by a judgment and ends on a day."""
    page = office.colleague("desk_agent").open("/desk/delegations")

    page.get_by_label("Mesure de protection").check()

    assert page.locator("#proof").input_value() == "jugement"
    assert page.locator("#until").is_visible()
    assert page.locator("#proof option:not([disabled])").count() == 1


def test_a_delegation_opens_and_ends(office: Office) -> None:
    """On a mandate, for a few days; then stopped at the desk."""
    page = office.colleague("desk_agent").open("/desk/delegations")
    page.locator("#beneficiary").fill(office.hall.persona("nadia").key)
    page.locator("#delegate").fill(ANGE)
    page.get_by_label("Quelqu’un, pour quelques jours").check()
    page.locator("#proof").select_option("mandat")
    page.locator("#until").fill(page.locator("#until").get_attribute("max") or "")
    page.locator("#seen").check()
    page.get_by_role("button", name="Ouvrir la délégation").click()
    page.get_by_text("La délégation est ouverte").wait_for()

    page.locator("#search-person").fill(ANGE)
    page.get_by_role("button", name="Voir ses délégations").click()
    page.locator("#delegations li", has_text="en cours").first.wait_for()
    page.get_by_role("button", name="Arrêter").first.click()
    page.get_by_role("button", name="Oui, arrêter").click()

    page.get_by_text("La délégation est arrêtée").wait_for()


def test_a_desk_is_left_in_one_press(office: Office) -> None:
    """From any page: the session is over on the server too, and the next page asks for the key again."""
    agent = office.colleague("desk_agent")
    page = agent.open("/desk/phones")

    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_text("Vous êtes déconnecté").wait_for()
    agent.open("/desk")

    page.get_by_role("heading", name="Connectez-vous d’abord").wait_for()
    agent.sign_in()


def test_a_role_is_changed_by_two(office: Office) -> None:
    """The form is filled with what is so today; the second person reads both, and signs."""
    agent, (first, second) = office.colleague("desk_agent"), office.administrators()
    page = first.open("/staff/approvals")
    page.locator("#change-member").select_option(label="Claire Petit (guichet)")
    page.get_by_label("Changer son rôle ou son lieu").check()
    before = page.locator("#change-place").input_value()
    assert before in agent.page.inner_text("header")
    assert not page.locator("#change-codes").is_visible()
    after = "Mairie de Corte" if before != "Mairie de Corte" else "Maison France Services de Corte"

    page.locator("#change-place").fill(after)
    page.locator("#change").get_by_role("button", name="Proposer").click()
    page.get_by_text("Une deuxième personne doit maintenant approuver").wait_for()
    page = second.open("/staff/approvals")
    proposal = page.locator("section.sheet", has_text="Changer de rôle")
    said = proposal.inner_text()
    proposal.get_by_role("button", name="Approuver").click()
    page.get_by_text("Rien en attente").wait_for()
    agent.open("/desk")
    agent.page.get_by_role("heading", name="Votre session est terminée").wait_for()
    agent.sign_in()

    assert f"{after} (aujourd’hui\N{NO-BREAK SPACE}: {before})" in said
    assert after in agent.open("/desk").inner_text("header")


def test_a_session_that_ended_says_so_and_leads_back(office: Office) -> None:
    """Cookies gone under an open page: what one presses next leads to the sign-in, with its reason."""
    agent = office.colleague("desk_agent")
    page = agent.open("/desk")
    agent.context.clear_cookies()

    open_code(page)
    page.get_by_text("Votre session est terminée").wait_for()
    agent.sign_in()

    assert page.url.startswith(f"{office.origin}/desk")


def test_another_role_is_shown_its_own_page(office: Office) -> None:
    """Not allowed is a screen with a way out, not a line of JSON."""
    page = office.colleague("desk_agent").open("/operations")

    page.get_by_role("heading", name="Cette page n’est pas pour votre rôle").wait_for()
    page.get_by_role("link", name="Aller à ma page").click()

    page.get_by_role("heading", name="Ouvrir un code").wait_for()


def test_a_stranger_is_led_to_the_sign_in(office: Office) -> None:
    """Nobody signed in: a page, and one button."""
    stranger = office.newcomer()
    page = stranger.open("/desk")

    page.get_by_role("link", name="Se connecter").click()

    page.get_by_role("button", name="Se connecter").wait_for()
    stranger.context.close()


def test_a_browser_without_keys_says_what_to_do(office: Office) -> None:
    """No WebAuthn: said at once, before anything is typed."""
    stranger = office.newcomer()
    stranger.page.add_init_script("delete window.PublicKeyCredential;")
    page = stranger.open("/staff/sign-in")

    assert "Ce navigateur ne sait pas" in page.locator("#told").inner_text()
    stranger.context.close()


def test_a_wrong_invitation_is_refused_in_words(office: Office) -> None:
    """Both boxes stay filled, to be read again."""
    stranger = office.newcomer()
    page = stranger.open("/staff/registration")

    page.get_by_label("Première moitié").fill("AAAA")
    page.get_by_label("Seconde moitié").fill("BBBB")
    page.get_by_role("button", name="Enregistrer ma clé").click()

    page.get_by_text("Cette invitation n’est pas acceptée").wait_for()
    assert page.get_by_label("Première moitié").input_value() == "AAAA"
    stranger.context.close()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/desk", "/desk/phones", "/desk/delegations", "/staff/sessions"])
def test_nothing_serious_at_the_desk(office: Office, path: str, width: int, language: str) -> None:
    """No barrier that axe-core finds, and nothing to scroll sideways."""
    agent = office.colleague("desk_agent")
    agent.page.set_viewport_size({"width": width, "height": 800})

    page = agent.open(path, language)
    page.wait_for_timeout(300)

    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("path", ["/staff/approvals", "/staff/colleagues"])
def test_nothing_serious_where_two_people_decide(office: Office, path: str) -> None:
    """The same, in the dark as well, for administrators."""
    page = office.colleague("administrator").open(path)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(300)

    found = serious(page)
    page.emulate_media(color_scheme="light")

    assert found == []
