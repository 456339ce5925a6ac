"""The insurer's console in a browser: contracts, one question, a file of them, figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from apcv_backend.complementary.rules import FIELDS
from tests.browser.bench import serious
from tests.browser.office import Office

ANGE = "158032A99904296"
GOOD = "{reference};{person};F0000001;adherent;MUTUELLE FICTIVE;ZZ;TEST01;R1;2026-01-01;;oui;3;;;ouvert;"


def contracts_file(folder: Path, *lines: str) -> Path:
    """A file of contracts with its header."""
    path = folder / "contrats.csv"
    path.write_text("\n".join([";".join(FIELDS), *lines]) + "\n", encoding="utf-8")
    return path


def publish(office: Office, path: Path) -> None:
    """Send a file of contracts from the console."""
    page = office.colleague("insurer_clerk").open("/console/contracts")
    page.get_by_label("Le fichier des contrats").set_input_files(str(path))
    page.get_by_role("button", name="Publier").click()


def test_every_bad_line_of_a_file_of_contracts_is_shown(office: Office, tmp_path: Path) -> None:
    """The good line is kept; the others are told by number, field and reason, without their content."""
    good = GOOD.format(reference="A-1", person=ANGE)
    bad_day = good.replace("A-1", "A-2").replace("2026-01-01", "avant-hier")
    path = contracts_file(tmp_path, good, bad_day, "trop;peu")

    publish(office, path)
    page = office.colleague("insurer_clerk").page
    page.locator("#report:visible").wait_for()

    rows = page.locator("#errors tbody tr").all_inner_texts()
    assert len(rows) == 2
    assert rows[0].startswith("3")
    assert "avant-hier" not in page.inner_text("main")


def test_thousands_of_bad_lines_are_counted_and_saved(office: Office, tmp_path: Path) -> None:
    """The page shows the first of them, and gives a file that has every one."""
    path = contracts_file(tmp_path, *["trop;peu"] * 1_200)

    publish(office, path)
    page = office.colleague("insurer_clerk").page
    page.locator("#report:visible").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Enregistrer les lignes refusées").click()

    assert page.locator("#errors tbody tr").count() == 500
    assert "1200" in page.inner_text("#counts")
    saved = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert (len(saved), saved[-1]) == (1_201, "1201;;pas le bon nombre de champs")


def test_a_file_that_is_none_of_contracts_is_refused_whole(office: Office, tmp_path: Path) -> None:
    """The sentence says what to look at."""
    path = tmp_path / "autre.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")

    publish(office, path)

    page = office.colleague("insurer_clerk").page
    page.get_by_text("La première ligne n’est pas l’en-tête attendu").wait_for()


def test_a_members_rights_are_answered_in_words(office: Office, tmp_path: Path) -> None:
    """One question about a member whose contract was published."""
    publish(office, contracts_file(tmp_path, GOOD.format(reference="A-1", person=ANGE)))
    office.colleague("insurer_clerk").page.locator("#report:visible").wait_for()
    page = office.colleague("insurer_clerk").open("/console")

    page.get_by_label("Numéro de sécurité sociale").fill("1 58 03 2A 999 042 96")
    page.get_by_role("button", name="Demander").click()
    page.locator("#answer:visible").wait_for()

    said = page.locator("#answer").inner_text()
    assert "Votre contrat est ouvert" in said
    assert "F0000001" in said
    assert ANGE not in page.url


def test_somebody_who_is_no_member_is_told_nothing_of(office: Office) -> None:
    """Unknown or another insurer's: the same words, and what to do."""
    page = office.colleague("insurer_clerk").open("/console")

    page.get_by_label("Numéro de sécurité sociale").fill("255019999912354")
    page.get_by_role("button", name="Demander").click()

    page.get_by_text("Aucune information sur cette personne").wait_for()


def test_a_file_of_questions_shows_its_progress_and_its_errors(office: Office, tmp_path: Path) -> None:
    """Answers and errors are counted, errors carry the line of the file, and the answers can be saved."""
    publish(office, contracts_file(tmp_path, GOOD.format(reference="A-1", person=ANGE)))
    office.colleague("insurer_clerk").page.locator("#report:visible").wait_for()
    path = tmp_path / "questions.csv"
    path.write_text(f"nir;naissance;rang;reference\n{ANGE};;;un\nfaux;;;deux\n", encoding="utf-8")
    page = office.colleague("insurer_clerk").open("/console/file")

    page.get_by_label("Le fichier", exact=True).set_input_files(str(path))
    page.get_by_role("button", name="Envoyer les questions").click()
    page.get_by_text("Terminé : 2 lignes").wait_for()

    assert page.locator("#counts dd").all_inner_texts() == ["1", "1"]
    assert page.locator("#errors tbody tr").inner_text().split("\t")[:2] == ["3", "deux"]
    with page.expect_download() as saved:
        page.get_by_role("link", name="Enregistrer les réponses").click()
    kept = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert "2;un;oui;oui;" in kept
    assert ANGE not in kept


def test_an_empty_file_is_told_before_it_is_sent(office: Office, tmp_path: Path) -> None:
    """Nothing leaves."""
    path = tmp_path / "vide.csv"
    path.write_text("nir;naissance;rang;reference\n", encoding="utf-8")
    page = office.colleague("insurer_clerk").open("/console/file")

    page.get_by_label("Le fichier", exact=True).set_input_files(str(path))
    page.get_by_role("button", name="Envoyer les questions").click()

    page.get_by_text("n’a pas de ligne de questions").wait_for()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/console", "/console/file", "/console/contracts", "/console/figures"])
def test_nothing_serious_at_the_console(office: Office, path: str, width: int) -> None:
    """No barrier that axe-core finds, and nothing to scroll sideways."""
    clerk = office.colleague("insurer_clerk")
    clerk.page.set_viewport_size({"width": width, "height": 800})

    page = clerk.open(path)

    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
