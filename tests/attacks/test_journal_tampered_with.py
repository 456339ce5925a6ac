"""Somebody with the database password changes the past: caught each time, and by whom.

They can read and write every row. They have neither the audit key nor the log's key, and they cannot reach
the file of heads nor the witness, which are elsewhere.
"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from apcv_backend.audit import entry_of
from apcv_backend.backup import read_backup, write_backup
from apcv_backend.bootstrap import Services
from apcv_backend.bootstrap.transparency import inspect_copy
from apcv_backend.database import Database
from apcv_backend.tables import journal, metadata
from apcv_backend.transparency.rules import LogBroken, leaf_of
from cartes import merkle
from tests.simulators.clock import SteerableClock
from tests.simulators.log_stage import LogStage
from verifier.witness.watching import Alarm


@pytest.fixture
def stage(services: Services, client: FlaskClient, clock: SteerableClock, tmp_path: Path) -> LogStage:
    made = LogStage(services, client, clock, tmp_path)
    made.happen("card.issued", "rights.queried", "device.enrolled", "record.permitted")
    made.seal()
    made.look()
    return made


def _later(stage: LogStage) -> None:
    stage.clock.advance(seconds=20)


def test_an_honest_journal_raises_no_alarm(stage: LogStage) -> None:
    """Growth, rest, and growth again: the sealer, the check and the witness agree."""
    for _ in range(3):
        stage.happen("card.issued", "presence.redeemed")
        _later(stage)
        stage.seal()
        stage.look()
    _later(stage)
    assert stage.seal().added == 0

    assert stage.look().size == 10
    assert stage.found() == set()


@pytest.mark.parametrize("column", ["event", "actor", "subject", "facts"])
def test_an_edited_entry_is_found(stage: LogStage, column: str) -> None:
    """Any column of a sealed entry, moved to another value."""
    stage.sql(f"UPDATE journal SET {column} = 'x' WHERE entry_id = 2")

    assert stage.found() == {"entry_altered"}


def test_an_edited_entry_is_not_sealed(stage: LogStage) -> None:
    """Edited between its commit and the next sealing: no head is signed over it."""
    stage.happen("rights.queried")
    stage.sql("UPDATE journal SET subject = 'somebody else' WHERE entry_id = 5")

    with pytest.raises(LogBroken, match="altered"):
        stage.seal()


def test_a_deleted_entry_is_found(stage: LogStage) -> None:
    """A sealed entry taken away leaves its leaf, and a hole in its lane."""
    stage.sql("DELETE FROM journal WHERE entry_id = 2")

    assert {"entry_missing", "lane_gap"} <= stage.found()


def test_an_entry_deleted_before_it_is_sealed_is_found(stage: LogStage) -> None:
    """Between its commit and the next sealing: its lane has a hole."""
    stage.happen("rights.queried", "card.issued")
    stage.sql("DELETE FROM journal WHERE entry_id = 5")

    assert "lane_gap" in stage.found()
    with pytest.raises(LogBroken, match="missing"):
        stage.seal()


def test_counting_the_lanes_again_does_not_hide_it(stage: LogStage) -> None:
    """They also lower the lane's count and renumber what came after: the number is under the tag."""
    stage.happen("rights.queried", "card.issued")
    with stage.services.database.read() as connection:
        first, second = connection.execute(
            select(journal.c.lane, journal.c.place).where(journal.c.entry_id > 4).order_by(journal.c.entry_id)
        ).all()
    stage.sql(
        "DELETE FROM journal WHERE entry_id = 5",
        f"UPDATE journal SET place = {first.place} WHERE entry_id = 6",
        f"UPDATE journal_lanes SET places = places - 1 WHERE lane = {second.lane}",
    )

    with pytest.raises(LogBroken, match="altered"):
        stage.seal()


def test_a_truncated_journal_is_found(stage: LogStage) -> None:
    """The end cut off everywhere, heads included: what was given out is longer."""
    stage.sql(
        "DELETE FROM journal WHERE entry_id > 2",
        "DELETE FROM log_leaves WHERE leaf_index >= 2",
        "DELETE FROM log_heads",
        "UPDATE journal_lanes SET places = "
        "(SELECT MAX(place) FROM journal WHERE journal.lane = journal_lanes.lane)",
    )

    assert stage.found() == {"log_shorter_than_head"}
    with pytest.raises(LogBroken, match="forked"):
        stage.seal()
    with pytest.raises(Alarm, match="shrunk"):
        stage.look()


def test_reordered_entries_are_found(stage: LogStage) -> None:
    """Two entries change places, numbers and all."""
    stage.sql(
        "UPDATE journal SET entry_id = 99 WHERE entry_id = 1",
        "UPDATE journal SET entry_id = 1 WHERE entry_id = 2",
        "UPDATE journal SET entry_id = 2 WHERE entry_id = 99",
    )

    assert "entry_altered" in stage.found()


def test_leaves_made_to_agree_with_an_edit_are_found(stage: LogStage) -> None:
    """The entry is edited and the tree computed again, leaf by leaf: no signed head has that root."""
    stage.sql("UPDATE journal SET actor = 'nobody' WHERE entry_id = 2")
    with stage.services.database.read() as connection:
        row = connection.execute(select(journal).where(journal.c.entry_id == 2)).one()
    leaf = leaf_of(entry_of(row)).hex()
    literal = f"X'{leaf}'" if stage.services.database.is_sqlite else f"'\\x{leaf}'"
    stage.sql(f"UPDATE log_leaves SET leaf_hash = {literal} WHERE leaf_index = 1")

    assert {"head_root", "entry_altered"} <= stage.found()
    stage.happen("card.issued")
    with pytest.raises(LogBroken, match="forked"):
        stage.seal()


def test_an_entry_put_back_elsewhere_is_found(stage: LogStage) -> None:
    """Deleted, then inserted again under another number, tag and all."""
    stage.sql("UPDATE journal SET entry_id = 50 WHERE entry_id = 2")

    assert "entry_missing" in stage.found()


def test_an_invented_entry_is_found(stage: LogStage) -> None:
    """A line nobody's program wrote: its tag was never computed."""
    stage.sql(
        "INSERT INTO journal (entry_id, at, event, actor, subject, facts, mac, lane, place) "
        "SELECT 60, at, 'card.issued', actor, subject, facts, mac, lane, 1000 FROM journal WHERE entry_id = 1"
    )

    assert {"entry_altered", "lane_gap"} <= stage.found()


def test_an_older_backup_put_back_is_refused_and_seen(stage: LogStage, tmp_path: Path) -> None:
    """Whole and consistent, but yesterday's: the sealer knows a later head, and so does the witness."""
    write_backup(stage.services.database, tmp_path / "old.gz")
    stage.happen("rights.queried", "rights.queried")
    _later(stage)
    stage.seal()
    stage.look()
    _put_back(stage.services.database, tmp_path / "old.gz")

    assert stage.found() == {"log_shorter_than_head"}
    with pytest.raises(LogBroken, match="forked"):
        stage.seal()
    with pytest.raises(Alarm, match="shrunk"):
        stage.look()


def test_a_past_rewritten_after_a_rollback_is_seen_by_the_witness(stage: LogStage, tmp_path: Path) -> None:
    """Even the operator himself, who holds every key and sets his file of heads aside, is seen: he forked."""
    write_backup(stage.services.database, tmp_path / "old.gz")
    stage.happen("rights.queried")
    _later(stage)
    stage.seal()
    seen = stage.look()
    _put_back(stage.services.database, tmp_path / "old.gz")
    stage.services.restart_log("nothing happened", stage.clock())
    stage.happen("card.issued", "card.issued")
    _later(stage)
    stage.seal()

    with pytest.raises(Alarm, match="forked"):
        stage.look()
    kept = stage.witness.store.accepted(stage.witness.log_key)
    assert kept is not None
    assert kept.root == seen.root


def test_a_log_no_longer_sealed_is_seen(stage: LogStage) -> None:
    """Whoever stops the sealer to work in its absence has minutes before the witness cries."""
    stage.clock.advance(360)

    with pytest.raises(Alarm, match="too_old"):
        stage.look()


def test_a_copy_is_checked_with_public_keys_alone(stage: LogStage, tmp_path: Path) -> None:
    """A backup, and the heads kept elsewhere: no key, no server, no setting."""
    good, bad = tmp_path / "good.gz", tmp_path / "bad.gz"
    write_backup(stage.services.database, good)
    stage.sql("UPDATE journal SET subject = 's9' WHERE entry_id = 3")
    write_backup(stage.services.database, bad)
    keys, heads = stage.services.log_keys(), stage.services.config.log_heads

    assert inspect_copy(good, keys, heads) == []
    assert [finding.where for finding in inspect_copy(bad, keys, heads)] == [3]


def test_the_proofs_given_at_the_door_hold(stage: LogStage, client: FlaskClient) -> None:
    """An entry's inclusion, recomputed by whoever asked."""
    told = client.get("/v1/log/proofs/inclusion?leaf_index=2&tree_size=4").get_json()
    path = [base64.b64decode(one) for one in told["path"]]
    head = stage.look()

    merkle.check_inclusion(base64.b64decode(told["leaf_hash"]), 2, 4, path, head.root)
    assert client.get("/v1/log/proofs/inclusion?leaf_index=4&tree_size=5").status_code == 404
    assert client.get("/v1/log/proofs/consistency?first=5&second=2").status_code == 404
    assert client.get("/v1/log/proofs/consistency?first=-1&second=2").status_code == 422


def _put_back(database: Database, file: Path) -> None:
    with database.write() as tx:
        for table in metadata.sorted_tables:
            tx.execute(table.delete())
    read_backup(database, file)
