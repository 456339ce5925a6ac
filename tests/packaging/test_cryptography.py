"""docs/cryptography.md is an inventory: it names what the code uses, all of it, and nothing else."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

import pytest

from keys.manifest import SecretName
from keys.signer import Purpose
from tests.testdata import ROOT

PAGE = ROOT / "docs" / "cryptography.md"
ROOMS = ("apcv_backend", "cartes", "keys", "mobile_mock", "verifier")

_ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
_CONTEXT = re.compile(rb"FR-[A-Z0-9-]+")
_TYP = re.compile(r"[a-z-]+\+jwt|JWT")
_VERSIONED = re.compile(r"(?:[a-z]+-)+v1")


def _told(*headings: str) -> set[str]:
    """First cells of the rows under these headings (the beginning of each is enough)."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    chosen = [text for text in sections if text.startswith(headings)]
    assert len(chosen) == len(headings)
    return {name for text in chosen for name in _ROW.findall(text)}


@functools.cache
def _sources(*rooms: str) -> list[tuple[str, ast.Module]]:
    return [
        (str(path.relative_to(ROOT)), ast.parse(path.read_bytes()))
        for room in rooms or ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "node_modules" not in path.parts
    ]


def _constants(*rooms: str) -> Iterator[str | bytes]:
    for _, module in _sources(*rooms):
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
                yield node.value


def _imports_the_library(module: ast.Module) -> bool:
    for node in ast.walk(module):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if any(name.partition(".")[0] == "cryptography" for name in names):
            return True
    return False


def _purposes_of_macs() -> set[str]:
    """What stands third in a call of `code_mac`: written there, or a name of the same module."""
    found = set()
    for _, module in _sources("apcv_backend"):
        values = dict(_named_strings(module))
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "code_mac":
                purpose = node.args[2]
                if isinstance(purpose, ast.Constant):
                    found.add(str(purpose.value))
                elif isinstance(purpose, ast.Name):
                    found.add(values[purpose.id])
    return found


def _named_strings(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in module.body:
        if not isinstance(node, ast.Assign):
            continue
        targets, value = node.targets[0], node.value
        pairs = (
            zip(targets.elts, value.elts, strict=True)
            if isinstance(targets, ast.Tuple) and isinstance(value, ast.Tuple)
            else [(targets, value)]
        )
        for name, one in pairs:
            if isinstance(name, ast.Name) and isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield name.id, one.value


def test_every_key_and_secret_is_told() -> None:
    """One row a purpose, one a secret."""
    assert _told("Keys, one purpose each") == {one.value for one in (*Purpose, *SecretName)}


def test_every_signed_context_is_told() -> None:
    """A gesture made for one thing serves no other: here is the whole list of things."""
    made = {
        match.decode()
        for value in _constants()
        if isinstance(value, bytes) and value.endswith(b"\x00")
        for match in _CONTEXT.findall(value)
    }

    assert made == _told("What a phone or a staff key signs")


def test_no_signed_context_begins_another() -> None:
    """Each ends in a zero byte, which none contains: no message of one is ever a message of another."""
    made = {value for value in _constants() if isinstance(value, bytes) and _CONTEXT.match(value)}

    assert all(value.endswith(b"\x00") and value.count(b"\x00") == 1 for value in made)


def test_every_type_of_token_is_told() -> None:
    """A token of one type is refused where another is expected; these are the types."""
    made = {value for value in _constants("apcv_backend") if isinstance(value, str) and _TYP.fullmatch(value)}

    assert made == _told("Tokens, told apart")


def test_every_keyed_hash_is_told() -> None:
    """One purpose a hash, and the page has them all."""
    versioned = {
        match.group()
        for value in _constants("apcv_backend")
        for match in [_VERSIONED.match(value if isinstance(value, str) else value.decode("latin-1"))]
        if match
    }

    assert _purposes_of_macs() | versioned == _told("What keyed hashes are for")


def test_every_module_that_touches_the_library_is_told() -> None:
    """Whoever must replace an algorithm knows where to look, and that there is nowhere else."""
    touching = {name for name, module in _sources() if _imports_the_library(module)}

    assert touching == _told("Which modules touch the library")


@pytest.mark.parametrize("weak", ["MD5", "SHA1", "TripleDES", "ARC4", "ECB", "Blowfish"])
def test_nothing_weak_is_imported(weak: str) -> None:
    """Attestations of twenty years ago are refused, and nobody brings their algorithms back."""
    named = {
        node.attr
        for _, module in _sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"hashes", "algorithms", "modes"}
    }

    assert weak not in named
