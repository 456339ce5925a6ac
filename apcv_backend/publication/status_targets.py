"""The status lists as targets: the live window for tills, the full list and its daily deltas for audit.

    status/1-revoked            the live window: revoked slots that may have a living card; the tills' list
    status/1-revoked-all        every revoked slot, a new edition each day (UTC), numbered from 1
    status/1-revoked-delta-8    the slots that flipped from edition 7 to 8, and the proof of the result

The same for `suspended`. A target published before stands as long as what it says has not changed, so that
nobody downloads it twice. Pure: what is published and the states of slots in, bytes out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Final

import numpy as np

from apcv_backend.publication.status_builder import Indices, build_status_list
from cartes.errors import InvalidValue
from cartes.status import StatusHead, StatusPurpose, StatusShards
from cartes.status_delta import StatusDelta

REWRITTEN_AFTER: Final = timedelta(hours=12)
"""A list that did not change is dated anew after this: tills refuse to judge by one older than 96 h."""
KEPT_DELTAS: Final = 7
"""Whoever was away longer takes the full list again."""


def live_target(list_id: int, purpose: StatusPurpose) -> str:
    """The name of the live window of a list, such as `status/1-revoked`."""
    return f"status/{list_id}-{purpose.value}"


def full_target(list_id: int, purpose: StatusPurpose) -> str:
    """The name of the full list, such as `status/1-revoked-all`."""
    return f"{live_target(list_id, purpose)}-all"


def delta_target(list_id: int, purpose: StatusPurpose, number: int) -> str:
    """The name of the delta that makes edition `number`, such as `status/1-revoked-delta-8`."""
    return f"{live_target(list_id, purpose)}-delta-{number}"


def live_list(published: bytes | None, head: StatusHead, slots: Sequence[int]) -> bytes:
    """The live window to publish: the one in force if it says the same and is young enough, or a new one."""
    head, indices = _fitted(head, slots)
    before = _parsed(published)
    if published is not None and before is not None:
        same_date = replace(head, issued_at=before.issued_at)
        young = head.issued_at - before.issued_at < REWRITTEN_AFTER
        if young and build_status_list(same_date, indices) == published:
            return published
    return build_status_list(head, indices)


def full_lists(
    published: Mapping[str, bytes], head: StatusHead, slots: Callable[[], Sequence[int]]
) -> Mapping[str, bytes]:
    """The full list and its last deltas, by name: those in force until the day ends (UTC), then the next.

    `slots` is asked only when a new edition is due. The number of `head` is not looked at.
    """
    name = full_target(head.list_id, head.purpose)
    before = _parsed(published.get(name))
    deltas = _deltas(published, head)
    if before is None:
        first, indices = _fitted(_numbered(head, 1), slots())
        return {name: build_status_list(first, indices)}
    if head.issued_at.astimezone(UTC).date() <= before.issued_at.date():
        return {name: published[name], **{told: published[told] for told in deltas.values()}}
    longer = replace(head, size=max(head.size, before.head.size))  # a full list never gets shorter
    next_head, indices = _fitted(_numbered(longer, before.head.number + 1), slots())
    data = build_status_list(next_head, indices)
    held = np.fromiter(before.ordered(), dtype=np.int64, count=before.count)
    delta = StatusDelta(
        head.list_id,
        head.purpose,
        next_head.number,
        next_head.size,
        next_head.issued_at,
        frozenset(np.setxor1d(held, indices, assume_unique=True).tolist()),
        hashlib.sha256(data).digest(),
    )
    kept = {told: published[told] for number, told in deltas.items() if number > delta.number - KEPT_DELTAS}
    return {name: data, **kept, delta_target(head.list_id, head.purpose, delta.number): delta.encode()}


def _numbered(head: StatusHead, number: int) -> StatusHead:
    return replace(head, number=number)


def _fitted(head: StatusHead, slots: Sequence[int]) -> tuple[StatusHead, Indices]:
    """The head, its size grown if need be: a capacity made smaller must not hide slots given before."""
    indices: Indices = np.asarray(slots, dtype=np.int64)
    size = max(head.size, int(indices[-1]) + 1) if len(indices) else head.size
    return replace(head, size=size), indices


def _parsed(published: bytes | None) -> StatusShards | None:
    """The list in force; None for none, and for one in a format of before, which is then replaced."""
    if published is None:
        return None
    try:
        return StatusShards.parse(published)
    except InvalidValue:
        return None


def _deltas(published: Mapping[str, bytes], head: StatusHead) -> Mapping[int, str]:
    """The names of the deltas in force of this list, by the number they make."""
    pattern = re.compile(re.escape(live_target(head.list_id, head.purpose)) + r"-delta-([1-9][0-9]*)")
    found = ((pattern.fullmatch(name), name) for name in published)
    return {int(match[1]): name for match, name in found if match}
