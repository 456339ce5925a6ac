"""The town hall as an operator runs it, `serve` and `work` in processes of their own, and phones that ask it.

The phones are enrolled in the test's own process, on the database the others serve. What they send afterwards
goes over HTTP, each request on a connection of its own, as the proxy in front sends them; a request that
nobody answers is sent again as it was, under its key, as a phone does.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import urllib3

from apcv_backend.app import create_app
from apcv_backend.bootstrap import build
from apcv_backend.config import Config
from keys.ceremony import hold_ceremony
from tests.simulators.clock import MORNING, SteerableClock
from tests.simulators.issuance_stage import ANGE, DENIS, SARAH, CardPhone, IssuanceStage, open_stage
from tests.simulators.servers import free_port
from tests.testdata import ROOT

NEW = timedelta(0)
PEOPLE = (ANGE, SARAH, DENIS)
_START_DEADLINE_S = 30
_STOP_DEADLINE_S = 20
_AGAIN_AFTER_S = 0.1


def now() -> datetime:
    """The real clock: the one the other processes have."""
    return datetime.now(UTC)


@dataclass
class Command:
    """`python -m apcv_backend …` in a process of its own, and those it starts."""

    words: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "apcv_backend", *self.words],
                cwd=ROOT,
                env=dict(self.environ),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self) -> str:
        """What it wrote last."""
        return self.log.read_text(errors="replace")[-2_000:]

    def wait_for(self, words: str) -> None:
        """Wait until it said these words."""
        deadline = time.monotonic() + _START_DEADLINE_S
        while words not in self.log.read_text(errors="replace"):
            assert time.monotonic() < deadline, self.said()
            assert self.process is not None
            assert self.process.poll() is None, self.said()
            time.sleep(0.05)

    def stop(self) -> int:
        """Ask it to stop, as systemd or a container does; its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(timeout=_STOP_DEADLINE_S)
        self.process = None
        return code

    def kill(self) -> None:
        """SIGKILL to it and its workers, all at once: what a power cut does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=_STOP_DEADLINE_S)
            self.process = None


@dataclass
class Serving(Command):
    """`serve` on a port."""

    port: int = 0

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.launch()
        deadline = time.monotonic() + _START_DEADLINE_S
        with urllib3.PoolManager(retries=False, timeout=1) as http:
            while True:
                try:
                    if http.request("GET", f"http://127.0.0.1:{self.port}/healthz").status == 200:
                        return
                except urllib3.exceptions.HTTPError:
                    pass
                assert time.monotonic() < deadline, self.said()
                time.sleep(0.05)


@dataclass
class Asked:
    """One request a phone sends, under its key: each try, the code of the last refusal, the cards it got."""

    phone: CardPhone
    key: str
    body: dict[str, Any]
    cards: list[str] = field(default_factory=list)
    tries: list[int | str] = field(default_factory=list)
    refusal: str = ""


@dataclass
class Hall:
    """A stage whose services other processes share: `serving` answers, `working` does the rest."""

    stage: IssuanceStage
    serving: Serving
    working: Command
    environ: dict[str, str]

    def beside(self) -> Serving:
        """A second server for the same port, not started: the one that takes over."""
        return Serving(
            self.serving.words,
            self.serving.environ,
            self.serving.log.with_name("beside.log"),
            port=self.serving.port,
        )

    def phones(self, many: int) -> list[CardPhone]:
        """Enrolled phones, of one person after the other."""
        return [self.stage.enrolled(PEOPLE[number % len(PEOPLE)], "synced") for number in range(many)]

    def drafted(self, phone: CardPhone) -> Asked:
        """A request whose gesture is made, not sent."""
        self.stage.clock.at = now()
        request = {
            "credential_configuration_id": phone.kind.value,
            "nonce": self.stage.services.issuance.new_nonce(now()).text,
        }
        return Asked(
            phone, secrets.token_hex(16), {**request, "proofs": {"webauthn": [phone.assertion(request)]}}
        )

    def ask(self, asked: Asked, timeout: float = 10) -> int | str:
        """Send a request once; its status, or the name of what went wrong."""
        came: int | str
        try:
            with urllib3.PoolManager(retries=False, timeout=timeout) as http:
                answer = http.request(
                    "POST",
                    f"http://127.0.0.1:{self.serving.port}/v1/credential",
                    json=asked.body,
                    headers={
                        "Idempotency-Key": asked.key,
                        "Content-Type": "application/json",
                        "Connection": "close",
                    },
                )
            came = answer.status
            if came == 200:
                asked.cards = [one["credential"] for one in answer.json()["credentials"]]
            else:
                asked.refusal = str(answer.json()["code"])
        except urllib3.exceptions.HTTPError as error:
            came = type(error).__name__
        asked.tries.append(came)
        return came

    def ask_until_answered(self, asked: Asked, within_s: float = 20) -> int | str:
        """Send a request, and again as it was while nobody answers or the answer is "later"."""
        deadline = time.monotonic() + within_s
        while True:
            came = self.ask(asked)
            # 409: its first try is still being answered, or was by a process that died (five seconds).
            if came not in {409, 429, 503} and not isinstance(came, str):
                return came
            if time.monotonic() > deadline:
                return came
            time.sleep(_AGAIN_AFTER_S)

    @contextmanager
    def under_load(self, phones: Sequence[CardPhone], *, again: bool = True) -> Iterator[list[Asked]]:
        """Every phone asks without pause while the block runs; the list holds all requests once it ended.

        With `again`, each is asked until it is answered.
        """
        stop = threading.Event()
        history: list[Asked] = []

        def run(phone: CardPhone) -> None:
            while not stop.is_set():
                asked = self.drafted(phone)
                history.append(asked)
                if again:
                    self.ask_until_answered(asked)
                else:
                    self.ask(asked)

        with ThreadPoolExecutor(len(phones)) as threads:
            running = [threads.submit(run, phone) for phone in phones]
            try:
                yield history
            finally:
                stop.set()
            for one in running:
                one.result()


def outcomes(history: Sequence[Asked]) -> Counter[int | str]:
    """What the last try of each request came to."""
    return Counter(asked.tries[-1] for asked in history)


@contextmanager
def open_hall(
    folder: Path, attestation_dir: Path, database_url: str, *, keys_since: timedelta = NEW, **settings: str
) -> Iterator[Hall]:
    """A town hall on a migrated database, nothing started; whatever was is killed at the end."""
    hold_ceremony(folder / "keys", now() - keys_since, random=secrets.token_bytes)
    port = free_port()
    told = {
        "APCV_ENV": "test",
        "APCV_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "APCV_DATABASE_URL": database_url,
        "APCV_KEYS_DIR": str(folder / "keys"),
        "APCV_PUBLICATION_DIR": str(folder / "publication"),
        "APCV_RIGHTS_DIR": str(ROOT / "examples" / "personas" / "droits"),
        "APCV_RIGHTS_SHIFT_DAYS": str(max(0, (now() - MORNING).days)),
        "APCV_RP_ID_APCV": "apcv.localhost",
        "APCV_RP_ID_ECPS": "ecps.localhost",
        "APCV_ORIGINS_APCV": "https://apcv.localhost",
        "APCV_ORIGINS_ECPS": "https://ecps.localhost",
        "APCV_ATTESTATION_ROOTS": str(attestation_dir / "roots"),
        **settings,
    }
    clock = SteerableClock(now())
    services = build(Config.from_env(told), clock=clock)
    environ = {**os.environ, **told}
    hall = Hall(
        open_stage(services, create_app(services).test_client(), clock, attestation_dir),
        Serving(("serve", "--port", str(port)), environ, folder / "serving.log", port=port),
        Command(("work",), environ, folder / "working.log"),
        told,
    )
    try:
        yield hall
    finally:
        hall.serving.kill()
        hall.working.kill()
        services.close()
