"""`python -m verifier`."""

import sys

from verifier.cli import run

if __name__ == "__main__":
    sys.exit(run())
