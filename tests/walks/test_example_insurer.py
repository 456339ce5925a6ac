"""`python -m examples.insurer` against `make run`: registered, one question, one file, one command."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.demo.town_hall import free_port
from tests.testdata import ROOT


@dataclass(frozen=True)
class LeftUp:
    """What `make run` left up, as the commands of its last lines name it."""

    process: subprocess.Popen[str]
    port: int
    out: Path


@pytest.fixture
def left_up(tmp_path: Path) -> Iterator[LeftUp]:
    """`make run`'s own command, ready: it says how to stop it."""
    port, out = free_port(), tmp_path / "run"
    command = [sys.executable, "-m", "examples.demo.serve", "--port", str(port), "--out", str(out)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line)
        if "Ctrl-C" in line:
            break
    assert process.poll() is None, "".join(told)
    yield LeftUp(process, port, out)
    process.terminate()
    process.communicate(timeout=60)


def _insurer(left_up: LeftUp) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "examples.insurer",
            "--port",
            str(left_up.port),
            "--run",
            str(left_up.out),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.timeout(300)  # some twenty programs start one after the other
def test_one_command_registers_asks_and_streams(left_up: LeftUp) -> None:
    """A second run uses the key it registered; a stranger's line is an error and spoils no other."""
    first = _insurer(left_up)
    assert first.returncode == 0, first.stderr
    again = _insurer(left_up)

    assert again.returncode == 0, again.stderr
    for told in (first.stdout, again.stdout):
        assert '"open": true' in told
        assert '"code": "rights_not_answered"' in told
        assert '"done": true' in told


@pytest.mark.timeout(300)
@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT], ids=["told", "ctrl-c"])
def test_what_was_left_up_leaves_nothing_when_it_is_stopped(left_up: LeftUp, word: signal.Signals) -> None:
    """Stopped by a person or by a program: it ends well, and its port is free."""
    left_up.process.send_signal(word)
    left_up.process.communicate(timeout=60)

    assert left_up.process.returncode == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", left_up.port)) != 0
