"""A PDF as its reader has it: the words poppler finds in it, or a page of it as a picture."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.simulators.missing import missing


def words_of(file: Path, *, laid_out: bool = False) -> str:
    """The text of every page; `laid_out` keeps columns side by side."""
    options = ["-layout"] if laid_out else []
    done = subprocess.run([_tool("pdftotext"), *options, file, "-"], capture_output=True, check=True)
    return done.stdout.decode()


def picture_of(file: Path) -> Path:
    """The first page in greys at 150 dots an inch, as a PNG beside the file."""
    options = ["-r", "150", "-gray", "-png", "-singlefile"]
    subprocess.run([_tool("pdftoppm"), *options, file, file.with_suffix("")], check=True)
    return file.with_suffix(".png")


def _tool(name: str) -> str:
    return shutil.which(name) or missing(f"il manque {name} : paquet Debian poppler-utils")
