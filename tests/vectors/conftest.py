"""What the JavaScript tests of this folder share."""

from __future__ import annotations

import pytest

from tests.simulators.javascript import find_node


@pytest.fixture(scope="module")
def node() -> str:
    """Node 20 or later."""
    return find_node()
