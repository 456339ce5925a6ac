"""Puts a kiosk together from what was asked on the command line: the one place where its parts meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from verifier.kiosk.desk import Desk, Source
from verifier.kiosk.doors import Kiosk
from verifier.kiosk.framing import Frame
from verifier.kiosk.serial_reader import SerialReader
from verifier.kiosk.trust_keeper import TrustKeeper
from verifier.kiosk.two_way_screen import TwoWayScreen
from verifier.seen import FileSeen
from verifier.till_session import TillSession
from verifier.trust_store import TrustStore
from verifier.two_way import TwoWayTill
from verifier.verify import Verifier


@dataclass(frozen=True, slots=True)
class KioskOrder:
    """What a kiosk is started with. `reader`: a serial port; `source`: a publication; `memory`: a file."""

    store: Path
    policy: str = "officine"
    reader: str | None = None
    source: str | None = None
    memory: Path | None = None
    two_way_only: bool = False


def build_kiosk(order: KioskOrder, clock: Callable[[], datetime], random: Callable[[int], bytes]) -> Kiosk:
    """The parts of a kiosk over `order.store`, nothing started yet."""
    store = TrustStore(order.store)
    verifier = Verifier(store, FileSeen(order.memory or order.store / "seen"))
    two_way = TwoWayScreen(TwoWayTill(verifier, TillSession(order.store)), random)
    desk = Desk(two_way, order.policy, two_way_only=order.two_way_only)

    def tell() -> None:
        desk.tell_state(clock())

    def heard(frame: Frame) -> None:
        if frame.too_long:
            desk.tell_refused("text_too_long", Source.SERIAL, clock())
        else:
            desk.take(frame.text, Source.SERIAL, clock())

    reader = SerialReader(heard, tell)
    reader.choose(order.reader)
    keeper = None
    source = order.source
    if source is not None:
        keeper = TrustKeeper(lambda at: _refreshed(store, source, at), clock, tell)
    return Kiosk(desk, store, clock, reader, keeper)


def _refreshed(store: TrustStore, source: str, at: datetime) -> None:
    from verifier.refresh import refresh  # the TUF client and the network, for those who asked for it

    refresh(store, source, at)
