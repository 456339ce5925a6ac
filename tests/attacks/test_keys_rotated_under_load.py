"""Every key of the calendar takes over while phones are asking: nobody is refused, at the door or at a till.

A real `serve` with two workers, each with a keyring of its own that notices the change by itself. What the
phones received is opened as two tills open it: one that refreshes, and one that has not since the day before.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import urllib3

from apcv_backend.signin.provider.discovery import CERTS_PATH
from cartes import seal
from cartes.errors import CarteError
from cartes.wire import base64url, cose
from keys.keyring import Keyring
from keys.rotating import rotate
from keys.rotation import CALENDAR
from keys.signer import Purpose
from tests.simulators.served_hall import Asked, Hall, now, open_hall, outcomes
from verifier.refresh import refresh
from verifier.trust_store import TrustStore

WAITING_SINCE = timedelta(days=10)


@pytest.fixture
def hall(tmp_path: Path, attestation_dir: Path, sqlite_url: str) -> Iterator[Hall]:
    """Its keys are a month old; the next ones were made ten days ago, and wait."""
    with open_hall(tmp_path, attestation_dir, sqlite_url, keys_since=timedelta(days=30)) as opened:
        for purpose in CALENDAR:
            rotate(tmp_path / "keys", purpose, now() - WAITING_SINCE)
        _publish(opened)
        opened.serving.words = (*opened.serving.words, "--workers", "2")
        yield opened


def _publish(hall: Hall) -> None:
    hall.stage.services.keyring.reload()
    hall.stage.services.publication.publish(now())


def _till(hall: Hall, folder: Path) -> TrustStore:
    store = TrustStore(folder)
    store.init((hall.stage.services.config.publication_dir / "metadata" / "1.root.json").read_bytes())
    refresh(store, str(hall.stage.services.config.publication_dir), now())
    return store


def _refused(store: TrustStore, history: list[Asked]) -> list[str]:
    """The codes by which a till refuses the cards of these requests."""
    trust, codes = store.load(now()).trust, list[str]()
    for asked in history:
        for card in asked.cards:
            try:
                seal.open_seal(base64url.decode(card), trust, now())
            except CarteError as refused:
                codes.append(refused.code)
    return codes


def _signed_by(history: list[Asked]) -> set[bytes]:
    return {cose.split(base64url.decode(card)).kid for asked in history for card in asked.cards}


def _sign_in_keys(hall: Hall) -> set[str]:
    with urllib3.PoolManager(retries=False, timeout=5) as http:
        answer = http.request("GET", f"http://127.0.0.1:{hall.serving.port}{CERTS_PATH}").json()
    return {one["kid"] for one in answer["keys"]}


def test_every_key_takes_over_under_load_and_nobody_is_refused(hall: Hall, tmp_path: Path) -> None:
    """Cards of before and after open at a refreshed till and at one that is not; every request passed."""
    phones, keys = hall.phones(3), tmp_path / "keys"
    hall.serving.start()
    away, refreshed = _till(hall, tmp_path / "away"), _till(hall, tmp_path / "refreshed")
    told_before = _sign_in_keys(hall)

    with hall.under_load(phones) as history:
        while not any(asked.cards for asked in history):
            time.sleep(0.05)
        for purpose in CALENDAR:
            rotate(keys, purpose, now(), switch=True)
        heir = bytes.fromhex(
            Keyring.open(keys, acknowledged_development=True).signer(Purpose.APCV, now()).kid
        )
        deadline = time.monotonic() + 10
        while heir not in _signed_by(history[-3 * len(phones) :]):
            assert time.monotonic() < deadline, "the servers go on with the key of before"
            time.sleep(0.1)
        _publish(hall)
        refresh(refreshed, str(hall.stage.services.config.publication_dir), now())
        time.sleep(0.5)

    assert outcomes(history) == {200: len(history)}
    assert all(len(asked.tries) == 1 for asked in history), "nothing had to be asked twice"
    assert len(_signed_by(history)) == 2, "by the key of before, and by its heir"
    assert _refused(refreshed, history) == _refused(away, history) == []
    # Whoever kept the keys of the sign-in from before the change knows those that sign now.
    current = Keyring.open(keys, acknowledged_development=True)
    signing = {current.signer(purpose, now()).kid for purpose in (Purpose.OIDC, Purpose.OIDC_RS256)}
    assert signing <= told_before <= _sign_in_keys(hall)
