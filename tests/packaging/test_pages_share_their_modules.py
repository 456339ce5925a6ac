"""The page that verifies and the phone's app judge with the same modules, to the byte.

They are served from two folders, on machines that may have only one of them, so what they share is copied.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
PHONE = HOUSE / "mobile_mock/pwa"
PAGE = HOUSE / "verifier/page"
_SHARED_APP = (
    "camera.js",
    "clock.js",
    "dom.js",
    "knowledge.js",
    "pocket.js",
    "professions.js",
    "remembered.js",
    "words.js",
)
SHARED = [
    "service-worker.js",
    *(f"app/{name}" for name in _SHARED_APP),
    *(path.relative_to(PHONE).as_posix() for path in sorted((PHONE / "sq1").glob("*.js"))),
]


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_module_is_the_same_in_both(name: str) -> None:
    """What the phone builds and what the page judges are one implementation."""
    original = (PHONE / name).read_bytes()

    copied = (PAGE / name).read_bytes()

    assert copied == original


def test_the_page_has_no_module_of_sq1_of_its_own() -> None:
    """Nothing in the page's `sq1/` is unknown to the phone's."""
    phone = {path.name for path in (PHONE / "sq1").iterdir()}

    page = {path.name for path in (PAGE / "sq1").iterdir()}

    assert page == phone


def test_no_page_runs_a_script_or_a_style_written_in_it() -> None:
    """The policy would stop them; and a page that needs none is easier to read."""
    for page in (PHONE / "index.html", PAGE / "index.html"):
        told = page.read_text(encoding="utf-8")

        assert "<style" not in told
        assert "style=" not in told
        assert told.count("<script") == told.count('<script type="module" src="app/main.js"></script>') == 1


@pytest.mark.parametrize("folder", [PHONE, PAGE], ids=["phone", "page"])
def test_every_sentence_is_written_in_both_languages(folder: Path) -> None:
    """French first, English second, and none of the two without the other."""

    def keys(name: str) -> list[str]:
        lines = (folder / "app" / name).read_text(encoding="utf-8").splitlines()
        return sorted(line.split(":")[0].strip(' "') for line in lines if line.startswith("  "))

    assert keys("words_fr.js") == keys("words_en.js")
