"""The serving process is killed without a word while phones are asking: no card exists that is not on record.

Real granian processes on SQLite, killed with SIGKILL in the middle of issuances and started again. What
phones received is then compared with what the register knows, and every request is asked again under its key.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from sqlalchemy import select

from apcv_backend.app import create_app
from apcv_backend.bootstrap import build
from apcv_backend.config import Config
from apcv_backend.migrations import upgrade
from apcv_backend.tables import issuances, status_slots
from cartes import seal
from cartes.wire import base64url
from keys.ceremony import hold_ceremony
from tests.simulators.clock import MORNING, SteerableClock
from tests.simulators.issuance_stage import ANGE, DENIS, SARAH, CardPhone, IssuanceStage, open_stage
from tests.simulators.servers import free_port
from tests.testdata import ROOT

KILLS = 3
PHONES = 3
_START_DEADLINE_S = 30


@dataclass
class Serving:
    """The town hall as a process of its own, which can be killed."""

    environ: Mapping[str, str]
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "apcv_backend", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=dict(self.environ),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_DEADLINE_S
        with urllib3.PoolManager(retries=False, timeout=1) as http:
            while True:
                try:
                    if http.request("GET", f"http://127.0.0.1:{self.port}/healthz").status == 200:
                        return
                except urllib3.exceptions.HTTPError:
                    pass
                assert time.monotonic() < deadline, self.log.read_text(errors="replace")[-2_000:]
                time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to the server and its workers, all at once: what a power cut does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=10)
            self.process = None


@dataclass
class Asked:
    """One request a phone sent, under its key, and what it got back, if anything."""

    phone: CardPhone
    key: str
    body: dict[str, Any]
    cards: list[str] = field(default_factory=list)


@pytest.fixture
def town(tmp_path: Path, attestation_dir: Path) -> Iterator[tuple[IssuanceStage, Serving]]:
    """Phones enrolled in this process, on the database that another process will serve."""
    now = datetime.now(UTC)
    hold_ceremony(tmp_path / "keys", now, random=secrets.token_bytes)
    port = free_port()
    told = {
        "APCV_ENV": "test",
        "APCV_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "APCV_DATABASE_URL": f"sqlite:///{tmp_path / 'town-hall.db'}",
        "APCV_KEYS_DIR": str(tmp_path / "keys"),
        "APCV_PUBLICATION_DIR": str(tmp_path / "publication"),
        "APCV_RIGHTS_DIR": str(ROOT / "examples" / "personas" / "droits"),
        "APCV_RIGHTS_SHIFT_DAYS": str(max(0, (now - MORNING).days)),
        "APCV_RP_ID_APCV": "apcv.localhost",
        "APCV_RP_ID_ECPS": "ecps.localhost",
        "APCV_ORIGINS_APCV": "https://apcv.localhost",
        "APCV_ORIGINS_ECPS": "https://ecps.localhost",
        "APCV_ATTESTATION_ROOTS": str(attestation_dir / "roots"),
    }
    upgrade(told["APCV_DATABASE_URL"])
    clock = SteerableClock(now)
    services = build(Config.from_env(told), clock=clock)
    stage = open_stage(services, create_app(services).test_client(), clock, attestation_dir)
    serving = Serving({**os.environ, **told}, port, tmp_path / "serving.log")
    yield stage, serving
    serving.kill()
    services.close()


def ask(serving: Serving, http: urllib3.PoolManager, asked: Asked) -> int | None:
    """Send one request; its status, or None when nobody answered."""
    try:
        answer = http.request(
            "POST",
            f"http://127.0.0.1:{serving.port}/v1/credential",
            json=asked.body,
            headers={"Idempotency-Key": asked.key, "Content-Type": "application/json"},
        )
    except urllib3.exceptions.HTTPError:
        return None
    if answer.status == 200:
        asked.cards = [one["credential"] for one in answer.json()["credentials"]]
    return answer.status


@pytest.mark.slow
def test_no_card_is_in_a_phone_that_the_register_does_not_know(town: tuple[IssuanceStage, Serving]) -> None:
    """Killed again and again under load: every card received is on record, every retry gets the same one."""
    stage, serving = town
    phones = [stage.enrolled(person, "synced") for person in (ANGE, SARAH, DENIS)[:PHONES]]
    history: list[Asked] = []
    for _ in range(KILLS):
        serving.start()
        history += shower(stage, serving, phones)
    answered = [asked for asked in history if asked.cards]
    assert answered, "some were answered before the kills"
    assert len(answered) < len(history), "some were cut"

    serving.start()
    time.sleep(5.1)  # an intent without cards is taken up again once its first request cannot be alive
    with urllib3.PoolManager(retries=False, timeout=10) as http:
        for asked in history:
            before = list(asked.cards)
            status = ask(serving, http, asked)
            # Never recorded: its nonce is still good, and it is simply issued now.
            assert status == 200, (status, serving.log.read_text(errors="replace")[-2_000:])
            assert before in ([], asked.cards), "a retry gives the very same cards"

    trust = stage.services.issuance.trust(datetime.now(UTC))
    with stage.services.database.read() as connection:
        recorded = {row.idempotency_key: row for row in connection.execute(select(issuances))}
        slots = {(row.list_id, row.idx): row for row in connection.execute(select(status_slots))}
    assert len(recorded) == len(history)
    for asked in history:
        row = recorded[asked.key]
        assert row.sealed_cards is not None
        for card in asked.cards:
            opened = seal.open_seal(base64url.decode(card), trust, datetime.now(UTC))
            slot = slots[opened.card.slot.list, opened.card.slot.idx]
            assert (slot.device_id, slot.state) == (row.device_id, "valid")
            assert slot.taken_until >= opened.expires_at
    assert len(slots) == len(phones), "a phone keeps its slot through crashes"


def shower(stage: IssuanceStage, serving: Serving, phones: list[CardPhone]) -> list[Asked]:
    """Every phone asks without pause until the server is killed under them."""
    stop = threading.Event()

    def run(phone: CardPhone) -> list[Asked]:
        done: list[Asked] = []
        with urllib3.PoolManager(retries=False, timeout=5) as http:
            while not stop.is_set() and len(done) < 60:
                stage.clock.at = datetime.now(UTC)
                request = {
                    "credential_configuration_id": "apcv",
                    "nonce": stage.services.issuance.new_nonce(datetime.now(UTC)).text,
                }
                body = {**request, "proofs": {"webauthn": [phone.assertion(request)]}}
                asked = Asked(phone, secrets.token_hex(16), body)
                done.append(asked)
                if ask(serving, http, asked) is None:
                    break
        return done

    with ThreadPoolExecutor(len(phones)) as threads:
        running = [threads.submit(run, phone) for phone in phones]
        time.sleep(0.25 + secrets.randbelow(200) / 1_000)
        serving.kill()
        stop.set()
        return [asked for one in running for asked in one.result()]
