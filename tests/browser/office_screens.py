"""The staff's pages before the camera: each brought by whoever's role opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.browser.office import Office

if TYPE_CHECKING:
    from playwright.sync_api import Page

OFFICE_PAGES: Final = {
    "staff-approvals": ("administrator", "/staff/approvals"),
    "staff-colleagues": ("administrator", "/staff/colleagues"),
    "staff-sessions": ("desk_agent", "/staff/sessions"),
    "desk-code": ("desk_agent", "/desk"),
    "desk-phones": ("desk_agent", "/desk/phones"),
    "desk-delegations": ("desk_agent", "/desk/delegations"),
    "console-query": ("insurer_clerk", "/console"),
    "console-file": ("insurer_clerk", "/console/file"),
    "console-contracts": ("insurer_clerk", "/console/contracts"),
    "console-figures": ("insurer_clerk", "/console/figures"),
    "operations": ("operator", "/operations"),
    "staff-not-allowed": ("operator", "/desk"),
}
"""By the name of its picture: who looks, and where."""


def bring_office(office: Office, name: str, language: str) -> Page:
    """The page of this picture, in the browser of whoever may open it."""
    role, path = OFFICE_PAGES[name]
    page = office.colleague(role).open(path, language)
    page.wait_for_load_state("networkidle")
    return page


def bring_stranger(office: Office, path: str, language: str) -> Page:
    """A page that anybody may open, in a browser with nothing in it."""
    if "stranger" not in office.colleagues:
        office.colleagues["stranger"] = office.newcomer()
    return office.colleagues["stranger"].open(path, language)
