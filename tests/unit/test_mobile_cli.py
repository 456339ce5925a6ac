"""The phone's command line: what it prints, what it exits with, and that it never shows a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from click.testing import CliRunner, Result
from PIL import Image

from cartes.cards import CardKind
from mobile_mock import cli, cli_terms
from tests.simulators import issuing
from tests.simulators.phone_backend import PhoneBackend, Refusal, serving
from tests.unit.test_mobile_holder import check


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneBackend]:
    monkeypatch.setattr(cli, "now", lambda: issuing.NOW)
    with serving(PhoneBackend(issuing.NOW)) as running:
        yield running


def run(*arguments: object, keyboard: str | None = None) -> Result:
    result = CliRunner().invoke(cli.main, [str(one) for one in arguments], input=keyboard)
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def enrolled(backend: PhoneBackend, pocket: Path, *more: object) -> Result:
    return run(
        "enrol", "--pocket", pocket, "--backend", backend.url, "--reference", "R", "--secret", "s", *more
    )


def test_the_walk_from_code_to_qr(backend: PhoneBackend, tmp_path: Path) -> None:
    """enrol, card, renew, qr: the PNG written is accepted by a till, the text printed too."""
    pocket, png, svg = tmp_path / "phone", tmp_path / "card.png", tmp_path / "card.svg"

    first = enrolled(backend, pocket)
    fetched = run("card", "--pocket", pocket)
    renewed = run("--lang", "en", "renew", "--pocket", pocket)
    shown = run("qr", "--pocket", pocket, "--shape", "complet", "--png", png, "--svg", svg, "--text")

    assert [first.exit_code, fetched.exit_code, renewed.exit_code, shown.exit_code] == [0, 0, 0, 0]
    assert "Téléphone enrôlé" in first.stdout
    assert fetched.stdout.splitlines()[1] == "apcv soins : valable jusqu'au 2026-11-22 10:00 UTC"
    assert "apcv complet: good until 2026-11-22 10:00 UTC" in renewed.stdout
    picture = zxingcpp.read_barcode(Image.open(png))
    assert picture is not None
    assert picture.text == shown.stdout.strip()
    assert check(picture.text, backend, CardKind.APCV, 10).opened.card.kind is CardKind.APCV
    assert svg.read_text().startswith("<svg")
    assert "Valable jusqu'à 10:01:00 UTC." in shown.stderr


def test_a_qr_in_the_terminal_needs_no_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the backend gone, `qr` still draws."""
    monkeypatch.setattr(cli, "now", lambda: issuing.NOW)
    with serving(PhoneBackend(issuing.NOW)) as backend:
        enrolled(backend, tmp_path / "phone")
        run("card", "--pocket", tmp_path / "phone")

    shown = run("qr", "--pocket", tmp_path / "phone")

    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) > 30


def test_a_professional_is_asked_for_two_secrets(backend: PhoneBackend, tmp_path: Path) -> None:
    """Secrets not given are asked for, unseen; both travel, in order."""
    result = run(
        "enrol", "--card", "ecps", "--pocket", tmp_path / "phone", "--backend", backend.url,
        "--reference", "R", keyboard="first\nsecond\n",
    )  # fmt: skip

    assert result.exit_code == 0
    assert backend.seen[0][3]["proof"]["secrets"] == ["first", "second"]
    assert "first" not in result.output


def test_an_attesting_model_enrols_with_the_makers(backend: PhoneBackend, tmp_path: Path) -> None:
    """An attesting model needs the makers' authority, and says so without it."""
    without = enrolled(backend, tmp_path / "a", "--model", "certified", "--client", "android")
    run("makers", "--makers", tmp_path / "ca", "--roots", tmp_path / "roots")
    given = enrolled(
        backend, tmp_path / "b", "--model", "certified", "--client", "android", "--makers", tmp_path / "ca"
    )

    assert (without.exit_code, given.exit_code) == (5, 0)
    assert "attestation_unavailable" in without.stderr
    assert (tmp_path / "roots" / "android-key" / "development.pem").exists()


def test_phones_notices_and_loss(backend: PhoneBackend, tmp_path: Path) -> None:
    """Devices lists, renames and withdraws; notices marks the new ones; lost needs the slip only."""
    pocket = tmp_path / "phone"
    slip = enrolled(backend, pocket, "--name", "Le mien").stdout.split(" : ")[-1].strip()
    reference, _, code = slip.partition(" / ")
    device_id = next(iter(backend.devices))

    listed = run("devices", "--pocket", pocket, "--rename", device_id, "Ancien")
    noticed = run("notices", "--pocket", pocket)
    wrong = run("lost", "--backend", backend.url, "--reference", reference, "--code", "no")
    lost = run("lost", "--backend", backend.url, "--reference", reference, "--code", code)
    withdrawn = run("devices", "--pocket", pocket, "--withdraw", device_id)
    empty = run("devices", "--pocket", pocket)

    assert "Ancien (celui-ci)" in listed.stdout
    assert noticed.stdout == "* 2026-11-21T10:00:00Z  téléphone ajouté : autre\n"
    assert (wrong.exit_code, lost.exit_code) == (1, 0)
    assert withdrawn.stdout == "Ce téléphone est retiré.\n"
    assert empty.exit_code == 4


def test_exit_codes_say_who_refused(
    backend: PhoneBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 the backend, 2 usage, 3 silence, 4 the pocket; each with one sentence."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    pocket = tmp_path / "phone"
    enrolled(backend, pocket)
    backend.refuse["/v1/nonce"] = Refusal(403, "device_withdrawn")

    results = {
        1: run("card", "--pocket", pocket),
        2: run("card", "--pocket", pocket, "--backend", "ftp://nowhere/x"),
        3: run("card", "--pocket", pocket, "--backend", "http://127.0.0.1:9"),
        4: run("qr", "--pocket", pocket),
    }

    assert {code: result.exit_code for code, result in results.items()} == {1: 1, 2: 2, 3: 3, 4: 4}
    assert results[1].stderr == "Refusé. [device_withdrawn]\n"
    assert results[3].stderr.startswith("Le serveur ne répond pas.")
    assert results[4].stderr.startswith("Ce téléphone n'a pas cette carte.")
    assert all(len(result.stderr.splitlines()) == 1 for code, result in results.items() if code != 2)


def test_shape_and_exercice_go_with_their_card(backend: PhoneBackend, tmp_path: Path) -> None:
    """An exercice of an apCV is a usage error, not a missing card."""
    enrolled(backend, tmp_path / "phone")

    assert run("qr", "--pocket", tmp_path / "phone", "--exercice", "x").exit_code == 2
    assert run("qr", "--pocket", tmp_path / "phone", "--card", "ecps", "--shape", "soins").exit_code == 2


def test_a_file_that_cannot_be_written_is_said(backend: PhoneBackend, tmp_path: Path) -> None:
    """A PNG asked for in a folder that does not exist: one sentence, exit 4."""
    enrolled(backend, tmp_path / "phone")
    run("card", "--pocket", tmp_path / "phone")

    result = run("qr", "--pocket", tmp_path / "phone", "--png", tmp_path / "no" / "card.png")

    assert result.exit_code == 4
    assert "pocket_error" in result.stderr


def test_the_clock_of_the_command_line_is_utc() -> None:
    """The one clock of the phone gives aware UTC instants."""
    assert abs((cli_terms.now() - datetime.now(UTC)).total_seconds()) < 5
    assert cli_terms.now().utcoffset() is not None
