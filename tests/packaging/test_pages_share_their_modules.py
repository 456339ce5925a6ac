"""What pages share lies once, in `cartes/web/`, with a link where it is served; no second copy creeps in.

Decision 0031 says why. Nothing here runs a page: what is looked at is what is kept.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.simulators.tracked import git_list
from tests.testdata import ROOT

SHARED = ROOT / "cartes" / "web"
PHONE = ROOT / "mobile_mock" / "pwa"
PAGE = ROOT / "verifier" / "page"
APPS = pytest.mark.parametrize("folder", [PHONE, PAGE], ids=["phone", "page"])
LINKS = {
    "apcv_backend/static/style.css",
    "examples/portal/static/style.css",
    "mobile_mock/pwa/service-worker.js",
    "mobile_mock/pwa/shared",
    "verifier/kiosk/static/style.css",
    "verifier/page/service-worker.js",
    "verifier/page/shared",
}
_WEB = {".js", ".css", ".html", ".svg", ".png", ".webmanifest"}
_IMPORTED = re.compile(r"""(?:\bfrom\s*|\bimport\(|\bimport\s+|new URL\()"(\.[^"]+)\"""")
_LINK_MODE = "120000"


def _kept() -> dict[str, tuple[str, str]]:
    """Mode and content's name of each file git keeps, by path."""
    told = (line.partition("\t") for line in git_list("--stage"))
    return {path: (facts.split()[0], facts.split()[1]) for facts, _, path in told if (ROOT / path).exists()}


def _modules(folder: Path) -> list[Path]:
    """Every module of an app, its shared ones under the app's own address for them."""
    return sorted(
        Path(place, name)
        for place, folders, names in os.walk(folder, followlinks=True)
        if "node_modules" not in Path(place).parts
        for name in names
        if name.endswith(".js")
    )


def test_no_file_of_a_page_is_kept_twice() -> None:
    """Two files of the same bytes are one file and a link."""
    kept = {path: name for path, (mode, name) in _kept().items() if mode != _LINK_MODE}
    # Pictures of two screens may well be the same.
    web = {p: name for p, name in kept.items() if Path(p).suffix in _WEB and not p.startswith("docs/")}

    many = {name for name, count in Counter(web.values()).items() if count > 1}

    assert sorted(path for path, name in web.items() if name in many) == []


@APPS
def test_an_app_has_no_module_of_its_own_under_a_shared_name(folder: Path) -> None:
    """A copy that was changed since is a copy all the same."""
    shared = {path.relative_to(SHARED).as_posix() for path in SHARED.rglob("*") if path.is_file()}
    own = {path.relative_to(folder).as_posix() for path in _modules(folder) if not path.is_symlink()}

    assert {"sq1/verify.js", "app/pocket.js"} <= shared
    assert own & shared == set()
    assert not (folder / "sq1").exists()


def test_every_link_leads_to_what_is_shared() -> None:
    """Seven links, each relative, so that they hold wherever the repository lies."""
    links = {path for path, (mode, _) in _kept().items() if mode == _LINK_MODE}

    assert links == LINKS
    for link in links:
        assert not (ROOT / link).readlink().is_absolute()
        assert (ROOT / link).resolve().is_relative_to(SHARED)


@APPS
def test_every_module_finds_what_it_imports(folder: Path) -> None:
    """As a browser counts: from the address a module is served at, and never above the app's folder."""
    lost = []
    for module in _modules(folder):
        for asked in _IMPORTED.findall(module.read_text(encoding="utf-8")):
            found = Path(os.path.normpath(module.parent / asked))
            fetched = found.is_relative_to(folder / "node_modules")  # there once npm has run
            if not found.is_relative_to(folder) or not (fetched or found.exists()):
                lost.append(f"{module.relative_to(folder)}: {asked}")

    assert lost == []


def test_shared_modules_know_no_app() -> None:
    """They import one another and what npm fetched for the app that serves them, nothing above."""
    strangers = [
        f"{module.relative_to(SHARED)}: {asked}"
        for module in sorted(SHARED.rglob("*.js"))
        for asked in re.findall(r'\bfrom "([^"]+)"', module.read_text(encoding="utf-8"))
        if not asked.startswith("../../node_modules/")
        and not Path(os.path.normpath(module.parent / asked)).is_relative_to(SHARED)
    ]

    assert strangers == []


@APPS
def test_what_a_page_and_its_manifest_name_is_there(folder: Path) -> None:
    """The sheet, the icons, the first module: all under the app's own folder, to be hosted as it is."""
    page = (folder / "index.html").read_text(encoding="utf-8")
    manifest = json.loads((folder / "manifest.webmanifest").read_text(encoding="utf-8"))
    named = re.findall(r'(?:href|src)="([^"#]+)"', page) + [icon["src"] for icon in manifest["icons"]]

    assert "shared/style.css" in named
    assert [name for name in named if not (folder / name).is_file()] == []


@APPS
def test_no_page_runs_a_script_or_a_style_written_in_it(folder: Path) -> None:
    """The policy would stop them; and a page that needs none is easier to read."""
    told = (folder / "index.html").read_text(encoding="utf-8")

    assert "<style" not in told
    assert "style=" not in told
    assert told.count("<script") == told.count('<script type="module" src="app/main.js"></script>') == 1


@APPS
def test_every_sentence_is_written_in_both_languages(folder: Path) -> None:
    """French first, English second, and none of the two without the other."""

    def keys(name: str) -> list[str]:
        lines = (folder / "app" / name).read_text(encoding="utf-8").splitlines()
        return sorted(line.split(":")[0].strip(' "') for line in lines if line.startswith("  "))

    assert keys("words_fr.js") == keys("words_en.js")
