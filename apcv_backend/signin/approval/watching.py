"""Server-sent events for the page that waits: short streams, few at once, and asking as the fallback.

The server gives each request a thread while it lasts, and has few. A stream therefore ends by itself after
some twenty seconds (the browser opens it again), a process holds two of them at most, and one too many is
answered at once with the present state and the advice to come back in two seconds, which is polling by
another name. Nothing is lost: the page also asks `/state`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

STREAMS_AT_ONCE = 2
LOOKS = 40
PAUSE_S = 0.5

_AGAIN_SOON_MS = 500
_AGAIN_LATER_MS = 2_000


class Watch:
    """Streams of one process. `pause` waits between two looks, in seconds."""

    def __init__(
        self,
        pause: Callable[[float], None],
        *,
        looks: int = LOOKS,
        at_once: int = STREAMS_AT_ONCE,
    ) -> None:
        self._pause = pause
        self._looks = looks
        self._free = threading.BoundedSemaphore(at_once)

    def stream(self, look: Callable[[], str]) -> Iterator[str]:
        """The events of one stream: the state now, and again when it changes, then the end."""
        state = look()
        if not self._free.acquire(blocking=False):
            yield _event(state, _AGAIN_LATER_MS)
            return
        try:
            yield _event(state, _AGAIN_SOON_MS)
            for _ in range(self._looks):
                self._pause(PAUSE_S)
                now = look()
                if now != state:
                    yield _event(now, _AGAIN_SOON_MS)
                    state = now
                    if now != "scanned":
                        return  # the page goes elsewhere
        finally:
            self._free.release()


def _event(state: str, retry_ms: int) -> str:
    """One event of WHATWG HTML 9.2: when to come back, and where the attempt stands."""
    return f"retry: {retry_ms}\nevent: state\ndata: {state}\n\n"
