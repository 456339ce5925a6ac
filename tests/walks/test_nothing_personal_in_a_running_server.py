"""A real server process logging at DEBUG, a phone over real HTTP; then everything left is searched."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import urllib3
from click.testing import CliRunner

from cartes.wire import strict_json
from keys.ceremony import hold_ceremony
from mobile_mock.cli import main as phone
from tests.simulators.servers import free_port
from tests.testdata import ROOT

NIR = "158032A99904296"
_SERVER = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from werkzeug.serving import run_simple
from apcv_backend.app import create_app
from apcv_backend.bootstrap import services_from_env
run_simple("127.0.0.1", int(sys.argv[1]), create_app(services_from_env()), threaded=True)
"""


@dataclass
class Running:
    """A server process, its settings and what it said."""

    folder: Path
    port: int
    environ: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://apcv.localhost:{self.port}"

    def operator(self, *words: str, given: str = "") -> str:
        """A command of the operator, its output kept with the server's."""
        done = subprocess.run(
            [sys.executable, "-m", "apcv_backend", *words],
            input=given,
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        with (self.folder / "operator.log").open("a") as kept:
            kept.write(done.stderr + done.stdout)
        return done.stdout


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    port = free_port()
    hold_ceremony(tmp_path / "keys", datetime.now(UTC) - timedelta(hours=1), random=secrets.token_bytes)
    made = CliRunner().invoke(
        phone, ["makers", "--makers", str(tmp_path / "makers"), "--roots", str(tmp_path / "roots")]
    )
    assert made.exit_code == 0, made.output
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("APCV_")},
        "PYTHONUNBUFFERED": "1",
        "APCV_ENV": "test",
        "APCV_PUBLIC_URL": f"http://apcv.localhost:{port}",
        "APCV_DATABASE_URL": f"sqlite:///{tmp_path / 'town-hall.db'}",
        "APCV_KEYS_DIR": str(tmp_path / "keys"),
        "APCV_PUBLICATION_DIR": str(tmp_path / "publication"),
        "APCV_RIGHTS_DIR": str(ROOT / "examples" / "personas" / "droits"),
        "APCV_RP_ID_APCV": "apcv.localhost",
        "APCV_RP_ID_ECPS": "ecps.localhost",
        "APCV_ORIGINS_APCV": f"http://apcv.localhost:{port}",
        "APCV_ORIGINS_ECPS": f"http://ecps.localhost:{port}",
        "APCV_ATTESTATION_ROOTS": str(tmp_path / "roots"),
        "APCV_STATUS_CAPACITY": "4096",
    }
    server = Running(tmp_path, port, environ)
    server.operator("migrate")
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(port)], env=environ, cwd=ROOT, stdout=log, stderr=log
        )
        try:
            _wait(port)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait(port: int) -> None:
    pool = urllib3.PoolManager(retries=False)
    for _ in range(200):
        try:
            pool.request("GET", f"http://127.0.0.1:{port}/health/live", timeout=1)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            pool.clear()
            return
    pytest.fail("the server did not start")


def test_a_life_on_a_running_server_leaves_no_number_anywhere(running: Running, tmp_path: Path) -> None:
    """Enrolled, issued, read, contested, sealed, erased: logs, addresses, bytes of files."""
    opened = running.operator("code", "open-many", given=f'{{"card":"apcv","person":"{NIR}","for":"x"}}\n')
    code = strict_json.loads(opened.strip().encode())
    pocket = ["--pocket", str(tmp_path / "pocket")]
    enrolled = _phone(
        "enrol", *pocket, "--backend", running.url, "--card", "apcv", "--model", "android",
        "--makers", str(tmp_path / "makers"),
        "--reference", code["reference"], "--secret", code["secrets"][0],
    )  # fmt: skip
    assert enrolled
    _phone("card", *pocket)
    told = _phone("journal", *pocket)
    entry = told.splitlines()[1].strip()
    _phone("journal", *pocket, "--not-me", entry)
    running.operator("seal-journal")
    running.operator("check-journal")
    assert "1 incidents" in running.operator("incidents")
    running.operator("erase", "--card", "apcv", "--agent", "A", "--place", "B", given=f"{NIR}\n")
    running.operator("sweep")
    running.operator("seal-journal")
    running.operator("check-journal")
    running.operator("backup", "--to", str(tmp_path / "saved.gz"))

    said = (tmp_path / "server.log").read_text()
    assert "/v1/journal" in said, "requests are not logged: the search would prove nothing"
    left = [path for path in tmp_path.rglob("*") if path.is_file() and "pocket" not in path.parts]
    assert any(path.name == "town-hall.db" for path in left)
    assert [path.name for path in left if any(word in path.read_bytes() for word in _forms())] == []


def _forms() -> list[bytes]:
    """The number as people and programs write it: whole, without its key, spaced."""
    return [NIR.encode(), NIR[:13].encode(), b"1 58 03 2A 999 042", b"1580399999904296"]


def _phone(*words: str) -> str:
    done = CliRunner().invoke(phone, list(words))
    assert done.exit_code == 0, done.output
    return done.output
