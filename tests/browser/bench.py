"""A browser, a backend and phones inside the browser: what the tests of this folder stand on.

The browser is Debian's Chromium, headless, driven by Playwright; the phone's secure hardware is Chromium's
virtual authenticator, which the backend lets in because it runs in the `test` environment, and nowhere else
(WA-12). The backend is the demonstration's own, in a process of its own, on a free loopback port.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from examples.demo.people import Cast, Persona, read_cast
from examples.demo.town_hall import TownHall, free_port
from mobile_mock.answers import ActivationCode
from tests.testdata import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
PHONE_APP: Final = ROOT / "mobile_mock" / "pwa"
VERIFIER_PAGE: Final = ROOT / "verifier" / "page"
AXE: Final = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
BROWSER_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PACKAGES: Final = (PHONE_APP, VERIFIER_PAGE, AXE.parents[2])
MISSING: Final = "Tests du navigateur : apt install chromium nodejs npm"


_CONTRACT_FIELDS: Final = (
    "contrat;personne;numero_adherent;lien;nom_amc;type_convention;csr;garantie;debut;fin;responsable;gestion;"
    "domaines;services;etat;date_resiliation"
)


class BrowserMissing(Exception):
    """The machine has no browser, or no npm to fetch the pages' parts; the message says what to install."""


def install_parts() -> None:
    """Install the pages' parts from their lock files, where they are not there yet."""
    for folder in _PACKAGES:
        if (folder / "node_modules").is_dir():
            continue
        npm = shutil.which("npm")
        if npm is None:
            raise BrowserMissing(MISSING)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise BrowserMissing(f"npm ci ({folder.name}) : {done.stderr.strip()[-500:]}")


def launch(playwright: Playwright, *more: str) -> Browser:
    """Chromium, with an empty profile. Raises `BrowserMissing`."""
    if not CHROMIUM.exists():
        raise BrowserMissing(MISSING)
    install_parts()
    return playwright.chromium.launch(
        executable_path=str(CHROMIUM), args=[*BROWSER_ARGUMENTS, *more], headless=True
    )


class TestHall(TownHall):
    """The demonstration's backend in the `test` environment, where a virtual authenticator may enrol."""

    __test__ = False  # not a test class, whatever its name

    def _settings(self) -> Mapping[str, str]:
        return {
            **super()._settings(),
            "APCV_ENV": "test",
            "APCV_ECPS_BINDING": "device_bound_claimed",
            "APCV_STAFF_BINDING": "device_bound_claimed",
            "APCV_STATUS_CAPACITY": "4096",
            "APCV_MAX_DEVICES": "20",
        }


@dataclass
class Hall:
    """A backend that runs, and a code for each of its people."""

    town_hall: TownHall
    cast: Cast
    today: date
    _represented: bool = False

    def represent(self) -> None:
        """A desk opens every delegation of the demonstration, once."""
        if not self._represented:
            self.town_hall.open_representations(self.cast, self.today)
            self._represented = True

    def persona(self, persona_id: str) -> Persona:
        """One of the people of the demonstration."""
        everyone = (*self.cast.people, *self.cast.representatives)
        return next(one for one in everyone if one.persona_id == persona_id)

    def insure(self, persona_id: str) -> None:
        """An insurer publishes a contract of theirs."""
        year = self.today.year
        line = (
            f"TEST-{persona_id};{self.persona(persona_id).key};00012345;adherent;MUTUELLE FICTIVE;SP;;BASE;"
        )
        line += f"{year}-01-01;{year + 1}-12-31;oui;1;PHAR HOSP;TP;ouvert;"
        file = self.town_hall.folder / "contrats.csv"
        file.write_text(f"{_CONTRACT_FIELDS}\n{line}\n", encoding="utf-8")
        self.town_hall._run("apcv_backend", "contracts", "load", str(file), "--amc", "99999001")

    def code(self, persona_id: str) -> ActivationCode:
        """A fresh activation code for one of them."""
        return self.town_hall.open_codes([self.persona(persona_id)])[persona_id]


def open_hall(folder: Path, today: date) -> Hall:
    """Keys, database, directory and publication in an empty `folder`; started."""
    cast = read_cast()
    port, day = free_port(), cast.reference_day
    # `localhost`: a name every program resolves, Python's clients of the sign-in among them.
    hall = TestHall(folder, port=port, reference_day=day, today=today, host="localhost")
    hall.found(cast.directories)
    hall.start()
    return Hall(hall, cast, today)


@dataclass
class WebPhone:
    """A phone: one page of the app, its authenticator, and what a person does with them."""

    hall: Hall
    kind: str
    context: BrowserContext
    page: Page
    cdp: CDPSession
    authenticator: str

    @property
    def url(self) -> str:
        """The app's address for this kind of card."""
        return self.hall.town_hall.phone_pages[self.kind]

    def open(self, address: str = "", language: str = "fr") -> None:
        """Open the app at one of its screens, in front of every other page."""
        self.page.bring_to_front()
        self.page.goto(f"{self.url}?lang={language}{address}")
        self.page.wait_for_selector("h1")

    def enrol(self, persona_id: str) -> None:
        """Type the code, unlock the phone, note the loss code: ends on the card."""
        code = self.hall.code(persona_id)
        self.open("#/enrol")
        self.page.get_by_label("Référence", exact=True).fill(code.reference)
        for at, secret in enumerate(code.secrets):
            self.page.locator(f"#secret{at}").fill(secret)
        self.page.get_by_role("button", name="Activer ma carte").click()
        self.page.get_by_role("link", name="C’est noté").click()
        self.page.wait_for_selector(".card .name")

    def show(self, button: str = "Présenter ma carte") -> None:
        """Press the large button of a card, unlock: the code is on the screen."""
        self.open()
        self.page.get_by_role("button", name=button).click()
        self.page.wait_for_selector(".qr svg")

    def picture(self, path: Path) -> Path:
        """Photograph the whole screen; gives `path`."""
        self.page.screenshot(path=str(path))
        return path

    def clock(self, shift_s: int) -> None:
        """Move the clock of this page, from its next start on."""
        later(self.page, shift_s)


def later(page: Page, shift_s: int) -> None:
    """Move the clock of a page, from its next start on."""
    page.add_init_script(
        f"{{ const real = Date.now.bind(Date); Date.now = () => real() + {shift_s * 1000}; }}"
    )


def hold_app(page: Page) -> None:
    """Wait until the service worker holds the whole app: from then on it opens without a network."""
    page.evaluate(
        "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller"
        " || new Promise((held) => navigator.serviceWorker.addEventListener('controllerchange', held)))"
        ".then(() => true)"
    )


def web_phone(browser: Browser, hall: Hall, kind: str = "apcv", **screen: Any) -> WebPhone:
    """A new phone, empty: a browser context and a virtual authenticator that unlocks at once."""
    context = browser.new_context(
        locale="fr-FR",
        timezone_id="Europe/Paris",
        viewport=screen.pop("viewport", {"width": 400, "height": 860}),
        **screen,
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    cdp, authenticator = unlocking(context, page)
    return WebPhone(hall, kind, context, page, cdp, authenticator)


def unlocking(context: BrowserContext, page: Page) -> tuple[CDPSession, str]:
    """Give a page an authenticator with a resident key store and a user who is always verified."""
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    made = cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "ctap2Version": "ctap2_1",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return cdp, str(made["authenticatorId"])


def serious(page: Page) -> list[str]:
    """What axe-core finds serious or critical, one line each. It is put in past the page's own policy.

    Its session is never detached: Chromium turns off the WebAuthn domain of each session that goes, and with
    it the page's virtual authenticator, whichever session had added that one.
    """
    cdp = page.context.new_cdp_session(page)
    cdp.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    asked = """
      axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        .then((told) => told.violations
          .filter((one) => ["serious", "critical"].includes(one.impact))
          .map((one) => [one.id, ...one.nodes.map((node) => node.target.join(" "))].join(": ")))
    """
    told = cdp.send("Runtime.evaluate", {"expression": asked, "awaitPromise": True, "returnByValue": True})
    if "exceptionDetails" in told:
        raise AssertionError(told["exceptionDetails"])
    found: list[str] = told["result"]["value"]
    return found
