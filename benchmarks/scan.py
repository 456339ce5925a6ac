"""A pharmacist scans a card: the whole judgement, beside the two P-256 verifications it cannot do without."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.figure import Aim, Figure, Quantity, Shown
from benchmarks.limits import BareP256
from benchmarks.timing import interleaved
from benchmarks.world import AT, a_store, full_card, presentations
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.seen import MemorySeen
from verifier.trust_snapshot import TrustSnapshot
from verifier.verify import Store, Verifier

AIM = 0.65


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A store already read: what a till that stays up between two scans holds."""

    snapshot: TrustSnapshot

    def load(self, _at: datetime) -> TrustSnapshot:
        return self.snapshot


def measure(*, rounds: int = 31, scans: int = 100) -> list[Figure]:
    """Judge `scans` different full cards a turn, with the trust data at hand and read again each time."""
    texts, bare = presentations(full_card(), scans), BareP256()
    with tempfile.TemporaryDirectory(prefix="cartes-bench-") as folder:
        store = a_store(Path(folder))
        ready = _Loaded(store.load(AT))
        taken = interleaved(
            {
                "bare": lambda: bare.verify_two(scans),
                "new key": lambda: bare.verify_two_with_a_new_key(scans),
                "check": lambda: _judging(ready, texts),
            },
            rounds=rounds,
            operations=scans,
        )
        few = texts[:10]
        with_store = interleaved(
            {
                "bare": lambda: bare.verify_two(len(few)),
                "load": lambda: _loading(store, len(few)),
                "check": lambda: _judging(store, few),
            },
            rounds=max(3, rounds // 3),
            operations=len(few),
        )
    return [
        Figure(
            "scan",
            "A scan, strict, trust data at hand",
            Quantity(taken["check"], Shown.DURATION),
            f"two bare P-256 verifications: {Quantity(taken['bare'], Shown.DURATION)}",
            Quantity(taken["bare"] / taken["check"], Shown.PERCENT),
            Aim.AT_LEAST,
            AIM,
            note="with the phone's key decoded, as every card brings a new one, the two take"
            f" {Quantity(taken['new key'], Shown.DURATION)}:"
            f" {Quantity(taken['new key'] / taken['check'], Shown.PERCENT)} of a scan",
        ),
        Figure(
            "scan_with_store",
            "A scan that reads and proves its trust store first",
            Quantity(with_store["check"], Shown.DURATION),
            f"two bare P-256 verifications: {Quantity(with_store['bare'], Shown.DURATION)}",
            Quantity(with_store["bare"] / with_store["check"], Shown.PERCENT),
            note=f"of which the store and its signatures: {Quantity(with_store['load'], Shown.DURATION)}",
        ),
    ]


def _judging(store: Store, texts: list[str]) -> Callable[[], None]:
    till = Verifier(store, MemorySeen())
    policy = POLICIES["officine"]

    def work() -> None:
        for text in texts:
            verdict = till.check(text, policy, AT)
            if verdict.light is not Light.GREEN:  # a refusal is cheaper, and would flatter
                raise AssertionError(verdict.codes)

    return work


def _loading(store: Store, times: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(times):
            store.load(AT)

    return work
