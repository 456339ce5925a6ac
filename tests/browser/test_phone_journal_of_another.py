"""On the web phone: a parent reads the journal of a child who has no phone, and reports a line of it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.bench import Hall, WebPhone, serious


def test_a_parent_reads_and_reports_what_was_done_with_a_childs_data(
    new_phone: Callable[..., WebPhone], hall: Hall
) -> None:
    """Each child by name above one's own lines; what is reported is marked; one's own is a press away."""
    hall.represent()
    phone = new_phone()
    phone.enrol("ines")
    phone.open()
    expect(phone.page.locator(".card .name")).to_have_count(3)
    phone.open("#/journal")
    phone.page.get_by_role("button", name="Le journal de Zoe Moreau-Test").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Le journal de Zoe Moreau-Test")
    lines, found = phone.page.locator("ul.plain").inner_text(), serious(phone.page)

    phone.page.get_by_role("button", name="Je ne reconnais pas ceci").first.click()
    phone.page.get_by_role("button", name="Oui, le signaler").click()
    expect(phone.page.get_by_text("Vous avez signalé cette ligne.")).to_be_visible()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Le journal de Zoe Moreau-Test")
    phone.page.get_by_role("button", name="Revenir à mon journal").click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Qui a consulté mes données")
    expect(phone.page.get_by_role("button", name="Le journal de Tom Moreau-Test")).to_be_visible()
    assert "Une personne peut désormais présenter votre carte." in lines
    assert found == []
