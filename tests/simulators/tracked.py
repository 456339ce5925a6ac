"""Which files of this checkout are kept: git's list, the only one that knows what a run left behind."""

from __future__ import annotations

import subprocess

from tests.simulators.missing import missing
from tests.testdata import ROOT


def tracked(*folders: str) -> list[str]:
    """The kept files that are still there, by their path from the root: all, or those below `folders`."""
    return [name for name in git_list("--", *folders) if (ROOT / name).is_file()]


def git_list(*words: str) -> list[str]:
    """The lines of `git ls-files` with these words; missing where this is no checkout."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        missing("git is not here, and nothing else says which files are kept")
    if listed.returncode != 0:
        missing(f"not a git checkout, nothing says which files are kept: {listed.stderr.strip()}")
    return [line for line in listed.stdout.split("\0") if line]
