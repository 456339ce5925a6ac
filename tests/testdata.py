"""Where the public test vectors lie, if they lie anywhere: tests read them and never copy them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def corpus(name: str) -> Path:
    """The folder or file `name` of the public vectors; the test says so and skips where there is none.

    With `CARTES_REQUIRE_TESTDATA=1` (as in continuous integration beside the vectors) absence is a failure.
    """
    folder = Path(os.environ.get("CARTES_TESTDATA", ROOT.parent / "shared" / "testdata"))
    found = folder / name
    if not found.exists():
        message = f"public vectors '{name}' are not here: set CARTES_TESTDATA to the folder that holds them"
        if os.environ.get("CARTES_REQUIRE_TESTDATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found
