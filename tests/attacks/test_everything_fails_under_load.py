"""Whatever can fail fails while phones ask: PostgreSQL, Redis, a worker of the server, the process beside it.

Phones ask for cards, one of them sends each of its requests twice under two keys, others are withdrawn; all
of it over HTTP, sent again until it is answered, as phones do. Meanwhile, one after the other and again,
PostgreSQL is restarted and crashed, Redis is emptied and stopped, processes are killed without a word. At the
end the history is held against the register, the journal and its tree.

`CARTES_NEMESIS_S` makes it last longer (seconds, 4 by default); `CARTES_NEMESIS_SEED` draws other failures.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest
import redis
import urllib3

from apcv_backend.migrations import upgrade
from apcv_backend.tables import devices
from cartes import seal
from cartes.wire import base64url
from tests.simulators.issuance_stage import CardPhone
from tests.simulators.missing import missing
from tests.simulators.served_hall import Asked, Hall, now, open_hall
from tests.simulators.servers import Server, ServerMissing, start_postgres, start_redis

LASTS_S = float(os.environ.get("CARTES_NEMESIS_S", "4"))
SEED = os.environ.get("CARTES_NEMESIS_SEED", "3 a.m.")
PHONES = 2
SPARE = 3
ANSWERED_WITHIN_S = 30.0
LATER = {409, 503}
"""Refusals that ask to come again: the same request is being answered, or the database is away."""


@dataclass
class Ground:
    """The town hall and what it stands on; `failed` is what was done to them, in order."""

    hall: Hall
    postgres: Server
    redis: Server
    failed: list[str] = field(default_factory=list)

    def restart_postgres(self) -> None:
        self.postgres.end(signal.SIGINT)  # at once, but in order
        self.postgres.launch_again()

    def crash_postgres(self) -> None:
        self.postgres.end(signal.SIGQUIT)
        time.sleep(0.3)
        self.postgres.launch_again()

    def empty_redis(self) -> None:
        with suppress(redis.RedisError), redis.Redis.from_url(self.redis.url) as asked:
            asked.flushall()

    def stop_redis(self) -> None:
        self.redis.end()
        time.sleep(0.3)
        self.redis.launch_again()

    def kill_a_worker(self) -> None:
        main = self.hall.serving.process
        assert main is not None
        children = Path(f"/proc/{main.pid}/task/{main.pid}/children").read_text().split()
        with suppress(IndexError, ProcessLookupError):
            os.kill(int(children[0]), signal.SIGKILL)

    def kill_the_process_beside(self) -> None:
        self.hall.working.kill()

    def supervise(self) -> None:
        """What systemd does: start again what ended. Of itself, `work` has no reason to."""
        serving, working = self.hall.serving, self.hall.working
        if serving.process is None or serving.process.poll() is not None:
            serving.launch()
        if working.process is None:
            working.launch()
        assert working.process is not None
        assert working.process.poll() is None, working.said()


@pytest.fixture
def ground(tmp_path: Path, attestation_dir: Path) -> Iterator[Ground]:
    """Servers of this test's own, to be broken. PostgreSQL is one that keeps what it acknowledged."""
    try:
        postgres = start_postgres(durable=True)
    except ServerMissing as told:
        missing(told)
    try:
        try:
            shared = start_redis()
        except ServerMissing as told:
            missing(told)
        upgrade(postgres.url)
        with open_hall(tmp_path, attestation_dir, postgres.url, APCV_REDIS_URL=shared.url) as hall:
            hall.serving.words = (*hall.serving.words, "--workers", "2")
            made = Ground(hall, postgres, shared)
            yield made
            shared = made.redis
        shared.stop()
    finally:
        postgres.stop()


@pytest.mark.servers
def test_whatever_fails_nothing_acknowledged_is_lost_and_nothing_is_done_twice(ground: Ground) -> None:
    """Every request ends in cards, on record once; of two keys on one nonce one wins; withdrawn is gone."""
    hall = ground.hall
    phones, twice, spare = hall.phones(PHONES), hall.phones(1)[0], hall.phones(SPARE)
    hall.serving.start()
    hall.working.launch()
    first = [hall.drafted(phone) for phone in spare]
    assert [hall.ask(asked) for asked in first] == [200] * SPARE

    stop = threading.Event()
    with ThreadPoolExecutor(2) as others, hall.under_load(phones) as history:
        pairs = others.submit(_two_keys_for_one_nonce, hall, twice, stop)
        withdrawn = others.submit(_withdraw_one_by_one, hall, spare, stop)
        _nemesis(ground)
        stop.set()

    told = (ground.failed, hall.serving.said())
    history += first
    assert len(history) > SPARE + PHONES
    assert {asked.tries[-1] for asked in history} == {200}, told
    for one, other in pairs.result():
        assert sorted([one.tries[-1] == 200, other.tries[-1] == 200]) == [False, True], told
        history.append(one if one.cards else other)
    assert 500 not in {came for asked in history for came in asked.tries}, told
    assert withdrawn.result() == SPARE, told
    _hold_against_the_register(hall, history, spare)


def _nemesis(ground: Ground) -> None:
    """One failure after the other, each kind before any comes again."""
    draw = random.Random(SEED)
    kinds: list[Callable[[], None]] = [
        ground.restart_postgres,
        ground.crash_postgres,
        ground.empty_redis,
        ground.stop_redis,
        ground.kill_a_worker,
        ground.kill_the_process_beside,
    ]
    draw.shuffle(kinds)
    until = time.monotonic() + LASTS_S
    for number, fail in enumerate(cycle(kinds)):
        if time.monotonic() > until and number >= len(kinds):
            break
        time.sleep(draw.uniform(0.2, 1.0))
        fail()
        ground.failed.append(fail.__name__)
        ground.supervise()


def _two_keys_for_one_nonce(hall: Hall, phone: CardPhone, stop: threading.Event) -> list[tuple[Asked, Asked]]:
    """A request and its double under another key, at once, again and again."""
    pairs = []
    with ThreadPoolExecutor(2) as both:
        while not stop.is_set():
            one = hall.drafted(phone)
            other = Asked(phone, one.key[::-1], one.body)
            list(both.map(lambda asked: hall.ask_until_answered(asked, ANSWERED_WITHIN_S), (one, other)))
            pairs.append((one, other))
    return pairs


def _withdraw_one_by_one(hall: Hall, spare: list[CardPhone], stop: threading.Event) -> int:
    """Withdraw each phone by its own word, without waiting once `stop` is set; how many were told so."""
    done = 0
    for phone in spare:
        stop.wait(LASTS_S / (len(spare) + 1))
        path = f"/v1/devices/{phone.device_id}"
        deadline = time.monotonic() + ANSWERED_WITHIN_S
        while time.monotonic() < deadline:
            try:
                with urllib3.PoolManager(retries=False, timeout=10) as http:
                    answer = http.request(
                        "DELETE",
                        f"http://127.0.0.1:{hall.serving.port}{path}",
                        headers={"DPoP": phone.dpop(path, None, method="DELETE")},
                    )
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
                continue
            # A try that was not answered had its effect: the phone is then told that it is withdrawn.
            if answer.status == 204 or answer.json()["code"] == "device_withdrawn":
                done += 1
                break
            assert answer.status in LATER, answer.data
            time.sleep(0.1)
    return done


def _hold_against_the_register(hall: Hall, history: list[Asked], spare: list[CardPhone]) -> None:
    stage, trust = hall.stage, hall.stage.services.issuance.trust(now())
    recorded = {row.idempotency_key: row for row in stage.intents()}
    slots = {(row.list_id, row.idx): row for row in stage.slots()}
    owner: dict[tuple[int, int], str] = {}
    for asked in history:
        row = recorded[asked.key]
        assert row.sealed_cards is not None
        for card in asked.cards:
            opened = seal.open_seal(base64url.decode(card), trust, now())
            slot = (opened.card.slot.list, opened.card.slot.idx)
            assert slots[slot].device_id == row.device_id == asked.phone.device_id
            assert owner.setdefault(slot, row.device_id) == row.device_id, "one slot, one phone"
            assert slots[slot].taken_until >= opened.expires_at
    assert len(recorded) == len(history) == stage.events().count("card.issuance")

    gone = {phone.device_id for phone in spare}
    assert {row.device_id for row in stage.rows(devices) if row.withdrawn_at is not None} == gone
    assert {row.device_id for row in slots.values() if row.state == "revoked"} == gone
    assert stage.events().count("device.withdrawn") == len(gone)

    stage.services.log.seal(now())
    assert stage.services.check_journal(None) == []
