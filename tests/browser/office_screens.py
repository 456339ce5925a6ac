"""The staff's pages before the camera: each brought by whoever's role opens it, and used as they use it.

Most scenes are a page in the middle of its work: a code just opened, somebody's phones, a file half refused.
What a scene does, it does by the page itself; only the figures' month of events is written beforehand.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from apcv_backend.complementary.rules import FIELDS
from tests.browser.office import STRUCTURE, Office
from tests.browser.office_month import write_month

if TYPE_CHECKING:
    from playwright.sync_api import Page

Use = Callable[[Office, "Page"], None]
DARK: Final = "-dark"


@dataclass(frozen=True, slots=True)
class Scene:
    """Who looks, where, and what they have just done there."""

    role: str
    path: str
    use: Use | None = None
    before: Callable[[Office], None] | None = None


def _code_open(office: Office, page: Page) -> None:
    page.locator("#person-number").fill(office.hall.persona("nadia").key)
    page.locator("#present").check()
    page.locator("#person [type=submit]").click()
    page.locator("#handed:visible").wait_for()


def _sheet(office: Office, page: Page) -> None:
    """The sheet as paper shows it; where nothing draws a PDF, the page that printed it."""
    _code_open(office, page)
    page.evaluate("window.open = () => null")  # a browser that opens no tab takes a file
    with page.expect_download() as saved:
        page.locator("#print").click()
    drawn = _first_page(Path(saved.value.path()))
    if drawn:
        picture = base64.b64encode(drawn).decode()
        page.locator("#next").click()
        page.evaluate(
            "(picture) => { document.head.replaceChildren(); document.body.replaceChildren(Object.assign("
            "new Image(), { src: `data:image/png;base64,${picture}`, alt: 'PDF' })); }",
            picture,
        )


def _first_page(pdf: Path) -> bytes:
    draws = shutil.which("pdftoppm")
    if draws is None:
        return b""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([draws, "-png", "-r", "92", "-singlefile", str(pdf), "sheet"], cwd=folder, check=True)
        return (Path(folder) / "sheet.png").read_bytes()


def _phones(office: Office, page: Page) -> None:
    page.locator("#person-number").fill(office.hall.persona("ange").key)
    page.locator("#person [type=submit]").click()
    page.locator("#phones li").first.wait_for()


def _delegations(office: Office, page: Page) -> None:
    page.locator("#search-person").fill(office.hall.persona("ines").key)
    page.locator("#search [type=submit]").click()
    page.locator("#delegations li").first.wait_for()


def _answer(office: Office, page: Page) -> None:
    page.locator("#nir").fill(office.hall.persona("ange").key)
    page.locator("#query [type=submit]").click()
    page.locator("#answer:visible").wait_for()


def _file(office: Office, page: Page) -> None:
    known = f"{office.hall.persona('ange').key};;;A-0001"
    lines = ("nir;naissance;rang;reference", known, "255019999912354;;;A-0002", "faux;;;A-0003")
    sent = {"name": "questions.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    page.locator("#file").set_input_files(sent)  # type: ignore[arg-type]  # Playwright's own dictionary
    page.locator("#file-form [type=submit]").click()
    page.locator("#save:visible").wait_for()


def _contracts(office: Office, page: Page) -> None:
    good = f"A-1;{office.hall.persona('ange').key};F0000001;adherent;MUTUELLE FICTIVE;ZZ;TEST01;R1;2026-01-01"
    good += ";;oui;3;;;ouvert;"
    lines = (";".join(FIELDS), good, good.replace("A-1", "A-2").replace("2026-01-01", "hier"), "trop;peu")
    sent = {"name": "contrats.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    page.locator("#file").set_input_files(sent)  # type: ignore[arg-type]  # Playwright's own dictionary
    page.locator("#contracts [type=submit]").click()
    page.locator("#report:visible").wait_for()


def _waiting(office: Office) -> None:
    """The second administrator proposes that an agent change roles, once."""
    office.colleague("desk_agent")
    page = office.administrators()[1].open("/staff/approvals")
    page.locator("#change-member option").first.wait_for(state="attached")
    if page.locator("#proposals section").count():
        return
    agent = page.locator("#change-member option", has_text="Claire Petit").get_attribute("value")
    page.locator("#change-member").select_option(agent or "")
    page.locator("[name=kind][value=change_role]").check()
    page.locator("#change-role").select_option("operator")
    page.locator("#change-structure").fill(STRUCTURE)
    page.locator("#change-place").fill("Salle d'exploitation")
    page.locator("#change [type=submit]").click()
    page.locator("#proposals section").first.wait_for()


def _read_again(_office: Office, page: Page) -> None:
    page.locator("#proposals section").first.wait_for()
    page.locator("[name=kind][value=change_role]").check()


def _month(office: Office) -> None:
    office.colleague("insurer_clerk")
    if not office.month_written:
        write_month(office.hall.town_hall.folder / "cartes.db")
        office.month_written = True


_PLAIN: Final[dict[str, Scene]] = {
    "staff-approvals": Scene("administrator", "/staff/approvals", _read_again, _waiting),
    "staff-colleagues": Scene(
        "administrator", "/staff/colleagues", lambda _office, page: page.locator("td").first.wait_for()
    ),
    "staff-sessions": Scene("desk_agent", "/staff/sessions"),
    "staff-not-allowed": Scene("operator", "/desk"),
    "desk-code": Scene("desk_agent", "/desk"),
    "desk-code-open": Scene("desk_agent", "/desk", _code_open),
    "desk-sheet": Scene("desk_agent", "/desk", _sheet),
    "desk-phones": Scene("desk_agent", "/desk/phones", _phones),
    "desk-delegations": Scene("desk_agent", "/desk/delegations", _delegations),
    "console-query": Scene("insurer_clerk", "/console", _answer),
    "console-file": Scene("insurer_clerk", "/console/file", _file),
    "console-contracts": Scene("insurer_clerk", "/console/contracts", _contracts),
    "console-figures": Scene("insurer_clerk", "/console/figures", before=_month),
    "operations": Scene("operator", "/operations", before=_month),
}
_ALSO_DARK: Final = ("staff-approvals", "desk-code-open", "console-query", "operations")
OFFICE_PAGES: Final = {**_PLAIN, **{f"{name}{DARK}": _PLAIN[name] for name in _ALSO_DARK}}
"""By the name of its picture."""


def bring_office(office: Office, name: str, language: str) -> Page:
    """The page of this picture, in the browser of whoever may open it."""
    scene = OFFICE_PAGES[name]
    if scene.before is not None:
        scene.before(office)
    one = office.colleague(scene.role)
    _lit(one.page, name)
    page = one.open(scene.path, language)
    if scene.use is not None:
        scene.use(office, page)
    page.wait_for_load_state("networkidle")
    return page


def bring_stranger(office: Office, path: str, language: str, name: str = "") -> Page:
    """A page that anybody may open, in a browser with nothing in it."""
    if "stranger" not in office.colleagues:
        office.colleagues["stranger"] = office.newcomer()
    _lit(office.colleagues["stranger"].page, name)
    return office.colleagues["stranger"].open(path, language)


def _lit(page: Page, name: str) -> None:
    page.emulate_media(color_scheme="dark" if name.endswith(DARK) else "light")
