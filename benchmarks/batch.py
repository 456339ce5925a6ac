"""An insurer sends a file of 100,000 members: how fast it is answered, and in how much memory.

granian with one worker, PostgreSQL with synchronous commits, Redis; the client is `examples/insurer`'s, with
its key, its token by `private_key_jwt` and its DPoP proofs. The file is broken off half-way and taken up
again, and holds bad lines of four kinds. What must hold whatever the time is checked, not measured: every
line answered once, in its order, each bad one by its own error, each person charged once and told once.

The limit of the memory is the same server after a file of 1,000 lines.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from apcv_backend.bootstrap import Services, build
from apcv_backend.config import Config
from benchmarks import batch_country
from benchmarks.durable_hall import durable_hall, serving
from benchmarks.figure import Aim, Figure, Quantity, Shown
from benchmarks.process_cpu import cpu_seconds
from benchmarks.process_memory import peak_memory
from examples.demo.town_hall import ROOT
from examples.insurer.registration import AMC, CLIENT_ID, client_document
from tests.simulators.population import nir_of

LINES = 100_000
FEW = 1_000
MOST_GROWTH = 1.15
_BAD_EVERY = 1_000
"""One line in so many is bad, in each of four ways."""
_CEILING = 250_000
_TRIES = 60


@dataclass(frozen=True, slots=True)
class Town:
    """A backend that is up, the insurer's key, and the processes that do the work."""

    folder: Path
    service: str
    services: Services
    key: str
    pids: dict[str, int]


@dataclass(frozen=True, slots=True)
class Run:
    """One file: seconds, CPU seconds of each server, and peaks in bytes of the server and its client."""

    seconds: float
    cpu: dict[str, float]
    server: int
    client: int


def measure(*, lines: int = LINES, few: int = FEW) -> list[Figure]:
    """A short file twice (the first one warms up), then the long one, broken off at its half."""
    with tempfile.TemporaryDirectory(prefix="cartes-bench-") as name, _town(Path(name), lines) as town:
        _run(town, few, "first")
        short = _run(town, few, "short")
        long = _run(town, lines, "long", break_at=lines // 2)
        _check_journal(town, lines, "long")
    return _figures(lines, few, short, long)


def _figures(lines: int, few: int, short: Run, long: Run) -> list[Figure]:
    each = ", ".join(f"{name} {Quantity(spent / lines, Shown.DURATION)}" for name, spent in long.cpu.items())
    rate, beside = Quantity(lines / long.seconds, Shown.RATE), Quantity(few / short.seconds, Shown.RATE)
    server, client = long.server / short.server, long.client / short.client
    bad = lines // _BAD_EVERY
    return [
        Figure(
            "batch_rate",
            f"A file of {lines:,} members, lines a second",
            rate,
            f"a file of {few:,}: {beside}",
            Quantity(rate.value / beside.value, Shown.TIMES),
            note=f"CPU a line: {each}; broken off at line {lines // 2:,} and taken up again, "
            f"no line answered, charged or journalled twice; {4 * bad:,} bad lines, each by its own error",
        ),
        Figure(
            "batch_memory",
            "The server's peak memory meanwhile",
            Quantity(long.server, Shown.MEMORY),
            f"after {few:,} lines: {Quantity(short.server, Shown.MEMORY)}",
            Quantity(server, Shown.TIMES),
            Aim.AT_MOST,
            MOST_GROWTH,
        ),
        Figure(
            "batch_client_memory",
            "The client's, which holds its own file",
            Quantity(long.client, Shown.MEMORY),
            f"with {few:,} lines: {Quantity(short.client, Shown.MEMORY)}",
            Quantity(client, Shown.TIMES),
        ),
    ]


@contextmanager
def _town(folder: Path, members: int) -> Iterator[Town]:
    with durable_hall(folder) as durable:
        hall = durable.hall
        hall.found(())
        key = ec.generate_private_key(ec.SECP256R1())
        hall.register_client(client_document(key))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # development keys, said at each opening
            services = build(Config.from_env(hall.environ))
        try:
            _prepare(services, members, durable.now)
            with serving(hall, folder, "benchmarks.batch_country", str(hall.port)) as server:
                pids = {"granian": server.pid, "PostgreSQL": durable.pids["PostgreSQL"]}
                yield Town(folder, f"http://127.0.0.1:{hall.port}", services, _pem(key), pids)
        finally:
            services.close()


def _prepare(services: Services, members: int, at: datetime) -> None:
    """Everybody of the file is a member but for one line in a thousand; the ceiling is agreed on."""
    theirs = (number for number in range(members) if number % _BAD_EVERY != 750)
    batch_country.publish(services, AMC, theirs, at)
    quotas = services.online_rights.quotas
    services.database.run(lambda tx: quotas.raise_ceiling(tx, f"client:{CLIENT_ID}", _CEILING, "banc", at))


def _line(number: int) -> bytes:
    """Line `number` + 1: a member; or not JSON, a wrong key, nobody, somebody who is no member."""
    match number % _BAD_EVERY:
        case 0:
            return b'{"nir":'
        case 250:
            return b'{"nir":"%s00"}' % nir_of(number)[:13].encode()
        case 500:
            return b'{"nir":"%s"}' % nir_of(batch_country.COUNTRY + number % 5_000).encode()
        case _:
            return b'{"nir":"%s","ref":"%d"}' % (nir_of(number).encode(), number)


def _run(town: Town, lines: int, name: str, *, break_at: int = 0) -> Run:
    """Send a file, broken off after `break_at` answers if that is not 0, and taken up until it is done."""
    file = town.folder / f"{name}.ndjson"
    file.write_bytes(b"".join(_line(number) + b"\n" for number in range(lines)))
    before = {server: cpu_seconds([pid]) for server, pid in town.pids.items()}
    codes: Counter[str] = Counter()
    seconds, client, following, tries = 0.0, 0, 1, 0
    while True:
        told = _client(town, file, name, following, break_at if following == 1 else 0)
        codes.update(told["codes"])
        seconds, client, following = seconds + told["seconds"], max(client, told["peak"]), told["next"]
        if told["last"].get("done"):
            break
        tries += 1
        why = told["last"].get("error", {}).get("code")
        if "line" not in told["last"] and (why != "batch_in_progress" or tries > _TRIES):
            raise RuntimeError(f"the file stopped at line {following}: {told['last']}")
    bad = lines // _BAD_EVERY
    if codes != {"answer": lines - 4 * bad, "line_malformed": bad, "rights_not_answered": 3 * bad}:
        raise RuntimeError(f"not every line was answered as it should be: {dict(codes)}")
    spent = {server: cpu_seconds([pid]) - before[server] for server, pid in town.pids.items()}
    return Run(seconds, spent, peak_memory(town.pids["granian"]), client)


def _client(town: Town, file: Path, name: str, first: int, break_after: int) -> dict[str, Any]:
    asked = {
        "service": town.service,
        "client_id": CLIENT_ID,
        "key": town.key,
        "file": str(file),
        "day": datetime.now(UTC).date().isoformat(),
        "name": f"banc-d-essai-{name}",
        "from_line": first,
        "break_after": break_after,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.batch_client"],
        cwd=ROOT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the client stopped: {done.stderr.strip()[-800:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _check_journal(town: Town, lines: int, name: str) -> None:
    """Every line that named somebody stands in the journal once; nobody was charged twice."""
    bad = lines // _BAD_EVERY
    with town.services.database.read() as connection:
        told, apart = connection.execute(
            text(
                "SELECT count(*), count(DISTINCT facts::json->>'query') FROM journal "
                "WHERE event = 'rights.queried' AND facts::json->>'query' LIKE :name"
            ),
            {"name": f"banc-d-essai-{name}#%"},
        ).one()
        people = connection.execute(
            text("SELECT people FROM query_windows WHERE window_s = 86400 ORDER BY window_start DESC LIMIT 1")
        ).scalar_one()
    strangers = len({number % 5_000 for number in range(500, lines, _BAD_EVERY)})
    expected = lines - 2 * bad, lines - 2 * bad, lines - 3 * bad + strangers
    if (told, apart, people) != expected:
        raise RuntimeError(f"journalled, apart, charged: {told}, {apart}, {people}, and not {expected}")


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
