"""What a witness does with a head: compare with the last one it saw, demand the proof, cosign, keep.

A witness keeps one thing: the latest head it accepted. A log that shrinks, or whose past changed, can never
show it a proof that leads from that head to the new one; the witness then keeps the old head and what it was
shown, signs nothing, and says so at every look until a person decides. A log that says it has no head, or no
proof, contradicts what it signed as well; one that does not answer contradicts nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cartes import merkle
from cartes.checkpoint import HeadRefused, LogKey, TreeHead, cosign, open_head
from cartes.errors import CarteError
from cartes.merkle import ProofRefused

TOO_OLD = timedelta(minutes=5)
"""A head signed longer ago: the log is not sealed any more, whatever the reason."""

MOST_REFUSED = 500
"""How many refused notes are kept: a log that lies anew at each look fills no disk."""

AHEAD = timedelta(minutes=1)
"""How far a log's clock may be ahead of the witness's."""


class LogUnreachable(CarteError):
    """The log did not answer, or not with what was asked."""

    code = "log_unreachable"


class LogDenies(LogUnreachable):
    """The log answers that it cannot show this: no head, no proof, or a past that is broken. `told` says."""

    code = "log_denies"


class Alarm(CarteError):
    """The log contradicts itself. `why`: shrunk, forked, split, no_proof, head, too_old, from_the_future."""

    code = "witness_alarm"


class AskedLog(Protocol):
    """The log, as it answers."""

    def head(self) -> str:
        """The latest signed note. Raises `LogUnreachable`, or `LogDenies` when there is none."""
        ...

    def consistency(self, first: int, second: int) -> Sequence[str]:
        """The path from one size to another, hashes in base64. Raises `LogUnreachable`, or `LogDenies`."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """A folder: `head` is the last note accepted, cosigned; `refused-…` are what raised an alarm."""

    folder: Path

    def accepted(self, key: LogKey) -> TreeHead | None:
        """The last head accepted. Raises `HeadRefused` when the file was edited."""
        path = self.folder / "head"
        try:
            return open_head(path.read_text("utf-8"), (key,)) if path.exists() else None
        except UnicodeDecodeError as error:
            raise HeadRefused(why="shape") from error

    def keep(self, note: str) -> None:
        """Put a note in the place of the last one, whole or not at all."""
        self._write("head", note)

    def keep_refused(self, note: str, at: datetime) -> None:
        """Keep what was shown, once: it is the proof, signed by the log itself."""
        digest = hashlib.sha256(note.encode()).hexdigest()[:16]
        kept = list(self.folder.glob("refused-*"))
        if len(kept) < MOST_REFUSED and not any(path.name.endswith(digest) for path in kept):
            self._write(f"refused-{at:%Y%m%dT%H%M%S}-{digest}", note)

    def _write(self, name: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f"{name}.new"
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / name)


@dataclass(frozen=True, slots=True)
class Witness:
    """Who watches one log, under a name and a key of its own."""

    log: AskedLog
    log_key: LogKey
    store: Store
    name: str
    key: Ed25519PrivateKey

    def look(self, at: datetime) -> TreeHead:
        """Look once: the head now accepted and cosigned.

        Raises:
            Alarm: the log contradicts what it said before, or is not sealed any more.
            LogUnreachable: nothing was learnt.
        """
        seen = self.store.accepted(self.log_key)
        try:
            note = self.log.head()
        except LogDenies as error:
            if seen is None:
                raise  # not sealed yet: nothing was promised to this witness
            raise Alarm(why="shrunk", seen=seen.size, shown=0) from error
        try:
            head = open_head(note, (self.log_key,))
        except HeadRefused as error:
            self.store.keep_refused(note, at)
            raise Alarm(why="head", reason=error.facts.get("why")) from error
        if seen is not None:
            self._compare(seen, head, note, at)
        if head.at > at + AHEAD:
            raise Alarm(why="from_the_future", signed_at=head.at.isoformat())
        # Kept before it is judged too old: an old head that follows is no contradiction.
        self.store.keep(cosign(note, self.name, self.key, at))
        if head.at < at - TOO_OLD:
            raise Alarm(why="too_old", signed_at=head.at.isoformat())
        return head

    def _compare(self, seen: TreeHead, head: TreeHead, note: str, at: datetime) -> None:
        if head.size < seen.size:
            self.store.keep_refused(note, at)
            raise Alarm(why="shrunk", seen=seen.size, shown=head.size)
        try:
            _check_grew(self.log, seen, head)
        except LogDenies as error:
            self.store.keep_refused(note, at)
            raise Alarm(
                why="no_proof", seen=seen.size, shown=head.size, told=error.facts.get("told")
            ) from error
        except ProofRefused as error:
            self.store.keep_refused(note, at)
            raise Alarm(why="forked", seen=seen.size, shown=head.size) from error


def compare(log: AskedLog, one: TreeHead, other: TreeHead) -> None:
    """Whether two heads, each accepted by a witness of its own, are of one log; both are already verified.

    Whoever shows two people two pasts has signed both: neither sees it alone, and both do when they meet.

    Raises:
        Alarm: `split`, they are not one log's. LogUnreachable: nothing was learnt.
    """
    small, large = sorted((one, other), key=lambda head: head.size)
    try:
        _check_grew(log, small, large)
    except (LogDenies, ProofRefused) as error:
        raise Alarm(why="split", one=small.size, other=large.size) from error


def _check_grew(log: AskedLog, seen: TreeHead, head: TreeHead) -> None:
    """Raises `ProofRefused` when the log's own proof does not lead from one head to the other."""
    path = log.consistency(seen.size, head.size) if 0 < seen.size < head.size else []
    merkle.check_consistency(seen.size, head.size, seen.root, head.root, _decoded(path))


def _decoded(path: Sequence[str]) -> list[bytes]:
    try:
        return [base64.b64decode(one, validate=True) for one in path]
    except (binascii.Error, ValueError) as error:
        raise ProofRefused(why="shape") from error
