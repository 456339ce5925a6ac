"""The kiosk's HTTP interface, one function an address: it reads, asks the desk one thing, tells it.

`/api/scans` is the door of the pharmacy's own software: the object of `python -m verifier scan --json`. The
other addresses serve the kiosk's page. All take the token (`gate.py`); nothing personal is in an address.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from cartes.errors import BadJson, CarteError
from cartes.wire import strict_json
from verifier import drawing, scanner
from verifier.kiosk import reader_test, serial_reader
from verifier.kiosk.desk import Desk, Happening, Source
from verifier.kiosk.happening_view import happening_view, scan_json
from verifier.kiosk.refusals import BodyUnreadable, ReaderNotListed
from verifier.kiosk.serial_reader import SerialPort, SerialReader
from verifier.kiosk.state_view import state_view, symbol_view
from verifier.kiosk.trust_keeper import TrustKeeper
from verifier.policy import POLICIES
from verifier.sentences import Language
from verifier.trust_store import TrustStore
from verifier.verdict import Freshness, Reason, verdict

MAX_FRAME: Final = 1920 * 1200
MAX_IMAGE: Final = 8_000_000
_MAX_WORDS: Final = 1 << 16
_LONGEST_WAIT_S: Final = 25.0


@dataclass(frozen=True, slots=True)
class Kiosk:
    """Everything the doors open on. `clock` gives aware UTC instants."""

    desk: Desk
    store: TrustStore
    clock: Callable[[], datetime]
    reader: SerialReader
    keeper: TrustKeeper | None = None
    ports: Callable[[], Sequence[SerialPort]] = serial_reader.ports


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the numbers and words of its address, its body, and the language of the person."""

    query: Mapping[str, str]
    body: bytes = field(repr=False)
    language: Language

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number of the address. Raises `BodyUnreadable`."""
        text = self.query.get(name, "" if default is None else str(default))
        if not (text.isascii() and text.isdigit() and len(text) <= 12):  # noqa: PLR2004 - well below 2**53
            raise BodyUnreadable(why=f"{name}_is_no_number")
        return int(text)

    def members(self, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
        """The JSON object of the body, with these members alone, each absent or of its kind."""
        try:
            said = strict_json.loads(self.body or b"{}", max_size=len(self.body) + 2)
        except BadJson as refused:
            raise BodyUnreadable(why="bad_json") from refused
        if not isinstance(said, dict):
            raise BodyUnreadable(why="not_an_object")
        for name, value in said.items():
            if name not in kinds:
                raise BodyUnreadable(why="unknown_member")
            if not isinstance(value, kinds[name]):
                raise BodyUnreadable(why=f"{name}_of_another_kind")
        return said


Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Door:
    """What an address does, and the most bytes it takes."""

    method: str
    open: Callable[[Kiosk, Call], Answer]
    most: int = _MAX_WORDS


def _happenings(kiosk: Kiosk, call: Call) -> Answer:
    """What happened after `after`; waits up to `wait` seconds when nothing did."""
    after = call.number("after", 0)
    wait = min(float(call.number("wait", 0)), _LONGEST_WAIT_S)
    kiosk.desk.tick(kiosk.clock())
    happened, last = kiosk.desk.happenings(after, wait)
    return {"last": last, "happenings": [happening_view(one, call.language) for one in happened]}


def _state(kiosk: Kiosk, call: Call) -> Answer:
    """How this workstation does: trust data, readers, what is asked, today's scans."""
    at = kiosk.clock()
    kiosk.desk.tick(at)
    last = kiosk.keeper.last if kiosk.keeper else None
    return state_view(
        kiosk.desk,
        kiosk.store,
        at,
        call.language,
        reader=kiosk.reader,
        refreshes=kiosk.keeper is not None,
        last_refresh=last,
    )


def _frames(kiosk: Kiosk, call: Call) -> Answer:
    """One frame of the camera, as grey levels."""
    try:
        text = scanner.read_frame(call.body, call.number("width"), call.number("height"))
    except scanner.NoCodeFound:
        return {"found": False, "seq": None, "happening": None}
    except scanner.DamagedImage as refused:
        raise BodyUnreadable(why="not_a_frame") from refused
    return {"found": True, **_told(kiosk.desk.take(text, Source.CAMERA, kiosk.clock()), call.language)}


def _typed(kiosk: Kiosk, call: Call) -> Answer:
    """What a reader in keyboard mode typed."""
    text = call.members(text=str).get("text", "")
    return _told(kiosk.desk.take(text, Source.KEYBOARD, kiosk.clock()), call.language)


def _scans(kiosk: Kiosk, call: Call) -> Answer:
    """A verdict for the pharmacy's software, from a text or a picture."""
    said = call.members(text=str, image=str, policy=str, two_way_only=bool, with_nir=bool)
    at = kiosk.clock()
    policy = said.get("policy")
    if policy is not None and policy not in POLICIES:
        raise BodyUnreadable(why="unknown_policy")
    if ("text" in said) == ("image" in said):
        raise BodyUnreadable(why="text_or_image")
    try:
        text = said["text"] if "text" in said else scanner.read_picture(_bytes_of(said["image"]))
    except scanner.NoCodeFound as nothing:
        return {**verdict((Reason(nothing.code),), Freshness(checked_at=at)).to_json(), "beside": None}
    happening = kiosk.desk.judge(text, at, policy, two_way_only=said.get("two_way_only", False))
    return scan_json(happening, with_nir=said.get("with_nir", False))


def _screen(kiosk: Kiosk, call: Call) -> Answer:
    """Ask for another kind of check."""
    said = call.members(policy=str, once=bool)
    if said.get("policy") not in POLICIES:
        raise BodyUnreadable(why="unknown_policy")
    kiosk.desk.ask(said["policy"], kiosk.clock(), once=said.get("once", False))
    return {}


def _blank(kiosk: Kiosk, call: Call) -> Answer:
    """Take the person off the screen."""
    call.members()
    kiosk.desk.blank(kiosk.clock())
    return {}


def _begin(kiosk: Kiosk, call: Call) -> Answer:
    """The offer to show to the professional's phone."""
    call.members()
    return symbol_view(kiosk.desk.begin_two_way(kiosk.clock()), call.language)


def _cancel(kiosk: Kiosk, call: Call) -> Answer:
    """No authorisation any more."""
    call.members()
    kiosk.desk.cancel_two_way(kiosk.clock())
    return {}


def _request(kiosk: Kiosk, call: Call) -> Answer:
    """The request for the next patient."""
    call.members()
    return symbol_view(kiosk.desk.request(kiosk.clock()), call.language)


def _refresh(kiosk: Kiosk, call: Call) -> Answer:
    """Refresh the trust data now; the end of it is told as a happening."""
    call.members()
    if kiosk.keeper is None:
        return {"asked": False}
    kiosk.keeper.now()
    return {"asked": True}


def _reader(kiosk: Kiosk, _: Call) -> Answer:
    """The serial ports, and the one in use."""
    return {
        "port": kiosk.reader.port,
        "state": kiosk.reader.state.value,
        "ports": [{"name": port.name, "about": port.about} for port in kiosk.ports()],
    }


def _choose_reader(kiosk: Kiosk, call: Call) -> Answer:
    """Read from one of the listed ports, or from none."""
    port = call.members(port=(str, type(None))).get("port")
    if port is not None and port != kiosk.reader.port and port not in {one.name for one in kiosk.ports()}:
        raise ReaderNotListed
    kiosk.reader.choose(port)
    return _reader(kiosk, call)


def _reader_test(_kiosk: Kiosk, _: Call) -> Answer:
    """The code to try a reader with, and what it says."""
    png = base64.b64encode(drawing.png(reader_test.TEXT)).decode("ascii")
    return {"png": png, "text": reader_test.TEXT}


DOORS: Final[Mapping[str, tuple[Door, ...]]] = MappingProxyType(
    {
        "/api/scans": (Door("POST", _scans, most=MAX_IMAGE * 4 // 3 + _MAX_WORDS),),
        "/api/happenings": (Door("GET", _happenings),),
        "/api/state": (Door("GET", _state),),
        "/api/frames": (Door("POST", _frames, most=MAX_FRAME),),
        "/api/typed": (Door("POST", _typed),),
        "/api/screen": (Door("POST", _screen),),
        "/api/blank": (Door("POST", _blank),),
        "/api/two-way": (Door("POST", _begin), Door("DELETE", _cancel)),
        "/api/two-way/request": (Door("POST", _request),),
        "/api/refresh": (Door("POST", _refresh),),
        "/api/reader": (Door("GET", _reader), Door("POST", _choose_reader)),
        "/api/reader-test": (Door("GET", _reader_test),),
    }
)


def status_of(refused: CarteError) -> int:
    """The HTTP status of a refusal: its own, else 409 for what this till cannot do now."""
    status = getattr(refused, "status", None)
    if isinstance(status, int):
        return status
    return 422 if isinstance(refused, scanner.UnreadableInput) else 409


def _bytes_of(image: str) -> bytes:
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError) as refused:
        raise BodyUnreadable(why="image_not_base64") from refused


def _told(happening: Happening | None, language: Language) -> Answer:
    """What a code became, for the page that sent it: it need not ask again to draw it."""
    if happening is None:
        return {"seq": None, "happening": None}
    return {"seq": happening.seq, "happening": happening_view(happening, language)}
