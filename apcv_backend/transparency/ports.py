"""What the log needs done by others: where it is kept, who signs, what was given out before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from apcv_backend.journal_entry import Entry
from cartes.checkpoint import LogKey, TreeHead

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head as it is kept. `at` is when its latest signature was made."""

    size: int
    root: bytes
    at: datetime
    note: str


class Log(Protocol):
    """The log inside one connection."""

    def lock(self) -> None:
        """Let one sealer work at a time, until the transaction ends."""
        ...

    def size(self) -> int:
        """How many leaves there are."""
        ...

    def node(self, height: int, index: int) -> bytes:
        """The hash of a whole subtree (`cartes.merkle.Node`). Raises `LogBroken`."""
        ...

    def pending(self, most: int) -> Sequence[Entry]:
        """Entries not in the log yet, oldest first, `most` of each lane. Raises `LogBroken` for a hole."""
        ...

    def append(self, entries: Sequence[tuple[Entry, bytes]]) -> None:
        """Add entries, each with its leaf hash, at the end."""
        ...

    def keep_head(self, head: TreeHead, note: str) -> None:
        """Keep a signed head; of one size, the latest."""
        ...

    def latest_head(self) -> KeptHead | None:
        """The head of the largest size, if there is one."""
        ...

    def heads(self) -> Sequence[KeptHead]:
        """Every head, smallest first."""
        ...

    def leaves(self, first: int, most: int) -> Sequence[tuple[int, int, bytes, Entry | None]]:
        """Leaves from `first` on: index, entry number, hash, and the entry as the journal has it now."""
        ...

    def lanes(self) -> Mapping[int, int]:
        """How many entries each lane has had, by its own count."""
        ...


class Logs(Protocol):
    """Opens the log."""

    def run(self, work: Callable[[Log], T]) -> T:
        """Run `work` in one transaction."""
        ...

    def read(self, work: Callable[[Log], T]) -> T:
        """Run `work`, which only reads, outside any transaction."""
        ...


class HeadSigner(Protocol):
    """The key of the log."""

    @property
    def public_key(self) -> bytes:
        """The compressed point on P-256."""
        ...

    def sign(self, message: bytes) -> bytes:
        """ES256: r||s."""
        ...


class GivenOut(Protocol):
    """The heads that left, remembered outside the database."""

    def last(self, keys: tuple[LogKey, ...]) -> TreeHead | None:
        """The largest of the latest ones. Raises `HeadRefused` when what is there cannot be believed."""
        ...

    def add(self, note: str) -> None:
        """Remember one more, on disk when this returns."""
        ...

    def set_aside(self, at: datetime) -> None:
        """Begin anew after a restore that was decided; what was remembered is kept under another name."""
        ...
