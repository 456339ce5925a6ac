"""`python -m verifier`."""

import os
import sys
from pathlib import Path

from verifier.cli import run

if __name__ == "__main__":
    if sys.stdin is None:  # started by a service, with nothing behind file 0
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    sys.exit(run())
