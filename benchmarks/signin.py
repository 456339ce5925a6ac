"""Software signs people in: a token, an introspection, a CIBA poll, each beside npm `oidc-provider`'s.

One process a side, in the same run, turn by turn, under the same load, every status and answer checked. A
token costs each side one ES256 signature verified and one made; what a side writes is its own affair: ours
has the `jti` of each assertion on disk before it answers, the peer forgets everything when it stops.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import load
from benchmarks.figure import Aim, Figure, Quantity, Shown
from benchmarks.peer import peer_or_reason
from benchmarks.process_cpu import cpu_seconds
from benchmarks.signin_providers import Provider, our_provider, peer_provider
from benchmarks.where_time_goes import where_time_goes

TOKEN_AIM = 0.4
POLL_AIM = 1_000.0
CONNECTIONS = 6


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked of both sides, and what a good answer is."""

    name: str
    moment: str
    requests: Callable[[Provider, int], list[list[bytes]]]
    status: int
    word: str


QUESTIONS = (
    Question("token", "Tokens a second, private_key_jwt", Provider.tokens, 200, '"access_token":"eyJ'),
    Question("introspection", "Introspections a second", Provider.introspections, 200, '"active":true'),
    Question("poll", "CIBA polls a second", Provider.polls, 400, '"authorization_pending"'),
)


@dataclass(slots=True)
class Turns:
    """What the turns of one side at one question gave: rates, and CPU seconds a request of each server."""

    rates: list[float] = field(default_factory=list)
    servers: list[Mapping[str, float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second: the median turn's."""
        return median(self.rates)

    @property
    def cpu(self) -> float:
        """CPU seconds a request, all servers together: the median turn's."""
        return median(sum(one.values()) for one in self.servers)

    @property
    def split(self) -> str:
        """Each server's own median."""
        return ", ".join(
            f"{name} {Quantity(median(one[name] for one in self.servers), Shown.DURATION)}"
            for name in self.servers[0]
        )


def measure(*, turns: int = 5, each: int = 40, profiled: int = 100) -> list[Figure]:
    """`turns` turns a side and a question, `each` requests on every connection, after one that warms up."""
    ours = {question.name: Turns() for question in QUESTIONS}
    peers = {question.name: Turns() for question in QUESTIONS}
    shares = {question.name: "" for question in QUESTIONS}
    with tempfile.TemporaryDirectory(prefix="cartes-bench-") as name:
        folder = Path(name)
        with (
            our_provider(folder, CONNECTIONS) as (our_side, settings),
            peer_or_reason(peer_provider(CONNECTIONS)) as (peer, reason),
        ):
            for turn in range(turns + 1):
                for question in QUESTIONS:
                    for side, kept in ((our_side, ours), (peer, peers)):
                        if side is not None:
                            rate, cpu = _turn(folder, side, question, each)
                            if turn:  # the first warms up
                                kept[question.name].rates.append(rate)
                                kept[question.name].servers.append(cpu)
            if profiled:
                for question in QUESTIONS:
                    asked = [
                        one
                        for requests in question.requests(our_side, profiled // CONNECTIONS + 1)
                        for one in requests
                    ]
                    shares[question.name] = where_time_goes(settings, asked, status=question.status)
    return [
        figure(question, ours[question.name], peers[question.name], reason, shares[question.name])
        for question in QUESTIONS
    ]


def _turn(folder: Path, side: Provider, question: Question, each: int) -> tuple[float, Mapping[str, float]]:
    requests = question.requests(side, each)
    count = sum(map(len, requests))
    before = {name: cpu_seconds([pid]) for name, pid in side.pids.items()}
    outcome = load.send(folder / "load.json", side.port, question.word, requests, status=question.status)
    spent = {name: (cpu_seconds([pid]) - before[name]) / count for name, pid in side.pids.items()}
    if outcome.good != count:
        raise RuntimeError(f"{count - outcome.good} of {count} answers were not good: {outcome.first_bad}")
    return count / outcome.seconds, spent


def figure(question: Question, ours: Turns, peers: Turns, reason: str, shares: str) -> Figure:
    """The line of a question. The poll's aim is a rate of its own; the token's, a share of the peer's."""
    rate = Quantity(ours.rate, Shown.RATE)
    ratio, beside = rate, "no peer here"
    note = f"ours: {ours.split}"
    if peers.rates:
        times = Quantity(ours.rate / peers.rate, Shown.TIMES)
        beside = f"oidc-provider, one process: {Quantity(peers.rate, Shown.RATE)}"
        note = f"{note}; oidc-provider: {peers.split} ({ours.cpu / peers.cpu:.1f} × its CPU)"
        if question.name == "poll":
            beside = f"{beside} (ours is {times})"
        else:
            ratio = times
    else:
        note = f"{note}; no peer: {reason}"
    aim, bound = None, 0.0
    if question.name == "poll":
        aim, bound = Aim.AT_LEAST, POLL_AIM
    elif question.name == "token" and peers.rates:
        aim, bound = Aim.AT_LEAST, TOKEN_AIM
    note = "\n    ".join(filter(None, (note, shares)))
    return Figure(
        f"signin_{question.name}", f"{question.moment}, one worker", rate, beside, ratio, aim, bound, note
    )
