"""Staff at a door: what a browser of a signed-in colleague shows, and the port that proves it.

A colleague signs in with a hardware key and gets a session. Pages carry it in one cookie that scripts cannot
read; a script of our own pages adds a second word in a header, which a page of somebody else cannot know, to
every request that changes something. Doors that let staff in ask this port; how sessions are made is the room
`staff`'s business.

The roles stand here because every room names them when it says who may come in.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from apcv_backend.callers import Caller

COOKIE = "__Host-staff"
"""RFC 6265bis 4.1.3.2: a browser keeps it only when secure, of this very host, and for every path."""

CSRF_HEADER = "X-Staff-Csrf"

LOOKS_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 9.2.1): the cookie alone is enough for them."""


class StaffRole(enum.Enum):
    """What a colleague may do. One role a person; two jobs are two people."""

    ADMINISTRATOR = "administrator"
    """Adds colleagues and clients, by two; never acts for a patient."""
    DESK_AGENT = "desk_agent"
    """Sees people and their papers: codes, lost phones, delegations."""
    OPERATOR = "operator"
    """Keeps the service running: figures, alarms, the journal's checks."""
    INSURER_CLERK = "insurer_clerk"
    """Works at the insurer that `Caller.structure` names, and asks about its members alone."""


@dataclass(frozen=True, slots=True)
class UnverifiedStaffCall:
    """What came with a request: its method, the session's token (a cookie) and the header beside it."""

    method: str
    token: str = field(repr=False)
    csrf: str = field(repr=False)


class StaffCallers(Protocol):
    """Whoever can say which colleague calls."""

    def identify(self, unverified: UnverifiedStaffCall, at: datetime, *roles: StaffRole) -> Caller:
        """The colleague whose live session this is, as a `Caller` of kind STAFF; using it keeps it alive.

        `subject_id` is the colleague's identifier, `structure` their structure, and `facts` hold `role`,
        `agent` (their name) and `place`. With `roles`, one of them is needed.

        Raises:
            CallerRefused: no session, or one that idled, ended or was closed; or a change without the
            header. CallerNotAllowed: a live session of another role.
        """
        ...
