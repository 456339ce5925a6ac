"""The whole journal checked against its log, and the log against every head that was ever signed.

Needs no key but the log's public one: with the audit key the tags of entries are checked as well. One pass,
a few thousand entries in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from apcv_backend.journal_entry import Entry
from apcv_backend.transparency.ports import KeptHead, Log, Logs
from apcv_backend.transparency.rules import BEFORE_LANES, Finding, lane_and_place, leaf_of
from cartes import merkle
from cartes.checkpoint import HeadRefused, LogKey, TreeHead, open_head

_AT_A_TIME = 2_000


def check_log(
    logs: Logs,
    entries: Iterable[Entry],
    keys: tuple[LogKey, ...],
    given_out: Sequence[TreeHead] = (),
    is_as_written: Callable[[Entry], bool] | None = None,
) -> Iterator[Finding]:
    """Everything that does not agree; nothing when the journal is what was sealed.

    `given_out` are heads kept outside the database (a file, a witness), already verified. `is_as_written`
    checks keyed tags, when whoever checks has the key.
    """
    heads, findings = _signed_heads(logs.read(lambda log: log.heads()), keys)
    yield from findings
    yield from _leaves(logs, [*heads, *given_out])
    yield from _entries(logs, entries, is_as_written)


def _signed_heads(kept: Sequence[KeptHead], keys: tuple[LogKey, ...]) -> tuple[list[TreeHead], list[Finding]]:
    heads, findings = [], []
    for one in kept:
        try:
            head = open_head(one.note, keys)
        except HeadRefused as error:
            findings.append(Finding("head_signature", one.size, str(error.facts.get("why", ""))))
            continue
        if (head.size, head.root) != (one.size, one.root):
            findings.append(Finding("head_signature", one.size, "row"))
        heads.append(head)
    return heads, findings


def _leaves(logs: Logs, heads: Sequence[TreeHead]) -> Iterator[Finding]:
    """Each leaf against its entry, and the root against each head as the list grows past its size."""
    roots: dict[int, set[bytes]] = {}
    for head in heads:
        roots.setdefault(head.size, set()).add(head.root)
    growing = merkle.Frontier()
    if roots.pop(0, {merkle.EMPTY_ROOT}) != {merkle.EMPTY_ROOT}:
        yield Finding("head_root", 0)
    for index, number, leaf, entry in _read_leaves(logs):
        if index != growing.size:
            yield Finding("leaf_missing", growing.size)
            return  # everything after has moved: nothing more can be said
        if entry is None:
            yield Finding("entry_missing", number)
        elif leaf_of(entry) != leaf:
            yield Finding("entry_altered", number)
        growing.add(leaf)
        expected = roots.pop(growing.size, None)
        if expected is not None and expected != {growing.root()}:
            yield Finding("head_root", growing.size)
    for size in sorted(roots):
        yield Finding("log_shorter_than_head", size, f"{growing.size}")


def _read_leaves(logs: Logs) -> Iterator[tuple[int, int, bytes, Entry | None]]:
    first = 0
    while True:
        leaves = logs.read(partial(_some_leaves, first))
        if not leaves:
            return
        yield from leaves
        first = leaves[-1][0] + 1


def _some_leaves(first: int, log: Log) -> Sequence[tuple[int, int, bytes, Entry | None]]:
    return log.leaves(first, _AT_A_TIME)


def _entries(
    logs: Logs, entries: Iterable[Entry], is_as_written: Callable[[Entry], bool] | None
) -> Iterator[Finding]:
    """Tags, and lanes without a hole: also for what is committed and not sealed yet."""
    counted = dict(logs.read(lambda log: log.lanes()))
    seen: dict[int, set[int]] = {}
    reached: dict[int, int] = {}
    for entry in entries:
        lane, place = lane_and_place(entry)
        if is_as_written is not None and not is_as_written(entry):
            yield Finding("entry_altered", entry.entry_id, "tag")
        if lane == BEFORE_LANES:
            continue
        # Numbers of a lane come almost in order: what is ahead waits in a set that stays small.
        ahead = seen.setdefault(lane, set())
        ahead.add(place)
        while reached.get(lane, 0) + 1 in ahead:
            reached[lane] = reached.get(lane, 0) + 1
            ahead.discard(reached[lane])
    for lane in sorted({*counted, *reached, *seen}):
        # The count was read first: entries added meanwhile are beyond it, and no hole.
        if reached.get(lane, 0) < counted.get(lane, 0) or seen.get(lane):
            yield Finding("lane_gap", lane, f"{reached.get(lane, 0)}/{counted.get(lane, 0)}")
