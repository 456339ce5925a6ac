"""A phone asks for its cards: one whole issuance over HTTP, beside a token of npm `oidc-provider`.

Both sides in the same run, turn by turn, under the same load. What is compared is all the CPU of all server
processes a request, as a multiple of the P-256 signatures that request really verifies and makes: whatever a
machine's speed, a multiple is comparable.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Protocol

from benchmarks import load
from benchmarks.durable_backend import DurableBackend, durable_backend
from benchmarks.figure import Aim, Figure, Quantity, Shown
from benchmarks.limits import BareP256, busy_neighbour
from benchmarks.peer import TokenPeer, peer_or_reason, token_peer
from benchmarks.process_cpu import cpu_seconds
from benchmarks.timing import interleaved
from benchmarks.where_time_goes import where_time_goes

AIM = 10.0
CONNECTIONS = 6  # as many insured personas may hold a card


@dataclass(frozen=True, slots=True)
class Signatures:
    """How many P-256 signatures one request verifies and makes."""

    verified: int
    made: int

    def cost(self, verify: float, sign: float) -> float:
        """Their bare CPU, in seconds."""
        return self.verified * verify + self.made * sign

    def __str__(self) -> str:
        return f"{self.verified} verified, {self.made} made"


# The gesture is verified; three shapes are sealed, and each is opened again before it leaves.
OURS = Signatures(verified=4, made=3)
PEERS = Signatures(verified=1, made=1)


class _Side(Protocol):
    @property
    def port(self) -> int: ...
    @property
    def pids(self) -> Mapping[str, int]: ...
    def requests(self, each: int) -> list[list[bytes]]: ...


@dataclass(slots=True)
class _Turns:
    """What a side's turns gave: requests a second, CPU seconds a request of each of its servers."""

    rates: list[float] = field(default_factory=list)
    servers: list[Mapping[str, float]] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        """CPU seconds a request, all servers together: the median turn's."""
        return median(sum(one.values()) for one in self.servers)

    @property
    def split(self) -> str:
        """Each server's own median."""
        names = self.servers[0] if self.servers else ()
        return ", ".join(
            f"{name} {Quantity(median(one[name] for one in self.servers), Shown.DURATION)}" for name in names
        )


def measure(*, turns: int = 5, each: int = 60, profiled: int = 60) -> list[Figure]:
    """`turns` turns a side of `each` requests on every one of the connections, after one that warms up."""
    with tempfile.TemporaryDirectory(prefix="cartes-bench-") as name:
        folder = Path(name)
        with (
            durable_backend(folder, CONNECTIONS) as backend,
            peer_or_reason(token_peer(CONNECTIONS)) as (peer, reason),
        ):
            ours, peers, verify, sign = _play(folder, backend, peer, turns, each)
            shares = where_time_goes(backend.environ, backend.in_turn(profiled)) if profiled else ""
    return _figures(ours, peers, verify, sign, reason, shares)


def _play(
    folder: Path, backend: DurableBackend, peer: TokenPeer | None, turns: int, each: int
) -> tuple[_Turns, _Turns, float, float]:
    bare, ours, peers = BareP256(), _Turns(), _Turns()
    verifying, signing = [], []
    for turn in range(turns + 1):
        with busy_neighbour():
            units = interleaved(
                {"two": lambda: bare.verify_two(100), "sign": lambda: bare.sign_one(100)},
                rounds=9,
                operations=100,
            )
        verifying.append(units["two"] / 2)
        signing.append(units["sign"])
        count = each if turn else 10  # the first warms up and is not kept
        for side, kept, expect in ((backend, ours, '"credentials"'), (peer, peers, '"access_token"')):
            if side is not None:
                rate, cpu = _turn(folder, side, expect, count)
                if turn:
                    kept.rates.append(rate)
                    kept.servers.append(cpu)
    return ours, peers, median(verifying), median(signing)


def _turn(folder: Path, side: _Side, expect: str, each: int) -> tuple[float, Mapping[str, float]]:
    requests: Sequence[Sequence[bytes]] = side.requests(each)
    count = sum(map(len, requests))
    before = {name: cpu_seconds([pid]) for name, pid in side.pids.items()}
    outcome = load.send(folder / "load.json", side.port, expect, requests)
    spent = {name: (cpu_seconds([pid]) - before[name]) / count for name, pid in side.pids.items()}
    if outcome.good != count:
        raise RuntimeError(f"{count - outcome.good} of {count} answers were not good: {outcome.first_bad}")
    return count / outcome.seconds, spent


def _figures(
    ours: _Turns, peers: _Turns, verify: float, sign: float, reason: str, shares: str
) -> list[Figure]:
    cpu, limit = ours.cpu, OURS.cost(verify, sign)
    figures = [
        Figure(
            "issuance_cpu",
            "CPU of one issuance of three cards, all server processes",
            Quantity(cpu, Shown.DURATION),
            f"its bare signatures ({OURS}): {Quantity(limit, Shown.DURATION)}",
            Quantity(cpu / limit, Shown.TIMES),
            Aim.AT_MOST,
            AIM,
            note=f"{ours.split}\n    {shares}",
        )
    ]
    if not peers.servers:
        rate = Quantity(median(ours.rates), Shown.RATE)
        return [
            *figures,
            Figure(
                "issuance_rate", "Issuances a second", rate, "no peer here", rate, note=f"no peer: {reason}"
            ),
        ]
    peer_cpu, peer_limit = peers.cpu, PEERS.cost(verify, sign)
    rates = median(ours.rates), median(peers.rates)
    figures += [
        Figure(
            "peer_cpu",
            "CPU of one oidc-provider token, private_key_jwt",
            Quantity(peer_cpu, Shown.DURATION),
            f"its bare signatures ({PEERS}): {Quantity(peer_limit, Shown.DURATION)}",
            Quantity(peer_cpu / peer_limit, Shown.TIMES),
            note=f"in memory, where ours is on disk before it answers; an issuance costs"
            f" {cpu / peer_cpu:.1f} tokens, and {cpu / limit / (peer_cpu / peer_limit):.2f} a signature",
        ),
        Figure(
            "issuance_rate",
            "Issuances a second, granian, two workers, durable",
            Quantity(rates[0], Shown.RATE),
            f"oidc-provider tokens, two workers: {Quantity(rates[1], Shown.RATE)}",
            Quantity(rates[0] / rates[1], Shown.TIMES),
            note="the load generator shares the processors with both",
        ),
    ]
    return figures
