"""`python -m examples.insurer` against a running server: registered, one question, one file, one command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from examples.demo.people import read_cast
from examples.demo.town_hall import TownHall, free_port
from tests.testdata import ROOT


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[TownHall]:
    """The demonstration's server, as `make run` leaves it up."""
    cast = read_cast()
    state = tmp_path / "state"
    state.mkdir()
    opened = TownHall(
        state, port=free_port(), reference_day=cast.reference_day, today=datetime.now(UTC).date()
    )
    opened.found(cast.directories)
    opened.start()
    yield opened
    opened.stop()


def _insurer(hall: TownHall) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "examples.insurer",
            "--port",
            str(hall.port),
            "--run",
            str(hall.folder.parent),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.timeout(300)  # a dozen programs start one after the other
def test_one_command_registers_asks_and_streams(hall: TownHall) -> None:
    """A second run uses the key it registered; a stranger's line is an error and spoils no other."""
    first = _insurer(hall)
    assert first.returncode == 0, first.stderr
    again = _insurer(hall)

    assert again.returncode == 0, again.stderr
    for told in (first.stdout, again.stdout):
        assert '"open": true' in told
        assert '"code": "rights_not_answered"' in told
        assert '"done": true' in told
