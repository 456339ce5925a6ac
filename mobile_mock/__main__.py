"""`python -m mobile_mock`: see `cli.py`."""

from __future__ import annotations

from mobile_mock.cli import main

if __name__ == "__main__":
    main(prog_name="mobile_mock")
