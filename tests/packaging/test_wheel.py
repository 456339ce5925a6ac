"""The wheel of the whole: every page and sheet is in it, npm's folders are not, and it works on its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.simulators.tracked import tracked
from tests.testdata import ROOT

# One worker makes what these tests share.
pytestmark = pytest.mark.xdist_group("wheel")

PACKAGES = ("cartes", "verifier", "keys", "apcv_backend", "mobile_mock")
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
# Pages made by the backend, its sheets, and the two apps it serves: all read from the installed packages.
SHOWN = """
import apcv_backend.wsgi, verifier.kiosk
from importlib.resources import files

asked = apcv_backend.wsgi.make_app().test_client()
assert "/site-packages/" in apcv_backend.wsgi.__file__, apcv_backend.wsgi.__file__
for path in ("/staff/sign-in", "/staff/registration", "/static/style.css", "/static/staff-door.js", "/docs",
             "/app/", "/app/app/main.js", "/app/shared/sq1/verify.js", "/app/service-worker.js",
             "/verifier/", "/verifier/shared/app/camera.js", "/verifier/shared/style.css", "/readyz"):
    answer = asked.get(path, base_url="http://cartes.localhost:8000", headers={"Accept": "text/html"})
    print(answer.status_code, len(answer.data) > 0, path)
print(files(verifier.kiosk).joinpath("static/style.css").is_file())
"""


@dataclass(frozen=True)
class Installed:
    """A virtual environment that holds the wheel; its dependencies are lent by this one."""

    python: Path
    folder: Path
    names: frozenset[str]

    def run(self, *words: str | Path, env: dict[str, str] | None = None) -> str:
        """`python -I …`, far from the repository."""
        done = _run(self.python, "-I", *words, cwd=self.folder, env={**os.environ, **(env or {})})
        assert done.returncode == 0, done.stderr
        return done.stdout


def _run(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build from a copy where npm has been, make an empty environment, install the one into the other."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for package in PACKAGES:
        left_out = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules")
        shutil.copytree(ROOT / package, source / package, ignore=left_out, symlinks=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for page in ("mobile_mock/pwa", "verifier/page"):
        fetched = source / page / "node_modules" / "qr"
        fetched.mkdir(parents=True)
        (fetched / "index.js").write_text("fetched by npm\n")
    built = _run(sys.executable, "-c", BUILD, folder / "dist", cwd=source)
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = frozenset(archive.namelist())
    shutil.rmtree(source)
    made = _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    assert made.returncode == 0, made.stderr
    python = folder / "venv" / "bin" / "python"
    put = _run(
        *(sys.executable, "-m", "pip", "--python", python, "install"),
        *("--no-deps", "--no-index", "--disable-pip-version-check", wheel),
        cwd=folder,
    )
    assert put.returncode == 0, put.stderr
    ours = _run(python, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    (Path(ours.stdout.strip()) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(python, folder, names)


def test_every_file_that_is_kept_is_in_the_wheel(installed: Installed) -> None:
    """Modules, templates, sheets, scripts, icons, the two apps: whatever is kept, links followed."""
    kept = set(tracked(*PACKAGES))
    shared = [name.removeprefix("cartes/web/") for name in kept if name.startswith("cartes/web/")]
    linked = {f"{app}/shared/{name}" for app in ("mobile_mock/pwa", "verifier/page") for name in shared}

    assert shared
    assert (kept | linked) - installed.names == set()


def test_nothing_that_npm_fetched_is_in_the_wheel(installed: Installed) -> None:
    """Nor tests, examples, keys or the work of a run: five packages, and the wheel's own words."""
    assert [name for name in installed.names if "node_modules" in name] == []
    tops = {name.split("/")[0] for name in installed.names if ".dist-info/" not in name}
    assert tops == set(PACKAGES)


def test_pages_show_from_the_wheel_alone(installed: Installed) -> None:
    """Keys, database and publication by its own commands, then its pages: no source tree is near."""
    state = installed.folder / "state"
    (state / "rights").mkdir(parents=True)
    inside = installed.run("-c", "import mobile_mock; print(mobile_mock.__path__[0])").strip()
    assert str(installed.folder) in inside
    here = "http://cartes.localhost:8000"
    env = {
        "APCV_ENV": "development",
        "APCV_PUBLIC_URL": here,
        "APCV_DATABASE_URL": f"sqlite:///{state / 'cartes.db'}",
        "APCV_KEYS_DIR": str(state / "keys"),
        "APCV_PUBLICATION_DIR": str(state / "publication"),
        "APCV_RIGHTS_DIR": str(state / "rights"),
        "APCV_ATTESTATION_ROOTS": str(state / "rights"),
        "APCV_RP_ID_APCV": "apcv.localhost",
        "APCV_RP_ID_ECPS": "ecps.localhost",
        "APCV_ORIGINS_APCV": "http://apcv.localhost:8000",
        "APCV_ORIGINS_ECPS": "http://ecps.localhost:8000",
        "APCV_PWA_DIR": str(Path(inside) / "pwa"),
        "APCV_VERIFIER_PAGE_DIR": str(Path(inside).parent / "verifier" / "page"),
    }

    installed.run("-m", "keys", "ceremony", "--dir", state / "keys")
    for word in ("migrate", "publish"):
        installed.run("-m", "apcv_backend", word, env=env)
    said = installed.run("-c", SHOWN, env=env).splitlines()

    assert said[-1] == "True"
    assert [line.split()[:2] for line in said[:-1]] == [["200", "True"]] * 13, said
