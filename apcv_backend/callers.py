"""Who calls: what a room may know of a caller whose credentials were proven, and the port that proves them.

Four kinds of people and machines call this house: a phone (it signs with its app key, `dpop.py`), a client of
the sign-in (a portal, an insurer, a professional's software), the person who signed in at one, and staff. A
room asks `Callers` and gets a `Caller`; how the proof was made (DPoP-bound access token, client assertion,
session of an agent) is not its business.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from apcv_backend.enrolment.rules import PersonKey
from cartes.errors import CarteError


class CallerKind(enum.Enum):
    """As what somebody calls. The words stand in the OpenAPI document, `x-called-by`."""

    ANYONE = "anyone"
    PHONE = "phone"
    CLIENT = "client"  # a machine alone: client credentials
    PROFESSIONAL = "professional"  # signed in with the e-CPS
    PATIENT = "patient"  # signed in with the apCV
    STAFF = "staff"


class CallerRefused(CarteError):
    """No credentials, or none believed.

    `why`: missing, token (a certificate it is bound to included), dpop, expired, inactive or audience.
    """

    code = "caller_refused"


class CallerNotAllowed(CarteError):
    """The credentials hold, and do not open this door. `needs` names the kind of caller or the scope."""

    code = "caller_not_allowed"


@dataclass(frozen=True, slots=True)
class UnverifiedCall:
    """A request as it arrived: method, path from the root without query, and its two credential headers.

    `certificate` is the `Client-Cert` header of our own proxy, unread (RFC 9440), or empty (`proxy_door`).
    """

    method: str
    path: str
    authorization: str = field(repr=False)
    dpop: str = field(repr=False)
    certificate: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose credentials were proven and are live at this instant.

    `organisation` is the client's own number (an insurer's AMC number, a structure's FINESS) as registered;
    `structure` is the FINESS of the exercice a professional chose. `person` is whose phone approved a
    sign-in; `acts_for` another person, when they signed in for somebody they represent.
    """

    kind: CallerKind
    client_id: str = ""
    organisation: str = ""
    purposes: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    subject_id: str = ""
    person: PersonKey | None = None
    acts_for: PersonKey | None = None
    exercice_id: str = ""
    structure: str = ""
    profession: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the journal names this caller: by pseudonym, never by a number of a person."""
        if self.kind in {CallerKind.PROFESSIONAL, CallerKind.PATIENT}:
            return f"{self.kind.value}:{self.subject_id}@{self.client_id}"[:120]
        return f"{self.kind.value}:{self.client_id or self.subject_id}"[:120]


class Callers(Protocol):
    """Whoever can say who calls (the room `signin`)."""

    def identify(self, unverified: UnverifiedCall, at: datetime) -> Caller:
        """The caller behind these credentials, alive at `at`: not struck off, not withdrawn, not revoked.

        Raises:
            CallerRefused: nobody is proven.
        """
        ...
