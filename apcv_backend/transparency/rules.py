"""What the log is made of: one leaf an entry of the journal, and the words for what does not agree.

A leaf is the whole entry with its place and its keyed tag. The tag is what keeps the hash of a leaf from
telling its content: nobody without the key can guess an entry and compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from apcv_backend.journal_entry import Entry
from cartes import merkle
from cartes.errors import CarteError
from cartes.wire import strict_json

BEFORE_LANES = -1
"""The lane of entries older than lanes; their place is their number."""

_LEAF = "journal-leaf-v1"


class LogBroken(CarteError):
    """The journal is not what was written: nothing is sealed over it. `why`: altered, missing, forked."""

    code = "log_broken"


class NoHeadYet(CarteError):
    """The log was never sealed."""

    code = "log_has_no_head"


class NotInTheLog(CarteError):
    """A proof is asked about a size or a leaf that no signed head covers."""

    code = "not_in_the_log"


def lane_and_place(entry: Entry) -> tuple[int, int]:
    """Where an entry stands: its lane, and its number in it."""
    if entry.lane is None or entry.place is None:
        return BEFORE_LANES, entry.entry_id
    return entry.lane, entry.place


def leaf_of(entry: Entry) -> bytes:
    """The hash of an entry as a leaf of the log, 32 bytes."""
    lane, place = lane_and_place(entry)
    told = [
        _LEAF,
        lane,
        place,
        entry.at.isoformat(timespec="microseconds"),
        entry.event,
        entry.actor,
        entry.subject,
        entry.facts,
        entry.mac.hex(),
    ]
    return merkle.leaf_hash(strict_json.canonical(told))


def origin_of(public_url: str) -> str:
    """The name of this town hall's log: its public address without a scheme."""
    parts = urlsplit(public_url)
    return f"{parts.netloc}{parts.path.rstrip('/')}/journal"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in the journal or its log that does not agree, and where.

    `what` is one of: entry_altered, entry_missing, leaf_missing, lane_gap, head_signature, head_root,
    log_shorter_than_head.
    """

    what: str
    where: int
    detail: str = ""
