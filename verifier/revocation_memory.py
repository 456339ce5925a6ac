"""What this till has seen revoked, kept for as long as a card on that slot could be shown.

A revocation is for good, so a list that no longer names a slot cannot bring its cards back: whoever stole the
publisher's online keys, and publishes empty lists with them, makes no revoked card pass at a till that has
seen it revoked. A suspension may end, and is not remembered.

A slot is remembered until 96 h after the last moment one of its cards could live, counted from the last list
that named it; the issuer gives a revoked slot to another later still (`docs/formats/qr.md`, "Slots"). What is
kept is a slot and an instant: nothing of anybody. The digest in front finds a failing disk; it stops nobody
who writes in the folder, who could replace all of it.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cartes import fields
from cartes.cards import MAX_LIST
from cartes.errors import BadCbor, BadStructure, InvalidValue, TrustStoreUnusable
from cartes.status import StatusShards
from cartes.wire import strict_cbor
from verifier.trust_bundle import TrustBundle

MEMORY_FILE: Final = "revocations"
KEPT_AFTER_LAST_CARD: Final = timedelta(hours=96)
_VERSION: Final = 1
_DIGEST_BYTES: Final = 32
_MAX_BYTES: Final = 64 << 20
_RECORD: Final = 8
_UNTIL_BITS: Final = 32
_UNTIL: Final = (1 << _UNTIL_BITS) - 1


@dataclass(frozen=True, slots=True)
class RevocationMemory:
    """Slots seen revoked, by list: sorted records of 64 bits, the index and then Unix seconds."""

    _records: Mapping[int, array[int]] = field(default_factory=dict, repr=False)

    def holds(self, list_id: int, idx: int, at: datetime) -> bool:
        """Whether slot `idx` was seen revoked and one of its cards could still be shown at `at`."""
        records = self._records.get(list_id)
        if records is None:
            return False
        place = bisect_left(records, idx << _UNTIL_BITS)
        if place == len(records) or records[place] >> _UNTIL_BITS != idx:
            return False
        return records[place] & _UNTIL >= fields.unix(at)

    def having_seen(self, bundle: TrustBundle, at: datetime) -> RevocationMemory:
        """This memory, and what a publication just proven says is revoked; what is over is forgotten.

        "Over" is judged by the earlier of this till's clock and the publisher's signed word: a clock put
        forward and back forgets nothing.
        """
        over = fields.unix(min(at, bundle.signed_at))
        kept = {list_id: _known(records, over) for list_id, records in self._records.items()}
        for list_id, listed in bundle.revoked.items():
            policy = bundle.trust.kinds.get(bundle.trust.status_lists[list_id])
            # A list of no kind clears no card: check 7 refuses them all.
            longest = timedelta(seconds=0 if policy is None else policy.max_ttl_s)
            # A list dated in the future must not be remembered for ever.
            until = fields.unix(min(listed.issued_at, at) + longest + KEPT_AFTER_LAST_CARD)
            known = kept.setdefault(list_id, {})
            for idx in listed.ordered():
                known[idx] = max(until, known.get(idx, 0))
        packed = {
            list_id: array("Q", (idx << _UNTIL_BITS | until for idx, until in sorted(known.items())))
            for list_id, known in kept.items()
            if known
        }
        return RevocationMemory(packed)

    def encode(self) -> bytes:
        """The file: SHA-256, then `[version, [[list, records], …]]` in deterministic CBOR, big-endian."""
        lists = [[list_id, _big_endian(self._records[list_id])] for list_id in sorted(self._records)]
        body = strict_cbor.dumps([_VERSION, lists])
        return hashlib.sha256(body).digest() + body

    @classmethod
    def decode(cls, data: bytes) -> RevocationMemory:
        """Read what `encode` writes. Raises `TrustStoreUnusable`: a till that forgot judges nothing."""
        body = data[_DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != data[:_DIGEST_BYTES]:
            raise TrustStoreUnusable(file=MEMORY_FILE, why="hash")
        try:
            version, lists = fields.array(strict_cbor.loads(body, max_size=_MAX_BYTES), "memory", 2)
            fields.uint(version, "version", _VERSION)
            return cls(dict(_list(one) for one in fields.array(lists, "memory", len(lists))))
        except (BadCbor, BadStructure, TypeError) as refused:
            raise TrustStoreUnusable(file=MEMORY_FILE, why="shape") from refused


NOTHING_SEEN: Final = RevocationMemory()


@dataclass(frozen=True, slots=True)
class RevokedAsSeen:
    """A revoked list as this till reads it at `at`: what it says, and what this till has seen before."""

    listed: StatusShards
    memory: RevocationMemory = field(repr=False)
    at: datetime

    @property
    def issued_at(self) -> datetime:
        """When the list was made (UTC)."""
        return self.listed.issued_at

    @property
    def indices(self) -> frozenset[int]:
        """The slots the list itself names."""
        return self.listed.indices

    def is_set(self, idx: int) -> bool:
        """Whether slot `idx` is revoked. Raises `StatusIndexOutOfRange` or `TrustStoreUnusable`."""
        head = self.listed.head
        return opened(self.listed, idx) or self.memory.holds(head.list_id, idx, self.at)


@dataclass(frozen=True, slots=True)
class SuspendedAsListed:
    """A suspended list as this till reads it: what it says and no more, since a suspension may end."""

    listed: StatusShards

    @property
    def issued_at(self) -> datetime:
        """When the list was made (UTC)."""
        return self.listed.issued_at

    @property
    def indices(self) -> frozenset[int]:
        """The slots the list names."""
        return self.listed.indices

    def is_set(self, idx: int) -> bool:
        """Whether slot `idx` is suspended. Raises `StatusIndexOutOfRange` or `TrustStoreUnusable`."""
        return opened(self.listed, idx)


def opened(listed: StatusShards, idx: int) -> bool:
    """Whether a list sets a slot, its shard opened now; a shard that does not hold is a damaged store."""
    try:
        return listed.is_set(idx)
    except InvalidValue as refused:
        head = listed.head
        file = f"status/{head.list_id}-{head.purpose.value}"
        raise TrustStoreUnusable(file=file, why="shard") from refused


def _known(records: array[int], over: int) -> dict[int, int]:
    return {record >> _UNTIL_BITS: record & _UNTIL for record in records if record & _UNTIL >= over}


def _big_endian(records: array[int]) -> bytes:
    copy = array("Q", records)
    if sys.byteorder == "little":
        copy.byteswap()
    return copy.tobytes()


def _list(one: Any) -> tuple[int, array[int]]:
    list_id, packed = fields.array(one, "memory", 2)
    if type(packed) is not bytes or len(packed) % _RECORD:
        raise BadStructure(field="records")
    records = array("Q", packed)
    if sys.byteorder == "little":
        records.byteswap()
    return fields.uint(list_id, "list", MAX_LIST), records
