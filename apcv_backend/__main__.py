"""`python -m apcv_backend`: the operator's command line."""

from apcv_backend.cli import main

main()
