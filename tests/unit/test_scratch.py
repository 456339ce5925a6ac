"""Where a run of the tests writes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.simulators.scratch import work_in_memory


@pytest.fixture(autouse=True)
def nobody_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    """No `TMPDIR` of this run, and its own given back after."""
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_folder_with_room_takes_the_temporary_files(tmp_path: Path) -> None:
    """Ours, and those of the processes we start."""
    work_in_memory(tmp_path, room=1)

    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(tmp_path)


def test_a_small_folder_is_left_alone(tmp_path: Path) -> None:
    """A container's shared memory is often 64 MB: a run would fill it."""
    work_in_memory(tmp_path, room=2**60)

    assert "TMPDIR" not in os.environ


def test_a_machine_without_the_folder_writes_where_it_always_did(tmp_path: Path) -> None:
    """Not every system has one."""
    work_in_memory(tmp_path / "none", room=1)

    assert "TMPDIR" not in os.environ


def test_a_place_that_was_chosen_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`TMPDIR` is the word of who runs the tests."""
    monkeypatch.setenv("TMPDIR", "/chosen")

    work_in_memory(tmp_path, room=1)

    assert os.environ["TMPDIR"] == "/chosen"
