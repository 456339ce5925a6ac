"""Trust data brought up to date in the background, while patients pass.

One thread asks the publication at start and then every hour. Without network nothing changes but the age on
the screen, and the thread asks again sooner. The scan never waits for it: the store puts a whole generation
in force or none, and what is read is proven again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cartes.errors import CarteError

EVERY: Final = timedelta(hours=1)
AFTER_A_FAILURE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class LastRefresh:
    """How the last one ended: `code` is None when it went well, else why it did not."""

    at: datetime
    code: str | None = None


class TrustKeeper:
    """Calls `refresh` (which raises a `CarteError` when it fails) and tells `on_change` after each time."""

    def __init__(
        self,
        refresh: Callable[[datetime], object],
        clock: Callable[[], datetime],
        on_change: Callable[[], None],
    ) -> None:
        self._refresh = refresh
        self._clock = clock
        self._on_change = on_change
        self._wanted = threading.Event()
        self._stopped = False
        self._last: LastRefresh | None = None
        self._thread = threading.Thread(target=self._run, name="trust keeper", daemon=True)

    @property
    def last(self) -> LastRefresh | None:
        """The last time it was tried; None before the first."""
        return self._last

    def start(self) -> None:
        """Begin, with a refresh at once."""
        self._thread.start()

    def now(self) -> None:
        """Do not wait for the hour: somebody pressed the button."""
        self._wanted.set()

    def stop(self) -> None:
        """End; a refresh under way is left to finish by itself."""
        self._stopped = True
        self._wanted.set()

    def _run(self) -> None:
        while not self._stopped:
            self._wanted.clear()
            at = self._clock()
            try:
                self._refresh(at)
                self._last = LastRefresh(at)
            except CarteError as refused:
                self._last = LastRefresh(at, refused.code)
            self._on_change()
            pause = EVERY if self._last.code is None else AFTER_A_FAILURE
            self._wanted.wait(pause.total_seconds())
