"""Where a file of questions waits while its answers are written: on disk, under a key that never is.

A client sends its whole file before it reads the first answer, so the file must wait somewhere, and it is
made of NIRs: it is encrypted (AES-256-CTR) with a key drawn for it, in a file that has no name, and gone when
it is closed. Nobody else writes there, so it needs no tag; a page of it found on a disk says nothing.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Final, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from apcv_backend.rights.batches import MOST_LINE_BYTES, MOST_LINES
from apcv_backend.rights.query_rules import BatchRefused

_PIECE: Final = 65_536
_KEY_BYTES: Final = 32
_COUNTER: Final = bytes(16)  # one key, one file, written once from its start


class ByteSource(Protocol):
    """A body as it arrives."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at its end."""
        ...


class SealedSpool:
    """Lines received once, read back as often as needed. Close it."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._cipher = Cipher(algorithms.AES256(random(_KEY_BYTES)), modes.CTR(_COUNTER))
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it outlives this call; see `close`
        self._hash = hashlib.sha256()
        self.lines = 0

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was received."""
        return self._hash.digest()

    def take(self, source: ByteSource) -> None:
        """Receive a whole body.

        Raises:
            BatchRefused: more lines than a file may have, or one that is too long; at once, mid-way.
        """
        encrypt = self._cipher.encryptor()
        since_newline = 0
        while piece := source.read(_PIECE):
            longest, since_newline = _longest_line(piece, since_newline)
            self.lines += piece.count(b"\n")
            if longest > MOST_LINE_BYTES:
                raise BatchRefused(why="line_length")
            if self.lines > MOST_LINES:
                raise BatchRefused(why="lines")
            self._hash.update(piece)
            self._file.write(encrypt.update(piece))
        if since_newline:
            self.lines += 1
        if self.lines > MOST_LINES:
            raise BatchRefused(why="lines")

    def read(self) -> Iterator[bytes]:
        """The lines, in order, without their newline."""
        self._file.seek(0)
        decrypt = self._cipher.decryptor()
        rest = b""
        while piece := self._file.read(_PIECE):
            *whole, rest = (rest + decrypt.update(piece)).split(b"\n")
            yield from whole
        if rest:
            yield rest

    def close(self) -> None:
        """Forget everything."""
        self._file.close()


def _longest_line(piece: bytes, before: int) -> tuple[int, int]:
    """The longest line in `piece`, its first begun `before` bytes earlier; and how long its last one is."""
    first, *others = piece.split(b"\n")
    if not others:
        return before + len(first), before + len(first)
    lengths = [before + len(first), *map(len, others)]
    return max(lengths), lengths[-1]
