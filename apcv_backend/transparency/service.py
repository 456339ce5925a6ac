"""The log of the journal: sealed, given out, proven.

Sealing takes the entries that were committed since, in the order of their numbers, checks that each is as it
was written and that no place of a lane is empty, hashes them into the tree, and signs the new head. The head
leaves the database at once (a file, witnesses): from then on none of these entries can be changed unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from apcv_backend.journal_entry import Entry
from apcv_backend.transparency.ports import GivenOut, HeadSigner, KeptHead, Log, Logs
from apcv_backend.transparency.rules import LogBroken, NoHeadYet, NotInTheLog, leaf_of
from cartes import merkle
from cartes.checkpoint import LogKey, TreeHead, sign_head

AT_A_TIME = 500
"""How many entries of one lane are sealed in one transaction."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one sealing did: the head, and how many entries are new in it."""

    head: TreeHead
    note: str
    added: int


class LogDesk:
    """Seals the journal, and answers whoever checks it."""

    def __init__(
        self,
        *,
        logs: Logs,
        is_as_written: Callable[[Entry], bool],
        signer: Callable[[datetime], HeadSigner],
        keys: Callable[[], tuple[LogKey, ...]],
        given_out: GivenOut,
        origin: str,
    ) -> None:
        """`keys` are all public keys the log ever signed with; `signer` gives today's."""
        self._logs = logs
        self._is_as_written = is_as_written
        self._signer = signer
        self._keys = keys
        self._given_out = given_out
        self.origin = origin

    def seal(self, at: datetime) -> Sealed:
        """Take every entry committed so far into the log, and sign its head.

        Raises:
            LogBroken: an entry was changed or taken away, or the log is not the one whose heads were given
                out. Nothing is signed then, and heads grow old where witnesses see it.
            NoKeyForPurpose: nobody made a key for the log.
        """
        signer = self._signer(at)
        last = self._refuse_another_past()
        added = 0
        while True:
            sealed = self._logs.run(lambda log: self._seal_some(log, signer, at))
            added += sealed.added
            # After the commit: a head remembered outside is always one that the database has.
            if last is None or sealed.head.size > last.size:
                self._given_out.add(sealed.note)
                last = sealed.head
            if sealed.added < AT_A_TIME:
                return Sealed(sealed.head, sealed.note, added)

    def _seal_some(self, log: Log, signer: HeadSigner, at: datetime) -> Sealed:
        log.lock()
        pending = log.pending(AT_A_TIME)
        for entry in pending:
            if not self._is_as_written(entry):
                raise LogBroken(why="altered", entry=entry.entry_id)
        log.append([(entry, leaf_of(entry)) for entry in pending])
        size = log.size()
        head = TreeHead(self.origin, size, merkle.root_of(size, log.node), at.replace(microsecond=0))
        note = sign_head(head, LogKey.of_point(self.origin, signer.public_key), signer.sign)
        log.keep_head(head, note)
        return Sealed(head, note, len(pending))

    def _refuse_another_past(self) -> TreeHead | None:
        """The latest head given out, which must be how our tree begins."""
        last = self._given_out.last(self._keys())

        def compare(log: Log) -> None:
            if last is None:
                return
            have = log.size()
            if last.size > have or merkle.root_of(last.size, log.node) != last.root:
                raise LogBroken(why="forked", given_out=last.size, have=have)

        self._logs.read(compare)
        return last

    def begin_again(self, at: datetime) -> None:
        """After a restore that was decided and written down: the heads given out before are set aside."""
        self._given_out.set_aside(at)

    def head(self) -> KeptHead:
        """The latest signed head. Raises `NoHeadYet`."""
        latest = self._logs.read(lambda log: log.latest_head())
        if latest is None:
            raise NoHeadYet
        return latest

    def prove_inclusion(self, index: int, size: int) -> tuple[bytes, list[bytes]]:
        """The hash of leaf `index`, and its path in the tree of `size` leaves. Raises `NotInTheLog`."""

        def prove(log: Log) -> tuple[bytes, list[bytes]]:
            self._refuse_beyond(log, size)
            if not 0 <= index < size:
                raise NotInTheLog
            return log.node(0, index), merkle.inclusion_proof(index, size, log.node)

        return self._logs.read(prove)

    def prove_consistency(self, first: int, second: int) -> list[bytes]:
        """The path that shows that `first` leaves begin the tree of `second`. Raises `NotInTheLog`."""

        def prove(log: Log) -> list[bytes]:
            self._refuse_beyond(log, second)
            if not 0 <= first <= second:
                raise NotInTheLog
            return merkle.consistency_proof(first, second, log.node)

        return self._logs.read(prove)

    @staticmethod
    def _refuse_beyond(log: Log, size: int) -> None:
        latest = log.latest_head()
        if latest is None or size > latest.size:
            raise NotInTheLog
