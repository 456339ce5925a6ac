"""The operations page in a browser: numbers as plots and as tables, and nobody in them."""

from __future__ import annotations

import pytest

from tests.browser.bench import WebPhone, serious
from tests.browser.office import Office


def test_an_issuance_is_in_the_plot_and_in_its_table(office: Office, ange: WebPhone) -> None:
    """The same number twice: drawn, and written for whoever does not see it."""
    del ange  # a phone is enrolled and has a card
    page = office.colleague("operator").open("/operations")
    plot = page.locator("section.plot", has_text="Cartes délivrées")

    plot.get_by_text("Les mêmes nombres en tableau").click()
    total = int(plot.locator("tfoot td").first.inner_text())

    assert total >= 1
    assert plot.locator("svg rect.bar").count() >= 1
    assert plot.locator("ul.key li").all_inner_texts() == ["délivrances"]
    assert {"délivrances par jour", "jour (UTC)"} <= set(plot.locator("svg text").all_text_contents())
    assert plot.locator("svg title").count() == 1
    assert plot.locator("svg desc").count() == 1


def test_the_state_of_now_is_said_in_words_and_signs(office: Office) -> None:
    """Four checks of readiness and the age of the trust list, never a colour alone."""
    page = office.colleague("operator").open("/operations")

    good = page.locator(".tile.good").all_inner_texts()

    assert sum("en service" in one for one in good) == 4
    assert any("Âge de la liste de confiance" in one and "✓" in one for one in good)


def test_the_age_of_the_trust_list_is_drawn(office: Office) -> None:
    """One bar from its signature to its end, said in words for who does not see it."""
    page = office.colleague("operator").open("/operations")

    gauge = page.get_by_role("img", name="Âge de la liste de confiance")

    assert gauge.count() == 1
    assert "/ 24 h" in (gauge.locator("desc").text_content() or "")


def test_no_person_is_in_the_figures(office: Office, ange: WebPhone) -> None:
    """Not a name of the people who hold cards, nor thirteen digits in a row."""
    page = office.colleague("operator").open("/operations")
    surname = ange.page.locator(".card .name").first.inner_text().split()[-1].casefold()

    said = page.content().casefold()

    assert page.evaluate(r"/\d{13}/.test(document.body.innerText)") is False
    assert surname == "orsini-test"
    assert surname not in said


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_serious_in_the_figures(office: Office, width: int, language: str, scheme: str) -> None:
    """No barrier that axe-core finds; a plot scrolls in its own box, the page does not."""
    operator = office.colleague("operator")
    operator.page.set_viewport_size({"width": width, "height": 800})
    operator.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    page = operator.open("/operations", language)
    found, over = serious(page), page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.emulate_media(color_scheme="light")

    assert found == []
    assert over <= 0
