"""The witness as it is run: its own process, its own folder, the log's address and nothing else of it.

Every town hall here is a server process, sealed by the operator's command; every look is the witness's
command, judged by its exit code and by the line it prints. Whoever attacks has the database's password, and
in the last two tests every key of the operator too.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from apcv_backend.bootstrap import build
from apcv_backend.config import Config
from cartes.checkpoint import LogKey, open_head
from tests.simulators.running_town import RunningTown, running_town, serving
from tests.simulators.servers import free_port
from tests.testdata import ROOT

FOLLOWS, ALARM, SILENT = 0, 1, 3
pytestmark = pytest.mark.timeout(400)  # a dozen processes, each with a whole program to start


@dataclass
class Watch:
    """Somebody else's machine: the log's public key, brought by hand, and a witness's own key."""

    town: RunningTown
    folder: Path

    @property
    def head(self) -> Path:
        """The last head it accepted."""
        return self.folder / "store" / "head"

    def look(self) -> tuple[int, str]:
        """One look: the exit code, and what it said."""
        done = self._run(["watch", *self._where, "--once"])
        return done.returncode, done.stdout + done.stderr

    def compare(self, other: Watch) -> tuple[int, str]:
        """Confront the heads of two witnesses, in front of this one's log."""
        log = ["--log", self._address, "--log-key", str(self.folder / "log.key")]
        done = self._run(["compare", *log, str(self.head), str(other.head)])
        return done.returncode, done.stdout + done.stderr

    @contextmanager
    def without_end(self) -> Iterator[Path]:
        """`watch` in the background, every second: the file it writes to."""
        said = self.folder / "watch.log"
        with said.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-u", "-m", "verifier.witness", "watch", *self._where, "--every", "1"],
                cwd=ROOT,
                stdout=file,
                stderr=file,
            )
            try:
                yield said
            finally:
                process.terminate()
                process.wait(timeout=30)

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self.town.port}"

    @property
    def _where(self) -> list[str]:
        key, own, store = (str(self.folder / name) for name in ("log.key", "witness.pem", "store"))
        return ["--log", self._address, "--log-key", key, "--key", own, "--store", store]

    def _run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "verifier.witness", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[RunningTown]:
    (tmp_path / "town").mkdir()
    with running_town(tmp_path / "town") as running:
        yield running


def _watch(town: RunningTown, folder: Path) -> Watch:
    folder.mkdir()
    (folder / "log.key").write_text(town.operator("log-key"))
    made = Watch(town, folder)
    assert made._run(["key", "--key", str(folder / "witness.pem")]).returncode == 0
    return made


@pytest.fixture
def watch(town: RunningTown, tmp_path: Path) -> Watch:
    return _watch(town, tmp_path / "elsewhere")


def _happen(town: RunningTown, *events: str) -> None:
    """Lines of the journal, as the server writes them; then the operator's sealer comes."""
    services = build(Config.from_env(town.environ))
    for event in events:
        with services.database.write() as tx:
            services.journal.note(
                tx, event, actor="device:1", subject="s1", facts={"n": 1}, at=services.clock()
            )
    services.close()
    town.operator("seal-journal")


def _sql(town: RunningTown, *statements: str) -> None:
    """What somebody with the database's password types, the server running."""
    with sqlite3.connect(town.database, timeout=30) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def _within(seconds: float, said: Path, words: str) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if words in said.read_text("utf-8"):
            break
        time.sleep(0.2)
    return said.read_text("utf-8")


def test_a_witness_follows_cosigns_and_cries_when_the_log_is_cut(town: RunningTown, watch: Watch) -> None:
    """Nothing sealed, growth, rest; then the end is cut off, heads and all, while it looks every second."""
    assert watch.look()[0] == SILENT, "a log that was never sealed promised nothing"
    _happen(town, "card.issued", "rights.queried", "device.enrolled")
    assert watch.look()[0] == FOLLOWS
    first = watch.head.read_text()

    with watch.without_end() as said:
        _happen(town, "card.issued", "presence.redeemed")
        grown = _within(60, said, "5 entrées")
        kept = watch.head.read_text()
        _sql(
            town,
            "DELETE FROM journal WHERE entry_id > 2",
            "DELETE FROM log_leaves WHERE leaf_index >= 2",
            "DELETE FROM log_heads",
        )
        cut = _within(60, said, "ALARME")

    assert "5 entrées" in grown
    assert "ALARME" in cut
    assert "shrunk" in cut
    assert first != kept
    assert "— temoin.example " in kept, "what it accepted, it signed"
    key = LogKey.parse((watch.folder / "log.key").read_text())
    assert open_head(kept, (key,)).size == 5
    code, line = watch.look()
    assert (code, "shrunk" in line) == (ALARM, True)
    assert watch.head.read_text() == kept, "the last good head is not given up"


def test_an_older_database_put_back_and_sealed_again_is_an_alarm(
    town: RunningTown, watch: Watch, tmp_path: Path
) -> None:
    """Yesterday's rows, today's operator: the heads set aside, lines added, a new head; the witness knows."""
    _happen(town, "card.issued", "rights.queried")
    with sqlite3.connect(town.database, timeout=30) as before, sqlite3.connect(tmp_path / "old.db") as copy:
        before.backup(copy)
    _happen(town, "rights.queried")
    assert watch.look()[0] == FOLLOWS
    with sqlite3.connect(tmp_path / "old.db") as copy, sqlite3.connect(town.database, timeout=30) as now:
        copy.backup(now)

    town.operator("seal-journal", fails=True)
    code, line = watch.look()
    assert (code, "shrunk" in line) == (ALARM, True)
    town.operator("seal-journal", "--after-restore", "rien ne s'est passé")
    _happen(town, "card.issued", "card.issued")

    code, line = watch.look()
    assert (code, "forked" in line) == (ALARM, True)
    assert list((watch.folder / "store").glob("refused-*")), "what was shown is kept: the log signed it"


def test_an_edited_line_sealed_again_by_the_operator_is_an_alarm(town: RunningTown, watch: Watch) -> None:
    """The line, its leaf, the heads, the file of heads: everything in the house agrees, but the witness."""
    _happen(town, "card.issued", "rights.queried", "device.enrolled")
    assert watch.look()[0] == FOLLOWS
    services = build(Config.from_env(town.environ))
    heads = services.config.log_heads
    services.close()

    _sql(
        town,
        "UPDATE log_leaves SET leaf_hash = zeroblob(32) WHERE leaf_index = 1",
        "DELETE FROM log_heads",
    )
    heads.unlink()
    _happen(town, "card.issued")

    code, line = watch.look()
    assert (code, "forked" in line) == (ALARM, True)


def test_two_pasts_shown_to_two_witnesses_are_one_alarm_when_they_meet(
    town: RunningTown, watch: Watch, tmp_path: Path
) -> None:
    """A split view: each witness follows its own; confronted, or shown the other's, they know at once."""
    _happen(town, "card.issued", "rights.queried")
    (tmp_path / "twin").mkdir()
    with sqlite3.connect(town.database, timeout=30) as one, sqlite3.connect(tmp_path / "twin/db") as twin:
        one.backup(twin)
    port = free_port()
    environ = {
        **town.environ,
        "APCV_DATABASE_URL": f"sqlite:///{tmp_path / 'twin/db'}",
        "APCV_LOG_HEADS": str(tmp_path / "twin" / "heads.txt"),
    }
    with serving(tmp_path / "twin", environ, port) as other:
        elsewhere = _watch(other, tmp_path / "third-place")
        assert (watch.look()[0], elsewhere.look()[0]) == (FOLLOWS, FOLLOWS)
        assert watch.compare(elsewhere)[0] == FOLLOWS, "so far it is one log"
        _happen(town, "rights.queried")
        _happen(other, "card.issued", "card.issued")
        assert (watch.look()[0], elsewhere.look()[0]) == (FOLLOWS, FOLLOWS), "neither sees it alone"

        met = [watch.compare(elsewhere), elsewhere.compare(watch)]
        moved = Watch(other, watch.folder).look()

    assert [(code, "split" in line) for code, line in met] == [(ALARM, True)] * 2
    assert (moved[0], "forked" in moved[1]) == (ALARM, True)


def test_a_log_that_does_not_answer_is_told_apart_from_one_that_lies(watch: Watch, tmp_path: Path) -> None:
    """A closed port: another exit code, and no alarm; a key that is not the log's: an alarm."""
    silent = Watch(RunningTown(tmp_path, free_port(), {}), watch.folder)
    code, line = silent.look()
    assert (code, "ALARME" in line) == (SILENT, False)

    _happen(watch.town, "card.issued")
    key = LogKey.parse((watch.folder / "log.key").read_text())
    another = ec.generate_private_key(ec.SECP256R1()).public_key()
    (watch.folder / "log.key").write_text(LogKey(key.origin, another).text)

    code, line = watch.look()

    assert (code, "ALARME" in line) == (ALARM, True)
    assert not watch.head.exists()
