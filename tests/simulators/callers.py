"""Callers already known by their token: what a room asks of the sign-in, without a sign-in.

The token stands in `Authorization: DPoP <token>` or `Bearer <token>`; a token nobody was given is refused as
the real one refuses it. Callers may be added and taken away while a test runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apcv_backend.callers import Caller, CallerRefused, UnverifiedCall

_SCHEMES = ("DPoP ", "Bearer ")


class KnownCallers:
    """See `apcv_backend.callers.Callers`: whoever shows a token of this table is who the table says."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self.callers = dict(callers)

    def identify(self, unverified: UnverifiedCall, at: datetime) -> Caller:
        """The caller of this token, whatever the time."""
        del at
        shown = unverified.authorization
        for scheme in _SCHEMES:
            if shown.startswith(scheme):
                caller = self.callers.get(shown.removeprefix(scheme))
                if caller is None:
                    raise CallerRefused(why="token")
                return caller
        raise CallerRefused(why="missing")
