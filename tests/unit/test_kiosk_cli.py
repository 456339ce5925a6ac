"""`python -m verifier kiosk`: it starts, says where, is found by the software, and ends cleanly."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.publisher import Publisher
from verifier.cli import run
from verifier.cli_kiosk import kiosk
from verifier.policy import POLICIES


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A till that was started."""
    publisher = Publisher(tmp_path / "publication")
    publisher.publish()
    publisher.new_till(tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def running(store: Path) -> Iterator[subprocess.Popen[str]]:
    """A kiosk in a process of its own, on a free port."""
    command = [sys.executable, "-m", "verifier", "kiosk", "--store", str(store), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def _address(store: Path) -> dict[str, str]:
    path = store / "kiosk.json"
    for _ in range(200):
        if path.exists() and path.read_text():
            told: dict[str, str] = json.loads(path.read_text())
            return told
        time.sleep(0.05)
    pytest.fail("the kiosk did not start")


def test_it_says_where_and_leaves_the_token_to_its_own_user_alone(
    store: Path, running: subprocess.Popen[str]
) -> None:
    """The address on the screen and the file for the software agree; the file is nobody else's."""
    told = _address(store)
    assert running.stdout is not None
    shown = running.stdout.readline()

    assert f"{told['url']}#token={told['token']}" in shown
    assert stat.S_IMODE((store / "kiosk.json").stat().st_mode) == 0o600
    assert len(told["token"]) >= 43


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_then_ends_without_a_trace(
    store: Path, running: subprocess.Popen[str], end: signal.Signals
) -> None:
    """Ctrl+C, or the session that closes: a sentence, code 0, and the file of its address is gone."""
    told = _address(store)
    port = int(told["url"].rsplit(":", 1)[1].strip("/"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/api/state", headers={"X-Till-Token": told["token"]})
    status = connection.getresponse().status
    connection.close()

    running.send_signal(end)
    out, err = running.communicate(timeout=15)

    assert (status, running.returncode, err) == (200, 0, "")
    assert "Guichet fermé." in out
    assert not (store / "kiosk.json").exists()


def test_every_start_has_another_token(store: Path) -> None:
    """A bookmark of yesterday opens nothing."""
    tokens = set()
    for _ in range(2):
        command = [sys.executable, "-m", "verifier", "kiosk", "--store", str(store), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            tokens.add(_address(store)["token"])
            process.send_signal(signal.SIGINT)
            process.wait(timeout=15)

    assert len(tokens) == 2


def test_a_port_that_is_taken_is_a_sentence(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 4, and what to do; the file of the other kiosk stays."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])

        assert run(["kiosk", "--store", str(store), "--port", port]) == 4

    said = capsys.readouterr().err
    assert "Ce port est déjà pris" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments", [["--store", "/nowhere"], ["--port", "70000"], ["--policy", "nobody"], ["--surprise"]]
)
def test_a_wrong_command_ends_with_four(
    store: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """As every other command of the till."""
    given = arguments if "--store" in arguments else ["--store", str(store), *arguments]

    assert run(["kiosk", *given]) == 4
    assert "Traceback" not in capsys.readouterr().err


def test_it_offers_the_policies_of_the_till() -> None:
    """The list that is written for speed is the list of `policy.py`."""
    (option,) = [one for one in kiosk.params if one.name == "policy_name"]

    assert tuple(getattr(option.type, "choices", ())) == tuple(POLICIES)
