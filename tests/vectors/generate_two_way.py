"""Write the golden vectors of the two-way mode, or with `--check` compare them with what stands there.

python tests/vectors/generate_two_way.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from tests.vectors import two_way  # noqa: E402 - the path must be set first

FOLDER = HERE / "two_way_mode"


def files() -> dict[Path, str]:
    """What each generated file must hold."""
    made: list[two_way.RequestVector | two_way.AnswerVector] = [*two_way.requests(), *two_way.answers()]
    assert len({vector.name for vector in made}) == len(made), "two vectors with one name"
    return {
        FOLDER / f"{vector.name}.json": json.dumps(vector.told(), ensure_ascii=False, indent=1) + "\n"
        for vector in made
    }


def differences() -> list[str]:
    """The files that are missing, different, or there for no reason."""
    wanted = files()
    kept = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    return sorted(path.name for path in {*wanted, *kept} if wanted.get(path) != kept.get(path))


def main(arguments: list[str]) -> int:
    """Write or compare; 1 when they differ."""
    if arguments == ["--check"]:
        wrong = differences()
        for name in wrong:
            print(f"differs: {name}")
        return 1 if wrong else 0
    if arguments:
        print(__doc__)
        return 4
    FOLDER.mkdir(exist_ok=True)
    wanted = files()
    for path in FOLDER.glob("*.json"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(wanted)} vectors")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
