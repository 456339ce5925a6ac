"""Write the golden vectors of the two-way mode, or with `--check` compare them with what stands there.

python tests/vectors/generate_two_way.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from tests.vectors import golden, two_way  # noqa: E402 - the path must be set first

FOLDER = HERE / "two_way_mode"


def files() -> dict[Path, str]:
    """What each generated file must hold."""
    made: list[two_way.RequestVector | two_way.AnswerVector] = [*two_way.requests(), *two_way.answers()]
    assert len({vector.name for vector in made}) == len(made), "two vectors with one name"
    return {
        FOLDER / f"{vector.name}.json": json.dumps(vector.told(), ensure_ascii=False, indent=1) + "\n"
        for vector in made
    }


if __name__ == "__main__":
    sys.exit(golden.main(__doc__, files(), (FOLDER,), sys.argv[1:]))
