"""Every module of the plans is a test of this folder, or has its reason not to be; never both or neither."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conformance.plans import NOT_APPLICABLE, PLANS, name_of

HERE = Path(__file__).parent


def _tests() -> dict[str, str]:
    """The tests of this folder named after modules, with what they say."""
    found: dict[str, str] = {}
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith(("test_oidcc", "test_fapi_ciba")):
                assert node.name not in found, f"{node.name} stands twice"
                found[node.name] = ast.get_docstring(node) or ""
    return found


@pytest.mark.parametrize("plan", PLANS)
def test_every_module_of_a_plan_is_run_or_has_its_reason(plan: str) -> None:
    """The plan's list is what the tests and the table cover together."""
    run = _tests()

    left = [one for one in PLANS[plan] if (name_of(one) in run) == (one in NOT_APPLICABLE)]

    assert left == []


def test_nothing_else_takes_the_name_of_a_module() -> None:
    """A test or a reason for a module that no plan has would be a claim about nothing."""
    modules = {one for plan in PLANS.values() for one in plan}

    assert set(_tests()) <= {name_of(one) for one in modules}
    assert set(NOT_APPLICABLE) <= modules
    assert all(_tests().values())
