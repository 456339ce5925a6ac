"""The JavaScript SQ1 in Node: it answers small questions (`tests/vectors/javascript/speak.mjs`)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any, Final

from tests.simulators.missing import missing
from tests.testdata import ROOT

JAVASCRIPT: Final = ROOT / "tests" / "vectors" / "javascript"


def find_node() -> str:
    """Node 20 or later; the test is skipped without it, or fails where every server is required."""
    found = shutil.which("node")
    told = ""
    if found is not None:
        told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", told)
    if found is None or version is None or int(version[1]) < 20:
        missing("JavaScript : apt install nodejs (20 ou plus récent)")
    return found


def ask(node: str, what: str, **given: object) -> Any:
    """One question to the JavaScript side."""
    done = subprocess.run(
        [node, str(JAVASCRIPT / "speak.mjs")],
        input=json.dumps({"what": what, **given}),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
