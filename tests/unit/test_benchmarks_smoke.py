"""The benchmarks still run and still compare what they say: tiny counts, and never a bound on time."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from benchmarks import draw, load, scan, seal, signin, sizes, start, status_scale, where_time_goes
from benchmarks.__main__ import MOMENTS, main
from benchmarks.figure import Aim, Figure, Quantity, Shown, table
from benchmarks.issuance import OURS, PEERS
from benchmarks.limits import BareP256
from benchmarks.peer import PeerMissing, peer_or_reason
from benchmarks.process_cpu import cpu_seconds
from benchmarks.timing import interleaved
from benchmarks.world import AT, full_card, presentations
from tests.simulators.missing import missing
from tests.simulators.publisher import Publisher
from verifier.policy import POLICIES
from verifier.seen import MemorySeen
from verifier.verify import Verifier


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def test_a_ratio_meets_its_aim_on_the_right_side_only() -> None:
    """At least and at most are not confused, and a figure without an aim is neither met nor missed."""
    half = Quantity(0.5, Shown.PERCENT)

    assert Figure("a", "a", half, "b", half, Aim.AT_LEAST, 0.4).met is True
    assert Figure("a", "a", half, "b", half, Aim.AT_MOST, 0.4).met is False
    assert Figure("a", "a", half, "b", half).met is None


def test_the_table_says_each_figure_beside_its_limit_and_whether_its_aim_is_met() -> None:
    """One line: moment, measured, beside, ratio, aim, met."""
    missed = Figure(
        "scan",
        "A scan",
        Quantity(0.000_2, Shown.DURATION),
        "two bare verifications: 100 µs",
        Quantity(0.5, Shown.PERCENT),
        Aim.AT_LEAST,
        0.65,
    )

    line = click.unstyle(table([missed])).splitlines()[2]

    assert [part.strip() for part in line.split("  ") if part] == [
        "A scan",
        "200 µs",
        "two bare verifications: 100 µs",
        "50 %",
        "≥ 65 %",
        "NO",
    ]


def test_variants_take_turns_and_the_first_turn_is_not_counted() -> None:
    """A, B, A, B: a slow moment of the machine falls on both."""
    order: list[str] = []
    times = iter(range(1_000))

    taken = interleaved(
        {"a": lambda: lambda: order.append("a"), "b": lambda: lambda: order.append("b")},
        rounds=2,
        operations=1,
        clock=lambda: float(next(times)),
    )

    assert order == ["a", "b"] * 3
    assert taken == {"a": 1.0, "b": 1.0}


def test_a_scan_that_is_refused_stops_the_benchmark(tmp_path: Path) -> None:
    """A refusal is cheaper than a green light, and must not pass for a fast scan."""
    publisher = Publisher(tmp_path / "publication")
    publisher.publish(AT)
    never_refreshed = publisher.new_till(tmp_path / "store")

    with pytest.raises(AssertionError, match="trust_store_unusable"):
        scan._judging(never_refreshed, presentations(full_card(), 1))()


def test_presentations_are_different_cards(tmp_path: Path) -> None:
    """Each scan of a turn is another card: no cache of one answer, no replay."""
    assert len(set(presentations(full_card(), 5))) == 5


def test_the_moments_of_the_card_are_measured_beside_their_limits() -> None:
    """Scan and seal give a ratio to bare signatures, which cost something."""
    figures = by_name([*scan.measure(rounds=1, scans=3), *seal.measure(rounds=1, cards=3)])

    assert set(figures) == {"scan", "scan_with_store", "seal", "lint_and_seal"}
    assert all(figure.measured.value > 0 and "bare P-256" in figure.beside for figure in figures.values())
    assert figures["lint_and_seal"].measured.value > figures["seal"].measured.value


def test_every_shape_of_the_largest_persona_meets_its_size() -> None:
    """Bytes are the same on every machine: here the aims of the format are asserted."""
    figures = by_name(sizes.measure())

    assert set(figures) == {
        f"size {name}" for name in ("identite", "soins", "complet", "complet, delegated", "e-CPS")
    }
    assert [name for name, figure in figures.items() if figure.met is False or figure.note] == []


def test_revocation_is_measured_beside_two_other_formats() -> None:
    """A smaller nation: every figure is there, and the warm refresh is two requests whatever the machine."""
    figures = by_name(status_scale.measure(slots=1_000_000))

    assert {"status full list", "status daily delta", "status live window", "status build"} <= set(figures)
    assert {"status build memory", "status shard", "status whole", "status look-up"} <= set(figures)
    assert "zlib" in figures["status full list"].beside
    assert figures["refresh warm"].met is True
    assert figures["refresh warm"].note == ""


def test_drawing_is_measured_beside_a_peer_drawing_the_same_digits() -> None:
    """The picture of ours and of the peer's, in one run."""
    figures = by_name(draw.measure(rounds=1))

    assert "qrcode" in figures["draw"].beside
    assert figures["draw_matrix"].measured.value > 0


def test_the_start_and_the_memory_of_a_scan_are_measured() -> None:
    """Real processes, which must end well; a scan cannot take less memory than the bare interpreter."""
    figures = by_name(start.measure(rounds=1))

    assert set(figures) == {"start", "start_scan", "memory_text", "memory_image"}
    assert figures["memory_image"].measured.value > 5 * 2**20


def test_a_command_that_fails_is_not_measured() -> None:
    """The cost of a traceback is not the cost of a start."""
    with pytest.raises(RuntimeError, match="gave 3"):
        start._run(["-c", "raise SystemExit(3)"])


def test_the_cpu_of_a_process_tree_only_grows_with_work() -> None:
    """A tenth of a second of work shows; a process that does not exist is an error, not a zero."""
    if not Path("/proc/self/stat").exists():
        missing("no /proc on this machine: the figures of memory and processor time are of Linux")
    before = cpu_seconds([os.getpid()])
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass

    assert cpu_seconds([os.getpid()]) - before >= 0.05
    with pytest.raises(RuntimeError, match="no such process"):
        cpu_seconds([2**22 + 1])


def answering(status: bytes, body: bytes) -> int:
    """A server that gives one answer to one connection, twice; its port."""
    import socket

    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as link:
            for _ in range(2):
                link.recv(65_536)
                link.sendall(
                    b"HTTP/1.1 "
                    + status
                    + b"\r\ncontent-length: "
                    + str(len(body)).encode()
                    + b"\r\n\r\n"
                    + body
                )

    threading.Thread(target=serve, daemon=True).start()
    return int(listening.getsockname()[1])


@pytest.mark.parametrize(
    ("status", "body", "good"),
    [(b"200 OK", b'{"card":1}', 2), (b"200 OK", b"{}", 0), (b"429 No", b"card", 0)],
)
def test_the_load_counts_good_answers_only(tmp_path: Path, status: bytes, body: bytes, good: int) -> None:
    """Fast refusals are not requests served: status and content are both looked at."""
    port = answering(status, body)
    request = load.http_request("/x", "localhost", {"Accept": "*/*"}, b"{}")

    outcome = load.send(tmp_path / "load.json", port, '"card"', [[request, request]])

    assert outcome.good == good
    assert (outcome.first_bad == "") is (good == 2)


@pytest.mark.parametrize(("expected", "good"), [(400, 2), (200, 0)])
def test_a_refusal_may_be_the_good_answer(tmp_path: Path, expected: int, good: int) -> None:
    """A poll nobody has answered is a 400: the load counts it when it was expected, and only then."""
    port = answering(b"400 Bad Request", b'{"error":"authorization_pending"}')
    request = load.http_request("/x", "localhost", {"Accept": "*/*"}, b"a=b")

    outcome = load.send(
        tmp_path / "load.json", port, '"authorization_pending"', [[request, request]], status=expected
    )

    assert outcome.good == good


def a_turn(rate: float) -> signin.Turns:
    return signin.Turns([rate], [{"server": 1 / rate}])


def test_the_token_is_held_to_the_peer_and_the_poll_to_a_rate_of_its_own() -> None:
    """Two kinds of aim: a share of the peer's rate, and so many a second whatever the peer does."""
    token, introspection, poll = (
        signin.figure(question, a_turn(900.0), a_turn(1_800.0), "", "") for question in signin.QUESTIONS
    )

    assert (token.ratio.value, token.met) == (0.5, True)
    assert (introspection.ratio.value, introspection.met) == (0.5, None)
    assert (poll.ratio.value, poll.met) == (900.0, False)
    assert "2.0 × its CPU" in token.note


def test_without_the_peer_only_the_rate_of_its_own_is_held_to_anything() -> None:
    """No npm on the machine: the token has nothing to be compared to, and the line says why."""
    token, _, poll = (
        signin.figure(question, a_turn(1_200.0), signin.Turns(), "no node", "")
        for question in signin.QUESTIONS
    )

    assert token.met is None
    assert "no node" in token.note
    assert poll.met is True


def test_a_request_is_profiled_as_it_would_be_sent() -> None:
    """The bytes of a request become what WSGI gives an application: path, length, headers, body."""
    request = load.http_request("/token", "localhost", {"Content-Type": "a/b", "X-Y": "z"}, b"a=b")

    environ = where_time_goes._environ(request)

    assert (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == ("POST", "/token")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"], environ["HTTP_X_Y"]) == ("a/b", "3", "z")
    assert environ["wsgi.input"].read() == b"a=b"


def test_the_signatures_of_an_issuance_are_counted_apart_from_the_peers() -> None:
    """One gesture and three own cards verified, three sealed; the peer verifies one and makes one."""
    assert OURS.cost(verify=100.0, sign=1.0) == 403.0
    assert PEERS.cost(verify=100.0, sign=1.0) == 101.0


def test_builtins_are_given_to_the_library_that_called_them() -> None:
    """`len` is nobody's; a P-256 signature is its own line."""
    import cProfile
    import pstats

    from cartes.wire import strict_cbor

    bare = BareP256()
    profile = cProfile.Profile()
    profile.enable()
    strict_cbor.loads(strict_cbor.dumps(list(range(20))))
    bare.sign_one(3)()
    profile.disable()

    shares = where_time_goes._by_library(pstats.Stats(profile))

    assert {"cartes", "P-256 (cryptography)"} <= set(shares)
    assert sum(shares.values()) == pytest.approx(1)


def test_the_command_writes_figures_for_a_program(tmp_path: Path) -> None:
    """`--only` and `--json`: the values in base units, the aims and whether they are met."""
    file = tmp_path / "figures.json"

    done = CliRunner().invoke(main, ["--only", "sizes", "--json", str(file)])

    assert done.exit_code == 0
    assert "sizes" in MOMENTS
    told = json.loads(file.read_text())
    assert {line["name"]: line["met"] for line in told}["size soins"] is True


def test_a_moment_that_cannot_be_measured_is_said_and_the_rest_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No server on the machine: one sentence, exit 2, and the other figures all the same."""

    def missing() -> list[Figure]:
        raise RuntimeError("PostgreSQL manque")

    monkeypatch.setattr(scan, "measure", missing)

    done = CliRunner().invoke(main, ["--only", "scan", "--only", "sizes"])

    assert done.exit_code == 2
    assert "PostgreSQL manque" in done.output
    assert "Bytes of a presentation, soins" in done.output


def test_a_till_at_hand_judges_the_full_card_green(tmp_path: Path) -> None:
    """What the benchmark times is the whole judgement of a card that carries everything."""
    from benchmarks.world import a_store

    till = Verifier(a_store(tmp_path), MemorySeen())

    verdict = till.check(presentations(full_card(), 1)[0], POLICIES["officine"], AT)

    assert verdict.light.word == "green"
    assert verdict.facts is not None
    assert verdict.facts.card.kind.value == "apcv"


@contextmanager
def _a_peer(reason: str = "") -> Iterator[str]:
    if reason:
        raise PeerMissing(reason)
    yield "peer"


def test_a_missing_peer_is_told_and_a_failing_measure_is_not_taken_for_one() -> None:
    """Without the peer the backend is measured alone, with the reason; what fails in a measure fails."""
    with peer_or_reason(_a_peer()) as (peer, reason):
        assert (peer, reason) == ("peer", "")
    with peer_or_reason(_a_peer("no node here")) as (peer, reason):
        assert (peer, reason) == (None, "no node here")
    with pytest.raises(PeerMissing), peer_or_reason(_a_peer()):
        raise PeerMissing("in the middle")
