"""Staff in their browsers: each a context of their own with a security key of their own.

The first two are invited by the operator's command; everybody else is proposed by one and approved by the
other, in the pages. What stays between tests is the browser's: cookies and keys.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.browser.bench import Hall, unlocking
from tests.testdata import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

INSURER: Final = "99999001"
STRUCTURE: Final = "999001506"
ROLES: Final[Mapping[str, tuple[str, str, str]]] = {
    "desk_agent": ("Claire Petit", STRUCTURE, "Maison France Services de Corte"),
    "insurer_clerk": ("Denis Roux", INSURER, "Mutuelle Fictive, gestion"),
    "operator": ("Emma Blanc", STRUCTURE, "Salle d'exploitation"),
}


@dataclass
class Colleague:
    """One of staff: their browser, their key."""

    context: BrowserContext
    page: Page
    cdp: CDPSession
    authenticator: str
    origin: str

    def open(self, path: str, language: str = "fr") -> Page:
        """Open one of the pages."""
        self.page.bring_to_front()  # a key answers in the page that has the focus
        self.page.goto(f"{self.origin}{path}?lang={language}")
        self.page.wait_for_selector("h1")
        return self.page

    def register(self, first_half: str, second_half: str) -> None:
        """Make a key on an invitation, then sign in: ends on one's own page."""
        self.open("/staff/registration")
        self.page.get_by_label("Première moitié").fill(first_half)
        self.page.get_by_label("Seconde moitié").fill(second_half)
        self.page.get_by_role("button", name="Enregistrer ma clé").click()
        self.page.get_by_text("Votre clé est enregistrée").wait_for()
        self.sign_in()

    def sign_in(self) -> None:
        """Press the button; the key answers by itself."""
        if "/staff/sign-in" not in self.page.url:
            self.open("/staff/sign-in")
        self.page.bring_to_front()  # another colleague's page may have taken the focus since
        self.page.get_by_role("button", name="Se connecter").click()
        self.page.wait_for_url(re.compile(r"/(desk|console|operations|staff/approvals)"))

    def verified(self, *, is_verified: bool) -> None:
        """Whether the key's owner is recognised at its next use."""
        self.cdp.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.authenticator, "isUserVerified": is_verified},
        )


@dataclass
class Office:
    """The staff of one backend."""

    hall: Hall
    browser: Browser
    colleagues: dict[str, Colleague] = field(default_factory=dict)
    month_written: bool = False

    @property
    def origin(self) -> str:
        """Where staff's keys answer."""
        return self.hall.town_hall.public_url

    def newcomer(self) -> Colleague:
        """A browser with an empty security key."""
        context = self.browser.new_context(
            locale="fr-FR",
            timezone_id="Europe/Paris",
            viewport={"width": 1280, "height": 860},
            accept_downloads=True,
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        cdp, authenticator = unlocking(context, page)
        return Colleague(context, page, cdp, authenticator, self.origin)

    def colleague(self, role: str) -> Colleague:
        """Somebody of this role, signed in; hired the first time."""
        if role not in self.colleagues:
            self._hire(role)
        one = self.colleagues[role]
        one.page.set_viewport_size({"width": 1280, "height": 860})
        return one

    def administrators(self) -> tuple[Colleague, Colleague]:
        """The two who hire everybody else."""
        if "administrator" not in self.colleagues:
            for name, halves in zip(("administrator", "second"), self._bootstrap(), strict=True):
                one = self.newcomer()
                one.register(*halves)
                self.colleagues[name] = one
        return self.colleagues["administrator"], self.colleagues["second"]

    def invite(self, role: str) -> tuple[str, str]:
        """One administrator proposes, the other approves: the two halves they read on their screens."""
        first, second = self.administrators()
        name, structure, place = ROLES[role]
        page = first.open("/staff/approvals")
        page.locator("#add-name").fill(name)
        page.locator("#add-role").select_option(role)
        page.locator("#add-structure").fill(structure)
        page.locator("#add-place").fill(place)
        page.locator("#add").get_by_role("button", name="Proposer").click()
        first_half = page.locator("#half code").inner_text()
        page = second.open("/staff/approvals")
        page.locator("section.sheet", has_text=name).get_by_role("button", name="Approuver").click()
        second_half = page.locator("#half code").inner_text()
        return first_half, second_half

    def close(self) -> None:
        """Put every browser away."""
        for one in self.colleagues.values():
            one.context.close()

    def _hire(self, role: str) -> None:
        if role == "administrator":
            self.administrators()
            return
        halves = self.invite(role)
        one = self.newcomer()
        one.register(*halves)
        self.colleagues[role] = one

    def _bootstrap(self) -> list[tuple[str, str]]:
        names = ["--name", "Anne Martin", "--name", "Bruno Durand"]
        where = ["--structure", STRUCTURE, "--place", "Siège"]
        told = subprocess.run(
            [sys.executable, "-m", "apcv_backend", "staff", "bootstrap", *names, *where],
            cwd=ROOT,
            env=self.hall.town_hall.environ,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        first = re.findall(r"^Première moitié : (\S+)$", told, re.MULTILINE)
        second = re.findall(r"^Seconde moitié : (\S+)$", told, re.MULTILINE)
        return list(zip(first, second, strict=True))
