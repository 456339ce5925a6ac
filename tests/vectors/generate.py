"""Write the golden vectors, or with `--check` compare them with what stands in the folder.

    python tests/vectors/generate.py [--check]

Every key comes from a word and every signature from RFC 6979, so the same program writes the same bytes. To
add a vector, add a line in `good.py`, `faults_card.py` or `faults_proof.py`, and run this.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from tests.vectors import faults_card, faults_proof, golden, good, insurers_card  # noqa: E402 - the path must be set first
from tests.vectors.making import Vector  # noqa: E402 - the path must be set first

FOLDER = HERE / "sq1"
AMC_FOLDER = HERE / "amc"  # a reader that knows two cards alone leaves these aside
README = HERE / "README.md"
TABLE_STARTS = "<!-- the table below is written by generate.py -->\n"


def vectors() -> list[Vector]:
    """Every vector, in the order of the checks."""
    return [*good.vectors(), *faults_card.vectors(), *faults_proof.vectors()]


def files() -> dict[Path, str]:
    """What each generated file must hold."""
    by_folder = {FOLDER: vectors(), AMC_FOLDER: insurers_card.vectors()}
    made = [vector for listed in by_folder.values() for vector in listed]
    assert len({vector.name for vector in made}) == len(made), "two vectors with one name"
    wanted = {
        folder / f"{vector.name}.json": json.dumps(vector.told(), ensure_ascii=False, indent=1) + "\n"
        for folder, listed in by_folder.items()
        for vector in listed
    }
    rows = "".join(f"| `{vector.name}` | `{vector.expected}` | {vector.odd} |\n" for vector in made)
    story = README.read_text(encoding="utf-8").split(TABLE_STARTS)[0]
    wanted[README] = f"{story}{TABLE_STARTS}\n| file | expected | what is odd |\n|---|---|---|\n{rows}"
    return wanted


if __name__ == "__main__":
    sys.exit(golden.main(__doc__, files(), (FOLDER, AMC_FOLDER), sys.argv[1:]))
