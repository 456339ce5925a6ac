"""What a witness keeps, and what it says when its own folder fails it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cartes.checkpoint import HeadRefused, LogKey, TreeHead, sign_head
from keys.signer import Purpose
from keys.software import SoftwareSigner
from tests.simulators.clock import MORNING
from verifier.witness.__main__ import _look
from verifier.witness.watching import MOST_REFUSED, Store, Witness

SIGNER = SoftwareSigner(ec.generate_private_key(ec.SECP256R1()), Purpose.LOG, acknowledged_development=True)
KEY = LogKey.of_point("cartes.example/journal", SIGNER.public_key)


class OneHead:
    """A log of one entry, sealed now."""

    def head(self) -> str:
        """See `AskedLog.head`."""
        now = datetime.now(UTC).replace(microsecond=0)
        return sign_head(TreeHead(KEY.origin, 1, bytes(32), now), KEY, SIGNER.sign)

    def consistency(self, first: int, second: int) -> Sequence[str]:
        """Never asked: the log does not grow."""
        raise AssertionError((first, second))


def test_what_was_refused_is_kept_once(tmp_path: Path) -> None:
    """An alarm is said at every look; the note that raised it fills no disk meanwhile."""
    store = Store(tmp_path / "store")

    for look in range(5):
        store.keep_refused("the same note\n", MORNING + timedelta(seconds=10 * look))
    store.keep_refused("another note\n", MORNING)

    kept = sorted(path.read_text() for path in (tmp_path / "store").glob("refused-*"))
    assert kept == ["another note\n", "the same note\n"]


def test_a_log_that_lies_anew_each_time_fills_no_disk(tmp_path: Path) -> None:
    """The first lies are proof enough."""
    store = Store(tmp_path / "store")

    for number in range(MOST_REFUSED + 5):
        store.keep_refused(f"lie {number}\n", MORNING)

    assert len(list((tmp_path / "store").glob("refused-*"))) == MOST_REFUSED


def test_a_kept_head_that_is_no_text_was_edited(tmp_path: Path) -> None:
    """An alarm, not a traceback."""
    (tmp_path / "head").write_bytes(b"\xff\xfe")

    with pytest.raises(HeadRefused, match="shape"):
        Store(tmp_path).accepted(KEY)


def test_a_folder_that_cannot_be_written_is_said_and_watching_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk at three in the morning: a sentence and its code at each look, and the next look comes."""
    (tmp_path / "store").write_text("a file where the folder should be")
    witness = Witness(
        OneHead(), KEY, Store(tmp_path / "store"), "temoin.example", Ed25519PrivateKey.generate()
    )

    codes = [_look(witness), _look(witness)]

    assert codes == [2, 2]
    assert "dossier du témoin" in capsys.readouterr().err
