"""Build the till's own wheel: `python packaging/verifier/build.py OUT`.

Copies the two packages it is made of beside its `pyproject.toml`, in a folder of its own, and lets setuptools
build there: no file of the backend can slip in, and the repository is left as it was. Needs no network.
"""

# ruff: noqa: INP001 - a script beside its pyproject.toml, not a package

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent
PACKAGES: Final = ("cartes", "verifier")
_BUILD: Final = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


def build(out: Path) -> Path:
    """Write the wheel into `out` and give its path. Raises `CalledProcessError` when setuptools refuses."""
    out.mkdir(parents=True, exist_ok=True)
    before = set(out.glob("*.whl"))
    with tempfile.TemporaryDirectory() as folder:
        staging = Path(folder)
        for package in PACKAGES:
            shutil.copytree(
                ROOT / package, staging / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
            )
        for file in (HERE / "pyproject.toml", HERE / "README.md", ROOT / "LICENSE"):
            shutil.copy(file, staging)
        fresh = staging / "wheel"
        fresh.mkdir()
        subprocess.run(  # noqa: S603 - our own interpreter and words
            [sys.executable, "-c", _BUILD, str(fresh)], cwd=staging, check=True, stdout=sys.stderr
        )
        (wheel,) = fresh.glob("*.whl")
        shutil.copy(wheel, out)
    return next(iter(set(out.glob("*.whl")) - before), out / wheel.name)


def main() -> int:
    """Say where the wheel is."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - one argument
        sys.stderr.write(f"usage: {sys.argv[0]} OUT\n")
        return 4
    sys.stdout.write(f"{build(Path(sys.argv[1]))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
