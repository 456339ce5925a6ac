"""The real ceremony to the till, by the commands people type: five keepers, a publisher, a change of root."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from apcv_backend.cli import main as backend
from keys.cli import main as keys
from tests.testdata import ROOT
from verifier.cli import main as verifier


@pytest.fixture
def settings(tmp_path: Path, attestation_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A publisher's environment, in a folder of this test."""
    told = {
        "ENV": "test",
        "PUBLIC_URL": "http://cartes.localhost:8000",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'cartes.db'}",
        "KEYS_DIR": str(tmp_path / "ring"),
        "PUBLICATION_DIR": str(tmp_path / "publication"),
        "RIGHTS_DIR": str(ROOT / "examples" / "personas" / "droits"),
        "RP_ID_APCV": "apcv.localhost",
        "RP_ID_ECPS": "ecps.localhost",
        "ORIGINS_APCV": "https://apcv.localhost",
        "ORIGINS_ECPS": "https://ecps.localhost",
        "ATTESTATION_ROOTS": str(attestation_dir / "roots"),
        "STATUS_CAPACITY": "4096",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"APCV_{name}", value)


def run(group: click.Command, *words: object, code: int = 0) -> str:
    """Type a command; give what it prints."""
    done = CliRunner().invoke(group, [str(word) for word in words], obj=None)
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.usefixtures("settings")
def test_from_the_ceremony_to_the_till(tmp_path: Path) -> None:
    """Ceremony, first list signed by two, a till; then a keeper of the root leaves, and the till follows."""
    seats: list[object] = []
    for name in ("Alice", "Bruno", "Chloe"):
        seats += ["--root", f"{name}={tmp_path / name}"]
    for name in ("Denis", "Emma"):
        seats += ["--targets", f"{name}={tmp_path / name}"]
    told = run(keys, "threshold-ceremony", "--dir", tmp_path / "ring", "--environment", "test", *seats)
    assert "PROCÈS-VERBAL" in told
    run(backend, "migrate")
    root, draft = tmp_path / "ring" / "1.root.json", tmp_path / "liste.json"

    # The publisher alone publishes nothing.
    assert "offline_root_missing" in run(backend, "publish", code=2)
    assert "SHA-256" in run(backend, "publish", "--root", root, "--draft-targets", draft)
    first = run(keys, "sign", "--yes", "--custody", tmp_path / "Denis", draft)
    assert "Liste de confiance n° 1" in first
    assert "Il manque encore 1 signature" in first
    assert "offline_signatures_missing" in run(backend, "publish", "--root", root, "--targets", draft, code=2)
    assert "Toutes les signatures" in run(keys, "sign", "--yes", "--custody", tmp_path / "Emma", draft)
    assert "Publication n° 1" in run(backend, "publish", "--root", root, "--targets", draft)
    assert "(timestamp)" in run(backend, "publish")

    run(verifier, "init", "--root", root, "--store", tmp_path / "till")
    run(verifier, "refresh", "--from", tmp_path / "publication", "--store", tmp_path / "till")

    # Chloe leaves; Fanny comes, with a key made on her own machine.
    run(keys, "custody", "--role", "root", "--holder", "Fanny", "--dir", tmp_path / "Fanny")
    fingerprint = next(
        told.splitlines()[number + 1].strip()
        for number, line in enumerate(told.splitlines())
        if line == "  Chloe"
    )
    next_root = tmp_path / "racine.json"
    run(
        keys,
        *("rotate-root", "--roots", tmp_path / "publication" / "metadata", "--out", next_root),
        *("--add", tmp_path / "Fanny" / "public.json", "--drop", fingerprint),
    )
    run(keys, "sign", "--yes", "--custody", tmp_path / "Alice", next_root)
    assert "offline_signatures_missing" in run(backend, "publish", "--root", next_root, code=2)
    assert "Racine prête" in run(keys, "sign", "--yes", "--custody", tmp_path / "Bruno", next_root)
    assert "root" in run(backend, "publish", "--root", tmp_path / "2.root.json")

    refreshed = run(verifier, "refresh", "--from", tmp_path / "publication", "--store", tmp_path / "till")
    assert "Actualisé" in refreshed
    assert list((tmp_path / "till" / "generations").glob("*/2.root.json"))


def test_a_keeper_who_does_not_confirm_signs_nothing(tmp_path: Path) -> None:
    """The reading is shown, the answer is no, the file is as it was."""
    seats = [f"--root={name}={tmp_path / name}" for name in ("a", "b")]
    seats += [f"--targets={name}={tmp_path / name}" for name in ("c", "d")]
    run(keys, "threshold-ceremony", "--dir", tmp_path / "ring", "--environment", "test", *seats)
    draft = tmp_path / "racine.json"
    run(keys, "rotate-root", "--roots", tmp_path / "ring", "--out", draft)
    before = draft.read_bytes()

    done = CliRunner().invoke(keys, ["sign", "--custody", str(tmp_path / "a"), str(draft)], input="n\n")

    assert done.exit_code == 1
    assert "À signer : racine, version 2" in done.output
    assert draft.read_bytes() == before
    assert (tmp_path / "a" / "signed.json").read_text().count("version") == 1
