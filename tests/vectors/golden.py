"""Golden files: a generator says what each must hold; they are written, or compared with what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def differences(wanted: Mapping[Path, str], folders: Iterable[Path]) -> list[str]:
    """The files that are missing, different, or there for no reason."""
    wrong = [path.name for path, text in wanted.items() if not _holds(path, text)]
    return sorted(wrong + [path.name for path in _written(folders) if path not in wanted])


def main(story: str, wanted: Mapping[Path, str], folders: Sequence[Path], arguments: Sequence[str]) -> int:
    """Write, or with `--check` compare: 1 when they differ. Other words are answered with the story: 4."""
    if list(arguments) == ["--check"]:
        wrong = differences(wanted, folders)
        for name in wrong:
            print(f"differs: {name}")
        return 1 if wrong else 0
    if arguments:
        print(story)
        return 4
    for folder in folders:
        folder.mkdir(exist_ok=True)
    for path in _written(folders):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    print(f"{sum(path.parent in folders for path in wanted)} vectors")
    return 0


def _written(folders: Iterable[Path]) -> list[Path]:
    return [path for folder in folders for path in folder.glob("*.json")]


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
