"""What changed from one full status list to the next: the slots that flipped, and the proof of the result.

A delta names its list, its purpose and the number of the list it makes, n + 1; it applies to number n and to
no other. A full list never gets shorter. The delta carries the SHA-256 of the list it makes, so that what
comes out is that list, byte for byte, or nothing. In deterministic CBOR:
`[version, list, purpose, number, size, issued_at, result, count, bits]`.

Tills do not need deltas: their list is the live window, which is about as small. Whoever keeps the full list,
an auditor or an integrator, follows it from day to day with them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cartes import fields
from cartes.cards import MAX_LIST
from cartes.errors import BadCbor, BadStructure, InvalidValue
from cartes.status import MAX_ENCODED, StatusHead, StatusList, StatusPurpose
from cartes.status_rice import MAX_SLOTS, read_gaps, rice_parameter, write_gaps
from cartes.wire import strict_cbor

VERSION: Final = 2
_MEMBERS: Final = 9
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class StatusDelta:
    """From full list `number - 1` to `number`: `flips` are set in one of the two and not in the other."""

    list_id: int
    purpose: StatusPurpose
    number: int
    size: int
    issued_at: datetime
    flips: frozenset[int]
    result: bytes = field(repr=False)

    @classmethod
    def between(cls, before: StatusList, after: StatusList) -> StatusDelta:
        """The delta that makes `after` of `before`. `InvalidValue` when they do not follow each other."""
        if not _follows(before, after.list_id, after.purpose, after.number, after.size):
            raise InvalidValue(what="status_delta", why="not_the_next")
        return cls(
            after.list_id,
            after.purpose,
            after.number,
            after.size,
            after.issued_at,
            before.indices ^ after.indices,
            hashlib.sha256(after.encode()).digest(),
        )

    def apply(self, before: StatusList) -> StatusList:
        """The full list `number`, from the one just before it.

        Raises:
            InvalidValue: `before` is another list or another number, or the result is not the announced one.
        """
        if not _follows(before, self.list_id, self.purpose, self.number, self.size):
            raise InvalidValue(what="status_delta", why="not_the_next")
        flipped = before.indices ^ self.flips
        after = StatusList(self.list_id, self.purpose, self.size, self.issued_at, flipped, self.number)
        if hashlib.sha256(after.encode()).digest() != self.result:
            raise InvalidValue(what="status_delta", why="another_result")
        return after

    def encode(self) -> bytes:
        """The delta as bytes; one delta has one encoding."""
        head = StatusHead(self.list_id, self.purpose, self.size, self.issued_at, self.number)
        bits = write_gaps(sorted(self.flips), rice_parameter(self.size, len(self.flips)))
        about = [VERSION, head.list_id, head.purpose.wire, head.number, head.size]
        return strict_cbor.dumps([*about, fields.unix(head.issued_at), self.result, len(self.flips), bits])

    @classmethod
    def decode(cls, data: bytes) -> StatusDelta:
        """Read what `encode` writes; `InvalidValue` for anything else. Work is bounded by the bytes given."""
        try:
            whole = strict_cbor.loads(data, max_size=MAX_ENCODED)
            version, *about, result, count, bits = fields.array(whole, "status_delta", _MEMBERS)
            list_id, purpose, number, size, issued_at = about
            fields.uint(version, "version", VERSION)
            fields.uint(count, "count", MAX_SLOTS)
            fields.uint(list_id, "list", MAX_LIST)
            fields.uint(purpose, "purpose", 1)
            fields.uint(size, "size", MAX_SLOTS)
            fields.uint(number, "number", fields.MAX_UINT32)
            moment = fields.instant(issued_at, "issued_at")
        except (BadCbor, BadStructure) as refused:
            raise InvalidValue(what="status_delta", **refused.facts) from refused
        if version != VERSION or type(bits) is not bytes:
            raise InvalidValue(what="status_delta", why="shape")
        if type(result) is not bytes or len(result) != _DIGEST_BYTES:
            raise InvalidValue(what="status_delta", why="result")
        flips = frozenset(read_gaps(bits, rice_parameter(size, count), count, size))
        meaning = StatusPurpose.SUSPENDED if purpose else StatusPurpose.REVOKED
        return cls(list_id, meaning, number, size, moment, flips, result)


def _follows(before: StatusList, list_id: int, purpose: StatusPurpose, number: int, size: int) -> bool:
    same = (before.list_id, before.purpose) == (list_id, purpose) and before.size <= size
    return same and before.number >= 1 and number == before.number + 1
