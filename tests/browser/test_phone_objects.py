"""On the web phone: an insurer's query is read, objected to once told the cost, and allowed again."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.bench import WebPhone, serious

INSURER = "99999001"
QUERY = {
    "entry": "A" * 43,
    "at": "2026-11-21T10:00:00+00:00",
    "event": "rights.queried",
    "what": "Vos droits ont été consultés.",
    "who": "Mutuelle de démonstration",
    "why": "motif : votre contrat chez cet organisme",
    "insurer": INSURER,
    "contested_at": None,
    "leaf_index": None,
}


@pytest.fixture
def read_of_a_query(ange: WebPhone) -> WebPhone:
    """A phone whose journal has one line, of an insurer's query; what is said goes to the real backend."""
    page = json.dumps({"entries": [QUERY], "next": ""})
    ange.page.route("**/v1/journal", lambda route: route.fulfill(content_type="application/json", body=page))
    return ange


def test_an_insurer_is_objected_to_from_the_line_of_its_query(read_of_a_query: WebPhone) -> None:
    """That care may have to be paid in advance is said first; the list has the way back."""
    phone, page = read_of_a_query, read_of_a_query.page
    phone.open("#/journal")
    page.get_by_role("button", name="M’opposer aux consultations de cet organisme").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Mutuelle de démonstration")
    expect(page.locator(".notice.care")).to_contain_text("avancer les frais")
    asked = serious(page)

    page.get_by_role("button", name="Oui, m’opposer").click()
    lift = page.get_by_role("button", name="Ne plus m’opposer à Mutuelle de démonstration")
    lift.wait_for()
    listed = serious(page)
    expect(page.get_by_text("Vous vous opposez aux consultations de cet organisme.")).to_be_visible()
    expect(page.get_by_role("button", name="M’opposer aux consultations")).to_have_count(0)

    lift.click()
    expect(page.get_by_role("button", name="M’opposer aux consultations")).to_have_count(1)
    expect(lift).to_have_count(0)
    assert (asked, listed) == ([], [])
