"""Where the pages of a sign-in stand: addresses, streams, clock, counters, and the browser's secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request

from apcv_backend.config import RelyingParty
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.signin.approval.browser_cookie import read_browser_secret
from apcv_backend.signin.approval.watching import Watch
from cartes.cards import CardKind

_MINUTE_S = 60
_PAGES_A_MINUTE = 1_200  # a room of people behind one address, each page asking every two seconds


@dataclass(frozen=True)
class PageSurroundings:
    """Where the pages stand: addresses, streams, clock, counters."""

    public_url: str
    relying_parties: Mapping[CardKind, RelyingParty]
    watch: Watch
    clock: Callable[[], datetime]
    counters: Counters

    def begin(self) -> datetime:
        """The instant of this request, counted."""
        at = self.clock()
        limit(self.counters, f"pages:{request.remote_addr}", most=_PAGES_A_MINUTE, window_s=_MINUTE_S, at=at)
        return at

    def browser(self) -> bytes | None:
        """The secret this browser shows."""
        return read_browser_secret(request, is_https=self.public_url.startswith("https://"))

    def origin(self, kind: CardKind) -> str:
        """The card's own host, where its key answers."""
        return self.relying_parties[kind].web_origins[0]
