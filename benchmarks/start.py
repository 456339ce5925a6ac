"""A pharmacist's command starts: beside the bare interpreter and the two libraries it cannot spare."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figure import Aim, Figure, Quantity, Shown
from benchmarks.world import AT, a_store, full_card, presentations
from mobile_mock.draw import draw

AIM_S = 0.100
_ROOT = Path(__file__).resolve().parent.parent
_LAUNCHER = Path(__file__).with_name("launch.py")
_NEEDED = (
    "import cbor2; from cryptography.hazmat.primitives import hashes, serialization;"
    " from cryptography.hazmat.primitives.asymmetric import ec"
)


@dataclass(frozen=True, slots=True)
class _Cost:
    wall: float
    cpu: float
    peak: float


def measure(*, rounds: int = 15) -> list[Figure]:
    """Start each command turn by turn; wall time for the start, peak memory for the scan."""
    with tempfile.TemporaryDirectory(prefix="cartes-bench-") as name:
        folder = Path(name)
        a_store(folder)
        text = presentations(full_card(), 1)[0]
        (folder / "card.png").write_bytes(draw(text).png())
        scan = ["-m", "verifier", "scan", "--store", str(folder / "store"), "--at", AT.isoformat(), "--json"]
        commands = {
            "pass": ["-c", "pass"],
            "needed": ["-c", _NEEDED],
            "help": ["-m", "verifier", "--help"],
            "text": [*scan, "--text", text],
            "image": [*scan, "--image", str(folder / "card.png")],
        }
        costs: dict[str, list[_Cost]] = {key: [] for key in commands}
        for turn in range(rounds + 1):
            for key, arguments in commands.items():
                (folder / "store" / "seen").unlink(missing_ok=True)  # the same card again is a replay
                cost = _run(arguments)
                if turn:
                    costs[key].append(cost)
    wall = {key: median(one.wall for one in all_turns) for key, all_turns in costs.items()}
    cpu = {key: median(one.cpu for one in all_turns) for key, all_turns in costs.items()}
    peak = {key: median(one.peak for one in all_turns) for key, all_turns in costs.items()}
    beside = (
        f"python -c pass: {Quantity(wall['pass'], Shown.DURATION)}; "
        f"with cbor2 and cryptography: {Quantity(wall['needed'], Shown.DURATION)}"
    )
    memory_beside = (
        f"python -c pass: {Quantity(peak['pass'], Shown.MEMORY)}; "
        f"with cbor2 and cryptography: {Quantity(peak['needed'], Shown.MEMORY)}"
    )
    return [
        Figure(
            "start",
            "`python -m verifier --help`",
            Quantity(wall["help"], Shown.DURATION),
            beside,
            Quantity(wall["help"], Shown.DURATION),
            Aim.AT_MOST,
            AIM_S,
            note=f"CPU {Quantity(cpu['help'], Shown.DURATION)}",
        ),
        Figure(
            "start_scan",
            "One scan from the command line, text",
            Quantity(wall["text"], Shown.DURATION),
            beside,
            Quantity(wall["text"] / wall["needed"], Shown.TIMES),
            note=f"CPU {Quantity(cpu['text'], Shown.DURATION)}; as a multiple of the two libraries' start",
        ),
        *(
            Figure(
                f"memory_{key}",
                f"Peak memory of one scan, {key}",
                Quantity(peak[key], Shown.MEMORY),
                memory_beside,
                Quantity(peak[key] / peak["needed"], Shown.TIMES),
            )
            for key in ("text", "image")
        ),
    ]


def _run(arguments: list[str]) -> _Cost:
    done = subprocess.run(
        [sys.executable, "-I", "-S", _LAUNCHER, sys.executable, *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    if told["exit"] != 0:
        raise RuntimeError(f"{arguments[:3]} gave {told['exit']}: {done.stderr[-500:]}")
    return _Cost(told["wall"], told["cpu"], told["peak"])
