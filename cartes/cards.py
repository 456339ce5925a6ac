"""What all cards have in common: their kind, their shape, their binding to a phone, their slot.

`DraftCard` is a card with the phone it is for and its dates, before anybody has looked at it: `seal.lint`
does, and gives the only thing `seal.seal` accepts.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cartes import fields
from cartes.errors import InvalidValue

if TYPE_CHECKING:
    from cartes.amc import AmcCard
    from cartes.apcv import ApcvCard
    from cartes.ecps import EcpsCard

COMPRESSED_POINT_SIZE: Final = 33
MAX_LIST: Final = 0xFFFF
MAX_NAME: Final = 64
"""A name is read up to this length; an issuer shortens it to `LONGEST_ISSUED_NAME`."""
LONGEST_ISSUED_NAME: Final = 27
SYNCED_MAX_LIFE: Final = timedelta(hours=24)
"""No card on a synced key lives longer, whatever its kind may have."""


class CardKind(enum.Enum):
    """Which card. `wire` is the number that stands in the card itself."""

    APCV = "apcv"
    ECPS = "ecps"
    AMC = "amc"

    @property
    def wire(self) -> int:
        """1 for an apCV, 2 for an e-CPS, 3 for an insurer's."""
        return _WIRES[self]

    @property
    def held_as(self) -> CardKind:
        """The kind whose phone key holds this card: the apCV's for an insurer's, its own for every other."""
        return CardKind.APCV if self is CardKind.AMC else self


_WIRES: Final = {CardKind.APCV: 1, CardKind.ECPS: 2, CardKind.AMC: 3}
ENROLLED_KINDS: Final = (CardKind.APCV, CardKind.ECPS)
"""The kinds a phone is enrolled for, each with its own key, RP ID and origins."""


class Shape(enum.IntEnum):
    """How much an apCV says: no number and no rights; the rights but neither ALD nor C2S; everything."""

    IDENTITE = 0
    SOINS = 1
    COMPLET = 2

    @property
    def word(self) -> str:
        """The word people use: `identite`, `soins`, `complet`."""
        return self.name.lower()


class Binding(enum.IntEnum):
    """How firmly the holder's key is tied to one phone, weakest first, as the issuer saw it at enrolment."""

    SYNCED = 0
    DEVICE_BOUND_CLAIMED = 1
    HARDWARE_ATTESTED = 2

    @property
    def word(self) -> str:
        """The class in lower snake case."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the card's state stands: an index in a status list."""

    list: int
    idx: int

    def __post_init__(self) -> None:
        if not (0 <= self.list <= MAX_LIST and 0 <= self.idx <= fields.MAX_UINT32):
            raise InvalidValue(what="slot", why="out_of_range")


@dataclass(frozen=True, slots=True)
class DraftCard:
    """A card, the phone it is for (a compressed P-256 point), and its dates in UTC. Nothing is proven.

    Fractions of a second are dropped from both dates, since they do not travel.
    """

    card: ApcvCard | EcpsCard | AmcCard
    holder_key: bytes
    issued_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "issued_at", fields.whole_second(self.issued_at, "issued_at"))
        object.__setattr__(self, "expires_at", fields.whole_second(self.expires_at, "expires_at"))
        if len(self.holder_key) != COMPRESSED_POINT_SIZE or self.holder_key[0] not in (2, 3):
            raise InvalidValue(what="holder_key", why="not_a_compressed_point")
