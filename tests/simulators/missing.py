"""What a machine lacks: the tests that need it are skipped, each with what to install, or they fail.

With `CARTES_REQUIRE_SERVERS=1`, as in continuous integration, nothing may be missing.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(told: object) -> NoReturn:
    """Skip for what `told` says is not here; fail where everything must run."""
    if os.environ.get("CARTES_REQUIRE_SERVERS") == "1":
        pytest.fail(str(told))
    pytest.skip(str(told))
