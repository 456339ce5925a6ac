"""`python -m keys`."""

from keys.cli import main

if __name__ == "__main__":
    main(prog_name="python -m keys")
