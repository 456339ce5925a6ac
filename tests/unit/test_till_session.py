"""What a till keeps of the two-way mode: private, one answer a request, and never a half-read file."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.simulators.cards import NOON
from tests.simulators.two_way import counted
from verifier.own_key import OwnKey
from verifier.till_session import (
    MOST_WAITING,
    WAITS,
    TillNotAuthorised,
    TillSession,
    TillSessionUnusable,
    Waiting,
)

UNTIL = NOON + timedelta(hours=11)


def request(number: int, seconds: int = 0) -> Waiting:
    """A request that waits, made from a number."""
    key = OwnKey.make(counted(f"request {number}"))
    return Waiting(bytes((number,)) * 32, key, NOON + timedelta(seconds=seconds))


def test_a_session_comes_back_as_it_was(tmp_path: Path) -> None:
    """Another process reads the same key, hours and authorisation."""
    offer = TillSession(tmp_path).begin(UNTIL, counted("till"))
    TillSession(tmp_path).authorised(b"shown", offer.till_key)

    session = TillSession(tmp_path).session()

    assert session is not None
    assert (session.offer, session.presentation) == (offer, b"shown")
    assert session.key.public_key == offer.till_key


def test_each_session_has_its_own_key_and_no_old_request(tmp_path: Path) -> None:
    """Nothing of the session before is left, and its authorisation finds no taker."""
    session, random = TillSession(tmp_path), counted("till")
    first = session.begin(UNTIL, random)
    session.wait_for(request(1))
    second = session.begin(UNTIL, random)

    assert first.till_key != second.till_key
    assert session.waiting(NOON) == ()
    with pytest.raises(TillNotAuthorised):
        session.authorised(b"shown", first.till_key)


def test_files_are_for_the_till_alone(tmp_path: Path) -> None:
    """Mode 0600, and a file others may read is not used."""
    session = TillSession(tmp_path)
    session.begin(UNTIL, counted("till"))
    session.wait_for(request(1))
    files = [tmp_path / "two-way" / name for name in ("session.json", "waiting.json")]

    assert [path.stat().st_mode & 0o077 for path in files] == [0, 0]
    assert (tmp_path / "two-way").stat().st_mode & 0o077 == 0
    files[0].chmod(0o644)
    with pytest.raises(TillSessionUnusable):
        session.session()


@pytest.mark.parametrize(
    "written",
    ["", "{", "[]", "null1", '{"presentation":null,"secret":"AA","until":1}', '{"secret":3}', "\x00" * 40],
)
def test_a_damaged_session_is_refused_and_a_new_one_can_begin(tmp_path: Path, written: str) -> None:
    """A sentence, not a traceback; and starting again repairs it."""
    session = TillSession(tmp_path)
    session.begin(UNTIL, counted("till"))
    (tmp_path / "two-way" / "session.json").write_text(written)

    with pytest.raises(TillSessionUnusable):
        session.session()
    assert session.begin(UNTIL, counted("again"))


@pytest.mark.parametrize("written", ["5", "{}", "[5]", '[{"asked_at":1,"ctx":2,"secret":3}]', "[["])
def test_a_damaged_list_of_requests_is_refused(tmp_path: Path, written: str) -> None:
    """No answer can be judged by it."""
    session = TillSession(tmp_path)
    session.begin(UNTIL, counted("till"))
    (tmp_path / "two-way" / "waiting.json").write_text(written)

    with pytest.raises(TillSessionUnusable):
        session.waiting(NOON)


def test_requests_wait_two_minutes(tmp_path: Path) -> None:
    """The last second still counts, the next does not; and only so many wait."""
    session = TillSession(tmp_path)
    session.wait_for(request(1))

    assert len(session.waiting(NOON + WAITS)) == 1
    assert session.waiting(NOON + WAITS + timedelta(seconds=1)) == ()
    for number in range(2, MOST_WAITING + 10):
        session.wait_for(request(number, 1))
    kept = session.waiting(NOON)
    assert len(kept) == MOST_WAITING
    assert kept[-1].ctx[0] == MOST_WAITING + 9


def test_one_taker_for_each_request(tmp_path: Path) -> None:
    """Many hands with the same answer: one of them judges it."""
    TillSession(tmp_path).wait_for(request(1))
    TillSession(tmp_path).wait_for(request(2))

    with ThreadPoolExecutor(8) as hands:
        taken = list(hands.map(lambda _: TillSession(tmp_path).take(bytes((1,)) * 32), range(24)))

    assert taken.count(True) == 1
    assert [one.ctx[0] for one in TillSession(tmp_path).waiting(NOON)] == [2]


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    """A file where the folder should be: the session cannot be kept, and says so."""
    (tmp_path / "two-way").write_text("")

    with pytest.raises(TillSessionUnusable):
        TillSession(tmp_path).begin(UNTIL, counted("till"))


def test_no_secret_is_in_a_repr(tmp_path: Path) -> None:
    """What a log might print of a session holds neither key nor card."""
    session = TillSession(tmp_path)
    session.begin(UNTIL, counted("till"))
    kept = session.session()
    told = json.loads((tmp_path / "two-way" / "session.json").read_text())

    assert kept is not None
    assert kept.key.secret.hex() not in repr(kept)
    assert told["secret"] not in repr(kept)
