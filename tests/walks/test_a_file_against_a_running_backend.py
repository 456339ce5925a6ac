"""The benchmark of a file, small: a running backend, an insurer, a break, bad lines, each line told once."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from apcv_backend.bootstrap import Services
from benchmarks import batch
from benchmarks.figure import Shown
from tests.simulators.missing import missing
from tests.simulators.servers import ServerMissing


def test_a_file_is_broken_off_taken_up_and_told_once() -> None:
    """Everything that must hold is checked by the run itself, which stops where it does not."""
    try:
        rate, server, client = batch.measure(lines=2_000, few=1_000)
    except ServerMissing as error:
        missing(error)

    assert rate.measured.value > 0
    assert "broken off at line 1,000" in rate.note
    assert "8 bad lines" in rate.note
    assert (server.measured.shown, server.met) == (Shown.MEMORY, True)
    assert client.ratio.value < 1.5


def test_the_run_stops_where_an_answer_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the test above can fail: the client says it is done, and one member was not answered."""
    codes = {"answer": 995, "line_malformed": 1, "rights_not_answered": 3}
    told = {"codes": codes, "seconds": 1.0, "peak": 1, "next": 1_000, "last": {"done": True}}
    monkeypatch.setattr(batch, "_client", lambda *_: told)
    town = batch.Town(tmp_path, "", cast("Services", None), "", {})

    with pytest.raises(RuntimeError, match="not every line"):
        batch._run(town, 1_000, "court")
