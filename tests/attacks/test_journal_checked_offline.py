"""Each thing an administrator can do to the journal, looked for by the command that checks it offline.

They write any row they like, and make leaves and counts agree as well as they can. The copy is checked on
another machine: a backup, the log's public key, and the heads that were given out; no server, no setting and
no secret key. The same is asked of the check inside the house, which has the audit key besides.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import Connection, delete, insert, select, update

from apcv_backend.audit import entry_of
from apcv_backend.backup import read_backup, write_backup
from apcv_backend.bootstrap import Services
from apcv_backend.journal_commands import check_journal
from apcv_backend.tables import journal, journal_lanes, log_heads, log_leaves, log_tiles, metadata
from apcv_backend.transparency.rules import LogBroken, leaf_of
from tests.simulators.clock import SteerableClock
from tests.simulators.log_stage import LogStage
from verifier.witness.watching import Alarm

ZEROS = bytes(32)


@pytest.fixture
def stage(services: Services, client: FlaskClient, clock: SteerableClock, tmp_path: Path) -> LogStage:
    """Six lines in two sealings: two heads were given out, and the witness saw the second."""
    made = LogStage(services, client, clock, tmp_path)
    made.happen("card.issued", "rights.queried", "device.enrolled")
    made.seal()
    clock.advance(10)
    made.happen("record.permitted", "presence.redeemed", "card.issued")
    made.seal()
    made.look()
    return made


def _edit_line(tx: Connection) -> None:
    tx.execute(update(journal).where(journal.c.entry_id == 2).values(subject="s9"))


def _edit_line_and_leaf(tx: Connection) -> None:
    _edit_line(tx)
    row = tx.execute(select(journal).where(journal.c.entry_id == 2)).one()
    tx.execute(update(log_leaves).where(log_leaves.c.entry_id == 2).values(leaf_hash=leaf_of(entry_of(row))))


def _edit_line_leaf_and_heads(tx: Connection) -> None:
    """Without the log's key, no head can be made: they are taken away."""
    _edit_line_and_leaf(tx)
    tx.execute(delete(log_heads))


def _swap_lines(tx: Connection) -> None:
    """The contents of two lines change places, tags, lanes and all."""
    first, second = tx.execute(select(journal).where(journal.c.entry_id.in_((1, 2)))).all()
    tx.execute(delete(journal).where(journal.c.entry_id.in_((1, 2))))
    for number, row in ((2, first), (1, second)):
        tx.execute(insert(journal).values(**{**row._mapping, "entry_id": number}))


def _swap_lines_and_leaves(tx: Connection) -> None:
    """Everything of two lines changes places: the log would read in another order."""
    first, second = tx.execute(
        select(log_leaves).where(log_leaves.c.leaf_index.in_((0, 1))).order_by(log_leaves.c.leaf_index)
    ).all()
    tx.execute(delete(log_leaves).where(log_leaves.c.leaf_index.in_((0, 1))))
    for index, row in ((1, first), (0, second)):
        tx.execute(insert(log_leaves).values(**{**row._mapping, "leaf_index": index}))


def _drop_line(tx: Connection) -> None:
    tx.execute(delete(journal).where(journal.c.entry_id == 3))


def _drop_line_and_close_the_hole(tx: Connection) -> None:
    """The line, its leaf; later leaves move down, later places too, and the lane counts one less."""
    gone = tx.execute(select(journal).where(journal.c.entry_id == 3)).one()
    _drop_line(tx)
    tx.execute(delete(log_leaves).where(log_leaves.c.entry_id == 3))
    for row in tx.execute(
        select(log_leaves).where(log_leaves.c.leaf_index > 2).order_by(log_leaves.c.leaf_index)
    ):
        tx.execute(
            update(log_leaves)
            .where(log_leaves.c.leaf_index == row.leaf_index)
            .values(leaf_index=row.leaf_index - 1)
        )
    later = select(journal).where(journal.c.lane == gone.lane, journal.c.place > gone.place)
    for row in tx.execute(later.order_by(journal.c.place)).all():
        where = journal.c.entry_id == row.entry_id
        tx.execute(update(journal).where(where).values(place=row.place - 1))
    counted = journal_lanes.c.lane == gone.lane
    tx.execute(update(journal_lanes).where(counted).values(places=journal_lanes.c.places - 1))


def _cut_the_end(tx: Connection) -> None:
    """Back to the first sealing, exactly: lines, leaves, the later head, and the lanes' counts."""
    tx.execute(delete(journal).where(journal.c.entry_id > 3))
    tx.execute(delete(log_leaves).where(log_leaves.c.leaf_index >= 3))
    tx.execute(delete(log_heads).where(log_heads.c.tree_size > 3))
    _count_lanes_again(tx)


def _cut_lines_and_leaves_alone(tx: Connection) -> None:
    tx.execute(delete(journal).where(journal.c.entry_id > 3))
    tx.execute(delete(log_leaves).where(log_leaves.c.leaf_index >= 3))
    _count_lanes_again(tx)


def _empty_everything(tx: Connection) -> None:
    for table in (journal, journal_lanes, log_leaves, log_tiles, log_heads):
        tx.execute(delete(table))


def _invent_a_line(tx: Connection) -> None:
    """A copy of a true line under another number, in a free place of its lane."""
    row = tx.execute(select(journal).where(journal.c.entry_id == 1)).one()
    tx.execute(insert(journal).values(**{**row._mapping, "entry_id": 70, "place": 900}))


def _edit_a_head(tx: Connection) -> None:
    tx.execute(update(log_heads).where(log_heads.c.tree_size == 6).values(root=ZEROS))


def _move_a_head(tx: Connection) -> None:
    """The note of one size under another: signed, and of something else."""
    note = tx.execute(select(log_heads.c.note).where(log_heads.c.tree_size == 3)).scalar_one()
    tx.execute(update(log_heads).where(log_heads.c.tree_size == 6).values(note=note))


def _count_lanes_again(tx: Connection) -> None:
    for lane in tx.execute(select(journal_lanes.c.lane)).scalars().all():
        left = len(tx.execute(select(journal.c.entry_id).where(journal.c.lane == lane)).all())
        tx.execute(update(journal_lanes).where(journal_lanes.c.lane == lane).values(places=left))
    tx.execute(delete(journal_lanes).where(journal_lanes.c.places == 0))


ATTACKS: dict[str, tuple[Callable[[Connection], None], str]] = {
    "edits a line": (_edit_line, "entry_altered"),
    "edits a line and its leaf": (_edit_line_and_leaf, "head_root"),
    "edits a line, its leaf, and drops the heads": (_edit_line_leaf_and_heads, "head_root"),
    "swaps two lines": (_swap_lines, "entry_altered"),
    "swaps two lines and their leaves": (_swap_lines_and_leaves, "head_root"),
    "drops a line": (_drop_line, "entry_missing"),
    "drops a line and closes the hole": (_drop_line_and_close_the_hole, "head_root"),
    "cuts the end, heads and counts": (_cut_the_end, "log_shorter_than_head"),
    "cuts the end and leaves the heads": (_cut_lines_and_leaves_alone, "log_shorter_than_head"),
    "empties every table": (_empty_everything, "log_shorter_than_head"),
    "invents a line": (_invent_a_line, "lane_gap"),
    "edits a head": (_edit_a_head, "head_signature"),
    "puts a head under another size": (_move_a_head, "head_signature"),
}


def _offline(stage: LogStage, copy: Path) -> Result:
    """`check-journal --offline`, with what somebody outside has: the public key, and the heads given out."""
    key = copy.with_name("log.key")
    key.write_text("\n".join(one.text for one in stage.services.log_keys()))
    words = ["--offline", str(copy), "--heads", str(stage.services.config.log_heads), "--log-key", str(key)]
    return CliRunner().invoke(check_journal, words, obj=object())  # no services at all


@pytest.fixture
def copied(stage: LogStage, tmp_path: Path) -> Callable[[], Path]:
    def copy() -> Path:
        write_backup(stage.services.database, tmp_path / "copy.gz")
        return tmp_path / "copy.gz"

    return copy


def test_an_honest_journal_passes_offline(stage: LogStage, copied: Callable[[], Path]) -> None:
    """Nothing was done: code 0, and one sentence."""
    checked = _offline(stage, copied())

    assert checked.exit_code == 0, checked.output
    assert "chaque tête signée tient" in checked.stdout


@pytest.mark.parametrize("what", ATTACKS)
def test_what_an_administrator_does_is_found(stage: LogStage, copied: Callable[[], Path], what: str) -> None:
    """Offline with public keys alone: code 1. In the house: the same finding."""
    attack, finding = ATTACKS[what]
    with stage.services.database.write() as tx:
        attack(tx)

    checked = _offline(stage, copied())

    assert checked.exit_code == 1, checked.output
    assert "le journal a été modifié" in checked.stderr
    inside = {one.what for one in stage.services.check_journal(stage.services.config.log_heads)}
    assert finding in inside


@pytest.mark.parametrize(
    "what",
    [
        "edits a line, its leaf, and drops the heads",
        "swaps two lines and their leaves",
        "empties every table",
    ],
)
def test_nothing_more_is_sealed_and_the_witness_cries(stage: LogStage, what: str) -> None:
    """The sealer knows the last head given out; the witness, whatever happens to that file as well."""
    with stage.services.database.write() as tx:
        ATTACKS[what][0](tx)
    stage.clock.advance(10)
    stage.happen("card.issued", "card.issued")

    with pytest.raises(LogBroken):
        stage.seal()
    stage.services.config.log_heads.unlink()
    stage.seal()
    with pytest.raises(Alarm, match=r"forked|shrunk|no_proof"):
        stage.look()


def test_an_older_backup_is_found_offline(
    stage: LogStage, copied: Callable[[], Path], tmp_path: Path
) -> None:
    """Whole and consistent in itself, and shorter than what was given out since."""
    write_backup(stage.services.database, tmp_path / "old.gz")
    stage.happen("rights.queried")
    stage.clock.advance(10)
    stage.seal()
    with stage.services.database.write() as tx:
        for table in metadata.sorted_tables:
            tx.execute(table.delete())
    read_backup(stage.services.database, tmp_path / "old.gz")

    checked = _offline(stage, copied())

    assert checked.exit_code == 1
    assert "le journal a été modifié" in checked.stderr


def test_a_tile_of_the_tree_edited_is_not_signed_over(stage: LogStage) -> None:
    """Past 256 lines, proofs and roots are made of kept hashes of subtrees: one edited makes no new head."""
    with stage.services.database.write() as tx:
        for number in range(300):
            stage.services.journal.note(
                tx, "rights.queried", actor="device:1", subject="s1", facts={"n": number}, at=stage.clock()
            )
    stage.clock.advance(10)
    stage.seal()
    stage.look()
    with stage.services.database.write() as tx:
        changed = tx.execute(update(log_tiles).where(log_tiles.c.level == 1).values(hash=ZEROS))
        assert changed.rowcount == 1
    stage.happen("card.issued")

    with pytest.raises(LogBroken, match="forked"):
        stage.seal()
