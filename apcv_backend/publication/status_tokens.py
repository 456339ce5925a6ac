"""The status lists for online verifiers: the live states of slots, signed, made anew once a minute if asked.

    1. the token of less than a minute ago, if this process has one;
    2. else the suspended slots, then the revoked ones, on which a card may still be alive;
    3. one array, signed twice: as a JWT and as a CWT.

Tills do not use this: theirs are the lists of the publication, which hold offline.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from apcv_backend.publication.ports import StatusSlots
from apcv_backend.publication.token_status_list import (
    BITS,
    INVALID,
    SUSPENDED,
    StatusClaims,
    TokenForm,
    TokenStatuses,
    sign_cwt,
    sign_jwt,
)
from cartes.cards import CardKind
from cartes.seal import Signer
from cartes.status import StatusPurpose

TTL: Final = timedelta(minutes=1)
"""How long a list serves before it is made anew, and how long a verifier may keep it."""
LIFE: Final = timedelta(hours=1)
"""A list somebody holds back hides what was revoked since for no longer than this."""
_ASKED_BEFORE: Final = timedelta(seconds=10)
"""Whoever waits while a list is made asked before its instant, and is given it all the same."""
_KID_BYTES: Final = 4
STATUS_LISTS_PATH: Final = "/v1/status-lists"


@dataclass(frozen=True, slots=True)
class StatusTokens:
    """One list as of `issued_at` (UTC), in each form."""

    issued_at: datetime
    tokens: Mapping[TokenForm, bytes] = field(repr=False)


class StatusTokenDesk:
    """Gives the list of a kind of card. Threads may share it: one makes the list, the others wait for it."""

    def __init__(
        self,
        *,
        slots: StatusSlots,
        signer: Callable[[datetime], Signer | None],
        public_url: str,
        capacity: int,
    ) -> None:
        """`signer` gives the key of an instant, or `None` when this service has no key for these lists."""
        self._slots = slots
        self._signer = signer
        self._public_url = public_url
        self._capacity = capacity
        self._made: dict[int, StatusTokens] = {}
        self._making = {kind.wire: threading.Lock() for kind in CardKind}

    def tokens(self, list_id: int, at: datetime) -> StatusTokens | None:
        """The list numbered `list_id`, made at most a minute before `at`, or while its asker waited for it.

        `None` when none is served.
        """
        making = self._making.get(list_id)
        if making is None:
            return None
        with making:
            made = self._made.get(list_id)
            if made is None or not -_ASKED_BEFORE <= at - made.issued_at < TTL:
                signer = self._signer(at)
                if signer is None:
                    return None
                made = self._made[list_id] = self._make(list_id, signer, at)
            return made

    def _make(self, list_id: int, signer: Signer, at: datetime) -> StatusTokens:
        # Suspended before revoked: a slot that goes from one to the other between the two reads is in both.
        suspended = self._slots.live(list_id, StatusPurpose.SUSPENDED, at)
        revoked = self._slots.live(list_id, StatusPurpose.REVOKED, at)
        # A capacity made smaller must not hide slots given before.
        size = max([self._capacity, *(slots[-1] + 1 for slots in (suspended, revoked) if len(slots))])
        statuses = TokenStatuses.of(BITS, size, [(SUSPENDED, suspended), (INVALID, revoked)])
        claims = StatusClaims(
            sub=f"{self._public_url}{STATUS_LISTS_PATH}/{list_id}",
            issued_at=at,
            expires_at=at + LIFE,
            ttl_s=int(TTL.total_seconds()),
            bits=BITS,
            lst=statuses.compressed(),
        )
        kid = hashlib.sha256(signer.public_key).digest()[:_KID_BYTES]
        return StatusTokens(
            at,
            {
                TokenForm.JWT: sign_jwt(claims, signer, kid.hex()),
                TokenForm.CWT: sign_cwt(claims, signer, kid),
            },
        )
