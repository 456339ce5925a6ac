"""A town hall in processes of its own: the server at DEBUG on a free port, and the operator's commands.

Everything it says goes to files of its folder, so that a test can search what was left. The clock is real.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import urllib3
from click.testing import CliRunner

from keys.ceremony import hold_ceremony
from mobile_mock.cli import main as phone
from tests.simulators.servers import free_port
from tests.testdata import ROOT

_SERVER = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from werkzeug.serving import run_simple
from apcv_backend.app import create_app
from apcv_backend.bootstrap import services_from_env
run_simple("127.0.0.1", int(sys.argv[1]), create_app(services_from_env()), threaded=True)
"""
_STARTS_WITHIN_S = 60.0
_COMMAND_S = 120


@dataclass
class RunningTown:
    """A server process, its settings and what it said."""

    folder: Path
    port: int
    environ: dict[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        """Where a phone finds it."""
        return f"http://apcv.localhost:{self.port}"

    @property
    def database(self) -> Path:
        """The file of its rows."""
        return Path(self.environ["APCV_DATABASE_URL"].removeprefix("sqlite:///"))

    @property
    def said(self) -> str:
        """What the server logged so far."""
        return (self.folder / "server.log").read_text("utf-8", "replace")

    def operator(self, *words: str, given: str = "", fails: bool = False) -> str:
        """A command of the operator, its output kept with the server's; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "apcv_backend", *words],
            input=given,
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_S,
        )
        with (self.folder / "operator.log").open("a") as kept:
            kept.write(done.stderr + done.stdout)
        assert (done.returncode != 0) is fails, done.stderr
        return done.stdout


def settings(folder: Path, port: int, keys: Path) -> dict[str, str]:
    """The environment of a town hall of fictitious people, on a file of its own."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("APCV_")},
        "PYTHONUNBUFFERED": "1",
        "APCV_ENV": "test",
        "APCV_PUBLIC_URL": f"http://apcv.localhost:{port}",
        "APCV_DATABASE_URL": f"sqlite:///{folder / 'town-hall.db'}",
        "APCV_KEYS_DIR": str(keys),
        "APCV_PUBLICATION_DIR": str(folder / "publication"),
        "APCV_RIGHTS_DIR": str(ROOT / "examples" / "personas" / "droits"),
        "APCV_RP_ID_APCV": "apcv.localhost",
        "APCV_RP_ID_ECPS": "ecps.localhost",
        "APCV_ORIGINS_APCV": f"http://apcv.localhost:{port}",
        "APCV_ORIGINS_ECPS": f"http://ecps.localhost:{port}",
        "APCV_ATTESTATION_ROOTS": str(folder / "roots"),
        "APCV_STATUS_CAPACITY": "4096",
    }


@contextmanager
def serving(folder: Path, environ: dict[str, str], port: int) -> Iterator[RunningTown]:
    """The server on those settings, until the block ends."""
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(port)], env=environ, cwd=ROOT, stdout=log, stderr=log
        )
        try:
            town = RunningTown(folder, port, environ)
            _wait(town, process)
            yield town
        finally:
            process.terminate()
            process.wait(timeout=30)


@contextmanager
def running_town(folder: Path) -> Iterator[RunningTown]:
    """A town hall founded now: keys, roots of phones' makers, a migrated database, a server."""
    port = free_port()
    hold_ceremony(folder / "keys", datetime.now(UTC) - timedelta(hours=1), random=secrets.token_bytes)
    made = CliRunner().invoke(
        phone, ["makers", "--makers", str(folder / "makers"), "--roots", str(folder / "roots")]
    )
    assert made.exit_code == 0, made.output
    environ = settings(folder, port, folder / "keys")
    RunningTown(folder, port, environ).operator("migrate")
    with serving(folder, environ, port) as town:
        yield town


def _wait(town: RunningTown, process: subprocess.Popen[bytes]) -> None:
    pool = urllib3.PoolManager(retries=False)
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            pool.request("GET", f"http://127.0.0.1:{town.port}/health/live", timeout=5)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
        else:
            pool.clear()
            return
    raise AssertionError(f"the server did not start: {town.said[-2_000:]}")
