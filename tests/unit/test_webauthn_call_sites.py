"""The `webauthn` package is called from two modules, and its verifying functions from one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.testdata import ROOT

MAY_IMPORT = {
    "apcv_backend/enrolment/webauthn_ceremony.py": {"generate_registration_options", "options_to_json_dict"},
    "apcv_backend/enrolment/ceremony/library.py": {
        "verify_registration_response",
        "verify_authentication_response",
    },
}
ROOMS = ("apcv_backend", "cartes", "keys", "mobile_mock", "verifier", "examples", "benchmarks")


def imported_names(path: Path) -> set[str]:
    """Every name a module takes from the package; the whole package counts as `*`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {"*" for alias in node.names if alias.name.split(".")[0] == "webauthn"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "webauthn":
            names |= {alias.name for alias in node.names}
    return names


def test_no_module_goes_around_the_policy() -> None:
    """A call to the package elsewhere would skip every check it does not make itself."""
    found = {
        str(path.relative_to(ROOT)): imported_names(path)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
    }

    assert {path for path, names in found.items() if names} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", sorted(MAY_IMPORT))
def test_each_module_takes_the_functions_it_is_there_for(path: str) -> None:
    """Options in one place, verification in the other."""
    functions = {name for name in imported_names(ROOT / path) if name[0].islower()}

    assert functions == MAY_IMPORT[path]


def test_the_words_of_the_protocol_know_no_framework() -> None:
    """Floor five: parse, verify, create; no web, no database, no cache."""
    forbidden = {"flask", "flask_smorest", "marshmallow", "sqlalchemy", "redis"}
    folder = ROOT / "apcv_backend" / "enrolment"

    for path in [
        *folder.glob("ceremony/*.py"),
        *folder.glob("attestation/*.py"),
        folder / "webauthn_ceremony.py",
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules.append(node.module or "")
            assert not {module.split(".")[0] for module in modules} & forbidden, path
