"""Every page of the house wears the same sheet.

The phone, the till, the sign-in pages and the desk are served from different folders, some
of them on machines that have no other part of this code. So the sheet is copied; here the
copies are held equal, byte for byte. The original is the phone's.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
ORIGINAL = HOUSE / "mobile_mock/pwa/static/style.css"
COPIES = [
    HOUSE / "apcv_backend/static/style.css",
    HOUSE / "verifier/kiosk/static/style.css",
    HOUSE / "verifier/page/style.css",
    HOUSE / "examples/portal/static/style.css",
]


@pytest.mark.parametrize("copy", COPIES, ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_the_copies_of_the_sheet_are_the_same(copy: Path) -> None:
    """A page cannot drift from the others: its sheet is the phone's, to the byte."""
    original = ORIGINAL.read_bytes()

    copied = copy.read_bytes()

    assert copied == original
