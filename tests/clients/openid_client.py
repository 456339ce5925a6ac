"""npm `openid-client` as a test uses it: one relying party, one step at a time (`openid_client.mjs`)."""

from __future__ import annotations

import json
import selectors
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.missing import missing

FOLDER = Path(__file__).parent
_PATIENCE_S = 30


class OpenidClient:
    """A process of the library. Every step gives what the library understood, or its refusal as `error`."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._process = subprocess.Popen(
            ["node", str(FOLDER / "openid_client.mjs"), json.dumps(settings)],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def step(self, do: str, **given: object) -> dict[str, Any]:
        """One step, waited for; fails the test when the library ends or stays silent."""
        self.start(do, **given)
        return self.answer()

    def start(self, do: str, **given: object) -> None:
        """Begin a step whose answer comes later: a poll that waits for somebody's phone."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The answer of the step that was started."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            if not waiting.select(_PATIENCE_S):
                pytest.fail("openid-client did not answer in time")
        line = self._process.stdout.readline()
        if not line:
            pytest.fail("openid-client stopped")
        told: dict[str, Any] = json.loads(line)
        return told

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait(timeout=10)
        self._process.stdout.close()


def require_openid_client() -> None:
    """Skip, in one line, where the library is not installed; fail where everything must run."""
    if shutil.which("node") and (FOLDER / "node_modules" / "openid-client").is_dir():
        return
    missing("il manque node, ou `make test` n'a pas pu installer tests/clients (npm ci)")
