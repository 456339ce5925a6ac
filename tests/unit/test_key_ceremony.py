"""The ceremony: all or nothing, never over something, never where git would take it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from keys.ceremony import hold_ceremony
from keys.cli import main
from keys.errors import CeremonyRefused
from keys.files import write_private
from keys.keyring import Keyring, Purpose, SecretName
from tests.simulators.clock import MORNING


def fixed(size: int) -> bytes:
    return b"r" * size


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    """A git work tree that ignores /var/ and /keys/."""
    tree = tmp_path / "tree"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "init", "-q", str(tree)], check=True, env=environment)
    (tree / ".gitignore").write_text("/var/\n/keys/\n")
    return tree


def test_a_ceremony_makes_a_whole_keyring(tmp_path: Path) -> None:
    """A key a purpose, a secret a name, private files in a private folder, nothing left over."""
    transcript = hold_ceremony(tmp_path / "keys", MORNING, random=fixed)

    keyring = Keyring.open(tmp_path / "keys", acknowledged_development=True)
    assert {keyring.signer(purpose, MORNING).purpose for purpose in Purpose} == set(Purpose)
    assert {keyring.secret(name) for name in SecretName} == {b"r" * 32}
    assert keyring.public_keys() == transcript.keys
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    files = list((tmp_path / "keys").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert len(files) == len(Purpose) + len(SecretName) + 1


def test_an_existing_keyring_is_never_overwritten(tmp_path: Path) -> None:
    """Somebody may need it: nothing in it moves."""
    hold_ceremony(tmp_path / "keys", MORNING, random=fixed)
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}

    with pytest.raises(CeremonyRefused, match="not_empty"):
        hold_ceremony(tmp_path / "keys", MORNING, random=fixed)

    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """A mounted volume is empty and exists."""
    (tmp_path / "keys").mkdir(mode=0o755)

    hold_ceremony(tmp_path / "keys", MORNING, random=fixed)

    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    """It is not a folder, and stays what it was."""
    (tmp_path / "keys").write_text("mine")

    with pytest.raises(CeremonyRefused):
        hold_ceremony(tmp_path / "keys", MORNING, random=fixed)
    assert (tmp_path / "keys").read_text() == "mine"


@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize("stop_at", range(16))
def test_a_ceremony_that_fails_leaves_nothing(tmp_path: Path, stop_at: int, *, existed: bool) -> None:
    """Whatever write fails, the folder is as it was, and the next ceremony succeeds."""
    keys = tmp_path / "keys"
    if existed:
        keys.mkdir()
    writes = iter(range(100))

    def failing(path: Path, data: bytes) -> None:
        if next(writes) == stop_at:
            raise OSError(28, "No space left on device")
        write_private(path, data)

    with pytest.raises(CeremonyRefused):
        hold_ceremony(keys, MORNING, random=fixed, write=failing)
    assert keys.exists() == existed
    assert not existed or not list(keys.iterdir())

    assert len(hold_ceremony(keys, MORNING, random=fixed).keys) == len(Purpose)


def test_a_folder_git_would_take_is_refused(work_tree: Path) -> None:
    """A key committed once is public for ever."""
    with pytest.raises(CeremonyRefused, match="why=inside_git"):
        hold_ceremony(work_tree / "secrets", MORNING, random=fixed)
    assert not (work_tree / "secrets").exists()


@pytest.mark.parametrize("where", ["keys", "var/keys", "var/deep/er/keys"])
def test_a_folder_git_ignores_is_accepted(work_tree: Path, where: str) -> None:
    """The usual place of development: ignored, made with its parents."""
    assert hold_ceremony(work_tree / where, MORNING, random=fixed).directory == work_tree / where


def test_a_link_into_a_work_tree_is_seen_through(work_tree: Path, tmp_path: Path) -> None:
    """Where the files land is what counts."""
    (work_tree / "src").mkdir()
    (tmp_path / "outside").symlink_to(work_tree / "src")

    with pytest.raises(CeremonyRefused, match="why=inside_git"):
        hold_ceremony(tmp_path / "outside" / "keys", MORNING, random=fixed)


def test_without_git_a_work_tree_is_refused(work_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can say whether it is ignored, so it is not safe; outside a work tree git is not needed."""
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(CeremonyRefused, match="inside_git_unknown"):
        hold_ceremony(work_tree / "var" / "keys", MORNING, random=fixed)
    assert hold_ceremony(work_tree.parent / "keys", MORNING, random=fixed)


def test_variables_of_another_repository_change_nothing(
    work_tree: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A hook runs with GIT_DIR set: the answer is still about this folder."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    with pytest.raises(CeremonyRefused, match="why=inside_git"):
        hold_ceremony(work_tree / "secrets", MORNING, random=fixed)


def test_the_command_prints_public_facts_only(tmp_path: Path) -> None:
    """A fingerprint a purpose; no line of a private file."""
    made = CliRunner().invoke(main, ["ceremony", "--dir", str(tmp_path / "keys")])
    listed = CliRunner().invoke(main, ["list", "--dir", str(tmp_path / "keys")])

    assert (made.exit_code, listed.exit_code) == (0, 0)
    for record in Keyring.open(tmp_path / "keys").public_keys():
        assert record.fingerprint in made.output
        assert record.fingerprint in listed.output
    for path in (tmp_path / "keys").glob("*.pem"):
        assert path.read_text().splitlines()[1] not in made.output + listed.output


@pytest.mark.parametrize("command", [["ceremony", "--days", "0"], ["list"]])
def test_a_refused_command_says_why_and_has_no_traceback(tmp_path: Path, command: list[str]) -> None:
    """A sentence in French, the code, and an exit status."""
    done = CliRunner().invoke(main, [*command, "--dir", str(tmp_path / "keys")])

    assert done.exit_code == 1
    assert "[" in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "keys").exists()
