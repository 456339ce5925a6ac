"""`python -m apcv_backend`: the operator's command line."""

import os
import sys
from pathlib import Path

from apcv_backend.cli import main

if sys.stdin is None:  # started by a service, with nothing behind file 0
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - lives as long as the process
main()
