"""Revocation for a nation: 70,000,000 slots, 1 % revoked, beside what two other formats need for the same.

1 KB is 1,000 bytes, but for the live window, whose aim is 21 KB of 1,024: what 12,000 slots of 70 million say
is 20,930 bytes of information, and no list goes under it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from apcv_backend.publication.status_builder import build_status_list
from benchmarks.figure import Aim, Figure, Quantity, Shown
from benchmarks.process_memory import peak_memory
from benchmarks.timing import interleaved
from cartes.status import StatusHead, StatusPurpose, StatusShards
from cartes.status_delta import StatusDelta
from tests.simulators.clock import MORNING
from tests.simulators.publisher import Publisher
from verifier.refresh import refresh

SLOTS: Final = 70_000_000
_AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
_HASH_BYTES: Final = 8
_LOOK_UPS: Final = 100_000
_BUILD: Final = "from benchmarks.status_scale import build_alone; build_alone({slots}, {count})"


def drawn(slots: int, count: int) -> npt.NDArray[np.int64]:
    """`count` different slots of `slots`, sorted, the same at each run."""
    generator = np.random.default_rng(7)
    drawn_once = np.unique(generator.integers(0, slots, count + count // 50 + 9))
    return np.sort(generator.choice(drawn_once, count, replace=False))


def build_alone(slots: int, count: int) -> None:
    """In a process of its own: seconds to build the full list, and the most memory the process ever had.

    Its own peak (`/proc`): what `getrusage` says begins with the peak of the process it was started from.
    """
    indices = drawn(slots, count)
    started = time.perf_counter()
    build_status_list(StatusHead(1, StatusPurpose.REVOKED, slots, _AT, 1), indices)
    spent = time.perf_counter() - started
    sys.stdout.write(f"{spent} {peak_memory(os.getpid())}")


def measure(*, slots: int = SLOTS) -> list[Figure]:
    """Sizes, building, opening, looking up, and a warm refresh."""
    full = drawn(slots, slots // 100)
    live = drawn(slots, 12_000 * slots // SLOTS)
    flips = drawn(slots, 4_500 * slots // SLOTS)
    encoded = build_status_list(StatusHead(1, StatusPurpose.REVOKED, slots, _AT, 1), full)
    window = build_status_list(StatusHead(1, StatusPurpose.REVOKED, slots, _AT), live)
    delta = StatusDelta(
        1, StatusPurpose.REVOKED, 2, slots, _AT, frozenset(flips.tolist()), bytes(32)
    ).encode()
    return [
        _size("status full list", "Full list, 1 % revoked", encoded, _beside(slots, full), 710_000),
        _size("status daily delta", "Daily delta, 4,500 flips", delta, _beside(slots, flips), 9_000),
        _size(
            "status live window", "Live window of 72 h, 12,000 slots", window, _beside(slots, live), 21 << 10
        ),
        *_building(slots, len(full)),
        *_opening(encoded, slots, _bitmap(slots, full)),
        *_refreshing(),
    ]


def _size(name: str, moment: str, data: bytes, beside: str, bound: int) -> Figure:
    size = Quantity(len(data), Shown.BYTES)
    return Figure(name, moment, size, beside, size, Aim.AT_MOST, bound)


def _beside(slots: int, indices: npt.NDArray[np.int64]) -> str:
    token = zlib.compress(_bitmap(slots, indices), 9)
    return f"zlib Token Status List {len(token):,} B, 8-byte hashes {_HASH_BYTES * len(indices):,} B"


def _bitmap(slots: int, indices: npt.NDArray[np.int64]) -> bytes:
    """The bits as draft-ietf-oauth-status-list packs them."""
    bits = np.zeros(slots, dtype=np.uint8)
    bits[indices] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def _building(slots: int, count: int) -> list[Figure]:
    command = [sys.executable, "-c", _BUILD.format(slots=slots, count=count)]
    spent, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    took, most = Quantity(float(spent), Shown.DURATION), Quantity(float(memory), Shown.MEMORY)
    return [
        Figure(
            "status build", "Building the full list", took, "sorted indices ready", took, Aim.AT_MOST, 1.0
        ),
        Figure(
            "status build memory",
            "The process that builds it, whole",
            most,
            "interpreter, numpy and the set included",
            most,
            Aim.AT_MOST,
            200 * 2**20,
        ),
    ]


def _opening(encoded: bytes, slots: int, bitmap: bytes) -> list[Figure]:
    """Each the median of several turns, in this thread's own time."""
    opened = StatusShards.parse(encoded)
    opened.is_set(slots // 2)
    packed = zlib.compress(bitmap, 9)

    def look_up() -> None:
        for _ in range(_LOOK_UPS):
            opened.is_set(slots // 2)

    taken = interleaved(
        {
            "shard": lambda: lambda: StatusShards.parse(encoded).is_set(slots // 2),
            "token list": lambda: lambda: zlib.decompress(packed),
        },
        rounds=31,
        operations=1,
    )
    taken |= interleaved(
        {"whole": lambda: lambda: StatusShards.parse(encoded).check_whole()}, rounds=3, operations=1
    )
    taken |= interleaved({"look-up": lambda: look_up}, rounds=5, operations=_LOOK_UPS)
    shard, whole, once = (Quantity(taken[name], Shown.DURATION) for name in ("shard", "whole", "look-up"))
    inflated = f"inflating the Token Status List: {Quantity(taken['token list'], Shown.DURATION)}"
    return [
        Figure("status shard", "Opening the shard a scan needs", shard, inflated, shard, Aim.AT_MOST, 0.010),
        Figure("status whole", "Proving every shard", whole, inflated, whole, Aim.AT_MOST, 1.0),
        Figure("status look-up", "One look-up", once, "shard open", once, Aim.AT_MOST, 1e-6),
    ]


def _refreshing() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        publisher = Publisher(folder / "publication")
        publisher.publish()
        till = publisher.new_till(folder / "store")
        refresh(till, str(publisher.directory), MORNING)
        later = MORNING + timedelta(minutes=1)
        told = refresh(till, str(publisher.directory), later)
    received = Quantity(told.received, Shown.BYTES)
    beside = f"{told.requests} requests"
    note = "" if told.requests == 2 else "more requests than the aim of 2"
    return [
        Figure("refresh warm", "A refresh, nothing new", received, beside, received, Aim.AT_MOST, 500, note)
    ]
