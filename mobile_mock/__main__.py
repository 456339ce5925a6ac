"""`python -m mobile_mock`: see `cli.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mobile_mock.cli import main

if __name__ == "__main__":
    if sys.stdin is None:  # started by a service, with nothing behind file 0
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    main(prog_name="mobile_mock")
