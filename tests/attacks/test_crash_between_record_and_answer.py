"""The serving process is killed without a word while phones are asking: no card exists that is not on record.

Real granian processes on SQLite, killed with SIGKILL in the middle of issuances and started again. What
phones received is then compared with what the register knows, and every request is asked again under its key.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from apcv_backend.tables import issuances, status_slots
from cartes import seal
from cartes.wire import base64url
from tests.simulators.issuance_stage import CardPhone
from tests.simulators.served_hall import Asked, Hall, open_hall

KILLS = 3
PHONES = 3


@pytest.fixture
def hall(tmp_path: Path, attestation_dir: Path, sqlite_url: str) -> Iterator[Hall]:
    """Phones enrolled in this process, on the database that another process will serve."""
    with open_hall(tmp_path, attestation_dir, sqlite_url) as opened:
        yield opened


@pytest.mark.slow
def test_no_card_is_in_a_phone_that_the_register_does_not_know(hall: Hall) -> None:
    """Killed again and again under load: every card received is on record, every retry gets the same one."""
    stage, phones = hall.stage, hall.phones(PHONES)
    history: list[Asked] = []
    for _ in range(KILLS):
        hall.serving.start()
        history += shower(hall, phones)
    answered = [asked for asked in history if asked.cards]
    assert answered, "some were answered before the kills"
    assert len(answered) < len(history), "some were cut"

    hall.serving.start()
    time.sleep(5.1)  # an intent without cards is taken up again once its first request cannot be alive
    for asked in history:
        before = list(asked.cards)
        # Never recorded: its nonce is still good, and it is simply issued now.
        assert hall.ask(asked) == 200, (asked.tries, hall.serving.said())
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


def shower(hall: Hall, phones: list[CardPhone]) -> list[Asked]:
    """Every phone asks without pause until the server is killed under them."""
    with hall.under_load(phones, again=False) as history:
        time.sleep(0.25 + secrets.randbelow(200) / 1_000)
        hall.serving.kill()
    return history
