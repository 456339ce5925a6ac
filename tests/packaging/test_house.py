"""The house stays tidy: shelves have names, files stay small, no key and no machine's path is committed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.simulators.tracked import tracked
from tests.testdata import ROOT

_ROOMS = ("cartes", "verifier", "keys", "apcv_backend", "mobile_mock", "examples", "benchmarks")
_NAMELESS = {"helper", "helpers", "util", "utils", "misc", "common", "func", "funcs", "tools", "stuff"}
_LONGEST_MODULE = 450


def _modules(*rooms: str) -> list[Path]:
    return [
        path for room in rooms for path in (ROOT / room).rglob("*.py") if "node_modules" not in path.parts
    ]


def test_every_shelf_has_a_name() -> None:
    """A file called helpers or utils is a drawer nobody can find anything in."""
    assert [path.name for path in _modules(*_ROOMS, "tests") if path.stem in _NAMELESS] == []


def test_every_module_is_one_idea_long() -> None:
    """A module longer than this holds more than one idea."""
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in _modules(*_ROOMS)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > _LONGEST_MODULE
    }
    assert too_long == {}


def test_every_module_begins_with_its_story() -> None:
    """The first thing a reader meets is what the module is for."""
    silent = [
        str(path.relative_to(ROOT))
        for path in _modules(*_ROOMS, "tests")
        if not path.read_text(encoding="utf-8").lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []


def test_a_test_is_left_out_by_one_of_two_doors_alone() -> None:
    """`missing` and `corpus` fail where everything must run; another skip would pass there, unseen."""
    doors = {"tests/simulators/missing.py", "tests/testdata.py", "tests/unit/test_missing.py"}
    ways = re.compile(r"pytest\.(mark\.)?(skip|xfail|importorskip)")
    here = str(Path(__file__).relative_to(ROOT))

    found = [
        name
        for name in tracked()
        if name.endswith(".py") and name != here and ways.search((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert set(found) - doors == set()


@pytest.mark.parametrize(
    "pattern",
    [
        re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}"),
        re.compile(rb"(?m)^--(?:extra-)?index-url"),
        re.compile(rb'"resolved": ?"http'),
    ],
    ids=["private key", "package index", "download address"],
)
def test_nothing_committed_that_must_not_be(pattern: re.Pattern[bytes]) -> None:
    """No private key, and no address of a package index, in any tracked file."""
    here = str(Path(__file__).relative_to(ROOT))
    found = [name for name in tracked() if name != here and pattern.search((ROOT / name).read_bytes())]
    assert found == []


def test_every_requirement_is_pinned_with_its_hash() -> None:
    """What is installed is what was locked, byte for byte."""
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-npm.txt"):
        blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text(encoding="utf-8"))
        for block in blocks:
            assert re.match(r"[a-z0-9._-]+==", block), block[:80]
            assert "--hash=sha256:" in block, block[:80]
