"""The till installs and works where there is nothing of the server: its wheel, its dependencies, no more."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import qrcode

from tests.simulators.cards import NOON, World
from tests.simulators.publisher import IssuerRecord, Publisher, Word
from tests.testdata import ROOT

# One worker makes what these tests share.
pytestmark = pytest.mark.xdist_group("verifier alone")

OWN = ROOT / "packaging" / "verifier"
# What the wheel asks for, and what those in turn are made of.
ALLOWED = (
    "cryptography",
    "cbor2",
    "click",
    "tuf",
    "securesystemslib",
    "urllib3",
    "zxing-cpp",
    "pillow",
    "cffi",
    "pycparser",
)
SERVER = ("flask", "sqlalchemy", "webauthn", "redis", "jwt", "qrcode", "apcv_backend", "keys", "mobile_mock")


def _run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class Alone:
    """A virtual environment that holds the till and its dependencies."""

    python: Path
    folder: Path
    wheel: Path

    def verifier(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """`python -I -m verifier …`, far from the repository."""
        return _run(self.python, "-I", "-m", "verifier", *arguments, cwd=self.folder)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """Build the wheel, make an empty environment, install the one into the other."""
    folder = tmp_path_factory.mktemp("alone")
    built = _run(sys.executable, OWN / "build.py", folder / "dist")
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    made = _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    assert made.returncode == 0, made.stderr
    python = folder / "venv" / "bin" / "python"
    installed = _run(
        *(sys.executable, "-m", "pip", "--python", python, "install"),
        *("--no-deps", "--no-index", "--disable-pip-version-check", wheel),
    )
    assert installed.returncode == 0, installed.stderr
    _lend_dependencies(folder / "lent", python)
    return Alone(python, folder, wheel)


def _lend_dependencies(lent: Path, python: Path) -> None:
    """Show the environment the allowed distributions of this one, and no other."""
    lent.mkdir()
    for name in ALLOWED:
        distribution = importlib.metadata.distribution(name)
        tops = {Path(str(file)).parts[0] for file in distribution.files or ()}
        for top in tops - {"..", "__pycache__"}:
            link = lent / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))))
    site = _run(python, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    (Path(site) / "lent.pth").write_text(f"{lent}\n")


def test_the_wheel_holds_the_till_and_the_ground_floor_only(alone: Alone) -> None:
    """Two packages and the wheel's own metadata."""
    with zipfile.ZipFile(alone.wheel) as archive:
        names = archive.namelist()

    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cartes", "verifier"}
    assert "verifier/verify.py" in names
    assert "cartes/py.typed" in names
    assert {f"verifier/kiosk/static/{name}" for name in ("index.html", "till.js", "style.css")} <= set(names)


def test_the_wheel_asks_for_the_locked_versions() -> None:
    """Its dependencies are those of the repository, to the version, and no server among them."""
    own = tomllib.loads((OWN / "pyproject.toml").read_text("utf-8"))["project"]
    locked = dict(
        re.findall(r"^([a-z0-9-]+)==([^ \\\n]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    )
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    asked = dict(dependency.split("==") for dependency in own["dependencies"])

    assert {name: locked[name] for name in asked} == asked
    assert own["version"] == whole["version"]
    assert own["requires-python"] == whole["requires-python"]


@pytest.mark.parametrize("module", SERVER)
def test_no_server_package_can_be_imported_there(alone: Alone, module: str) -> None:
    """The environment has none of them, so the till cannot depend on one."""
    ended = _run(alone.python, "-I", "-c", f"import {module}", cwd=alone.folder)

    assert ended.returncode == 1
    assert "ModuleNotFoundError" in ended.stderr


def test_it_shows_its_help_there(alone: Alone) -> None:
    """`python -m verifier --help`, and the command of its own name."""
    ended = alone.verifier("--help")
    command = _run(alone.python.parent / "verificateur-cartes", "--help", cwd=alone.folder)

    assert (ended.returncode, command.returncode) == (0, 0)
    assert "scan" in ended.stdout
    assert ended.stdout == command.stdout


def test_every_module_of_it_can_be_imported_there(alone: Alone) -> None:
    """Not one file of the wheel needs something that was not lent."""
    script = (
        "import importlib, pkgutil, cartes, verifier\n"
        "for package in (cartes, verifier):\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if not found.name.endswith('__main__'):\n"
        "            importlib.import_module(found.name)\n"
    )

    ended = _run(alone.python, "-I", "-c", script, cwd=alone.folder)

    assert ended.stderr == ""
    assert ended.returncode == 0


def test_it_judges_a_card_there(alone: Alone) -> None:
    """init, refresh from a folder, scan of a picture, inspect, status: the whole till, alone."""
    world, store = World(), alone.folder / "store"
    publisher = Publisher(alone.folder / "publication")
    publisher.issuers = [
        IssuerRecord(Word.APCV, world.apcv_issuer.public_key),
        IssuerRecord(Word.ECPS, world.ecps_issuer.public_key),
    ]
    publisher.publish(NOON - timedelta(hours=1))
    (alone.folder / "root.json").write_bytes(publisher.root)
    picture = alone.folder / "code.png"
    qrcode.make(world.show_apcv()).get_image().save(picture)
    at = ("--at", NOON.isoformat())

    started = alone.verifier("init", "--root", alone.folder / "root.json", "--store", store)
    refreshed = alone.verifier("refresh", "--from", alone.folder / "publication", "--store", store, *at)
    scanned = alone.verifier("scan", "--image", picture, "--store", store, "--json", *at)
    again = alone.verifier("scan", "--image", picture, "--store", store, "--json", *at)
    inspected = alone.verifier("inspect", "--image", picture)
    told = alone.verifier("status", "--store", store, *at)

    ended = (started, refreshed, scanned, again, inspected, told)
    assert [one.returncode for one in ended] == [0, 0, 0, 2, 0, 0], [one.stderr for one in ended]
    assert json.loads(scanned.stdout)["card"]["given"] == "ANGE"
    assert json.loads(again.stdout)["reasons"] == ["replayed"]
