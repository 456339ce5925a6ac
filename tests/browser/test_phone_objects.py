"""On the web phone: an insurer's query is read, objected to once told the cost, and allowed again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from examples.insurer.client import Refused
from tests.browser.bench import Hall, WebPhone, serious
from tests.browser.front import an_insurer


def test_an_insurer_is_objected_to_from_the_line_of_its_query(hall: Hall, ange: WebPhone) -> None:
    """That care may have to be paid in advance is said first; nothing is told until the list's way back."""
    hall.insure("ange")
    insurer, member, day = an_insurer(hall.town_hall), hall.persona("ange").key, hall.today.isoformat()
    insurer.ask(member, day)
    phone, page = ange, ange.page
    phone.open("#/journal")
    page.get_by_role("button", name="M’opposer aux consultations de cet organisme").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Mutuelle d’exemple")
    expect(page.locator(".notice.care")).to_contain_text("avancer les frais")
    asked = serious(page)

    page.get_by_role("button", name="Oui, m’opposer").click()
    lift = page.get_by_role("button", name="Ne plus m’opposer à Mutuelle d’exemple")
    lift.wait_for()
    listed = serious(page)
    expect(page.get_by_text("Vous vous opposez aux consultations de cet organisme.")).to_be_visible()
    expect(page.get_by_role("button", name="M’opposer aux consultations")).to_have_count(0)
    with pytest.raises(Refused, match="rights_not_answered"):
        insurer.ask(member, day)

    lift.click()
    expect(page.get_by_role("button", name="M’opposer aux consultations")).to_have_count(2)
    expect(lift).to_have_count(0)
    assert "amc" in insurer.ask(member, day)
    assert (asked, listed) == ([], [])
