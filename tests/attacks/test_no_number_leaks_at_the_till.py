"""A day at the till, then its night: answers, logs, files and what it still holds in memory name nobody.

Every fictitious person shows a card, by every way in; numbers are also typed where they have no business.
The one answer that may hold a number is the one whose asker said `with_nir`. What is searched for is each
number in forty forms (`number_traces.py`), and the names.
"""

from __future__ import annotations

import base64
import gc
import http.client
import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import pytest

from cartes.identifiers.mode import Mode
from cartes.identifiers.nir import Nir
from cartes.wire import qr
from tests.simulators.cards import NOON, World, a_complete_apcv, a_contract
from tests.simulators.kiosk import TOKEN, TestKiosk, a_kiosk
from tests.simulators.number_traces import forms_in
from tests.simulators.publisher import IssuerRecord, Publisher, Word
from tests.simulators.town_day import joined, numbers
from verifier import drawing
from verifier.kiosk.desk import Source

NAMES = (b"ORSINI-TEST", b"ORSINI")
_CODE = (ModuleType, type, FunctionType, BuiltinFunctionType)


def _card(world: World, number: str, at: datetime) -> str:
    """The code of a card with everything on it, shown at `at`."""
    card = replace(a_complete_apcv(), nir=Nir.parse(number, Mode.TEST), as_of=at - timedelta(hours=2))
    credential = world.issue(card, issued_at=at - timedelta(hours=1))
    return qr.pack(world.present(credential, card.kind, at))


def _contract(world: World, at: datetime) -> str:
    card = replace(a_contract(), as_of=at - timedelta(hours=2))
    return qr.pack(world.present(world.issue(card, issued_at=at - timedelta(hours=1)), card.kind, at))


@dataclass
class TillDay:
    """What was asked of a kiosk, and what it said."""

    port: int
    token: str
    said: list[bytes] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> bytes:
        """One request; what it says is searched later."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        data = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, data, {"X-Till-Token": self.token, **headers})
            got = connection.getresponse()
            told = repr(got.getheaders()).encode() + got.read()
        finally:
            connection.close()
        self.said.append(told)
        return told

    def wrong_boxes(self, number: str) -> None:
        """A number where an address, a header, a word or a port belongs."""
        spaced = f"{number[0]} {number[1:3]} {number[3:5]} {number[5:]}"
        for method, path in (
            ("GET", f"/{number}"),
            ("GET", f"/api/state?nir={number}&lang={number}"),
            ("GET", f"/api/happenings?after={number}"),
            ("POST", f"/api/frames?width={number}&height={number}"),
            ("DELETE", f"/api/two-way/{number}"),
        ):
            self.ask(method, path)
        for headers in ({"X-Till-Token": number}, {"Origin": f"http://{number}"}, {"Host": number}):
            self.ask("GET", "/api/state", **headers)
        for typed in (number, spaced, number * 60, f"{number}\t{number}"):
            self.ask("POST", "/api/typed", {"text": typed})
            self.ask("POST", "/api/scans", {"text": typed})
        for body in ({"policy": number}, {number: number}, {"text": "1", "policy": number}, number, [number]):
            for path in ("/api/screen", "/api/scans", "/api/typed", "/api/blank"):
                self.ask("POST", path, body)
        self.ask("POST", "/api/reader", {"port": number})
        self.ask("POST", "/api/scans", {"image": number})

    def ask_to_bill(self, text: str) -> bytes:
        """The one answer that may hold the number: its asker said so."""
        told = self.ask("POST", "/api/scans", {"text": text, "with_nir": True})
        self.said.remove(told)
        return told


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[TestKiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


def _played(kiosk: TestKiosk) -> TillDay:
    """Every person by another way in, their contract after, and every number in every wrong box."""
    day, world, desk = (
        TillDay(kiosk.server.server_port, TOKEN),
        kiosk.world,
        kiosk.kiosk.desk,
    )
    for place, number in enumerate(numbers()):
        kiosk.wait(10)
        text = _card(world, number, kiosk.now)
        way = place % 5
        if way == 0:
            day.ask("POST", "/api/typed", {"text": text})
        elif way == 1:
            desk.take(f"{text}\r", Source.SERIAL, kiosk.now)
        elif way == 2:
            desk.take(text, Source.CAMERA, kiosk.now)
        elif way == 3:
            picture = base64.b64encode(drawing.png(text)).decode()
            day.ask("POST", "/api/scans", {"image": picture})
        else:
            assert forms_in(day.ask_to_bill(text), [number]), "the number is on the card that was read"
        day.ask("POST", "/api/typed", {"text": _contract(world, kiosk.now)})
        day.ask("GET", "/api/happenings?after=0&lang=en")
        day.wrong_boxes(number)
    day.ask("GET", "/api/state")
    return day


def _held_by(root: object) -> bytes:
    """Every text and number that can be reached from an object: what a look into the process would find."""
    seen, waiting, told = {id(root)}, [root], []
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            told.append(one.encode("utf-8", "replace"))
        elif isinstance(one, (bytes, bytearray)):
            told.append(bytes(one))
        for inner in gc.get_referents(one):
            if id(inner) not in seen and not isinstance(inner, _CODE):
                seen.add(id(inner))
                waiting.append(inner)
    return joined(told)


def test_a_day_at_the_till_leaves_no_number(
    kiosk: TestKiosk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """While it serves: no answer of a door, no line of a log, no byte of a file."""
    with caplog.at_level(logging.DEBUG):
        day = _played(kiosk)

    searched = {
        "answers": joined(day.said),
        "log": caplog.text.encode(),
        "console": "".join(capfd.readouterr()).encode(),
        **{path.name: path.read_bytes() for path in kiosk.store.rglob("*") if path.is_file()},
    }
    assert len(day.said) > 40 * len(numbers())
    assert b"ORSINI-TEST" in searched["answers"], "the person is on the screen, to be compared with the face"
    assert {place: forms for place, told in searched.items() if (forms := forms_in(told, numbers()))} == {}
    assert [place for place, told in searched.items() if place != "answers" and NAMES[1] in told] == []


def test_the_night_leaves_nothing_of_the_day(kiosk: TestKiosk) -> None:
    """The list, what happened, the patient at the counter: not told any more, and not held any more."""
    _played(kiosk)
    before = _held_by(kiosk.kiosk.desk)
    kiosk.now = NOON.replace(hour=23, minute=0, second=1)  # midnight in Paris
    kiosk.kiosk.desk.tick(kiosk.now)

    told = kiosk.ask("GET", "/api/state").body + kiosk.ask("GET", "/api/happenings?after=0").body
    after = _held_by(kiosk.kiosk.desk)

    assert forms_in(before, numbers()), "the search sees into the desk"
    assert NAMES[1] in before
    assert json.loads(kiosk.ask("GET", "/api/state").body)["today"] == []
    assert (forms_in(told, numbers()), forms_in(after, numbers())) == ([], [])
    assert [name for name in NAMES if name in told or name in after] == []
    assert b"A. O.-T." not in told + after


def test_a_kiosk_in_its_own_process_leaves_no_number(tmp_path: Path) -> None:
    """The command itself: what it prints, and its folder once it has ended."""
    world, now = World(), datetime.now(UTC).replace(microsecond=0)
    publisher = Publisher(tmp_path / "publication")
    publisher.issuers = [IssuerRecord(Word.APCV, world.apcv_issuer.public_key)]
    publisher.publish(now)
    publisher.new_till(tmp_path / "store")
    command = [sys.executable, "-m", "verifier", "kiosk", "--store", str(tmp_path / "store"), "--port", "0",
               "--refresh-from", str(tmp_path / "publication")]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            day = _opened(tmp_path / "store" / "kiosk.json")
            lights = []
            for number in numbers()[:3]:
                lights.append(
                    json.loads(_body(day.ask_to_bill(_card(world, number, datetime.now(UTC)))))["light"]
                )
                day.wrong_boxes(number)
        finally:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)

    left = {path.name: path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()}
    searched = {"answers": joined(day.said), "printed": out, "errors": err, **left}
    assert "red" not in lights, "the cards were read, and kept by nobody"
    assert err == b""
    assert {place: forms for place, told in searched.items() if (forms := forms_in(told, numbers()))} == {}
    assert [place for place, told in searched.items() if place != "answers" and NAMES[1] in told] == []


def _opened(path: Path) -> TillDay:
    """Wait for the kiosk, and for its first refresh."""
    for _ in range(400):
        if path.exists() and path.read_bytes():
            told: dict[str, Any] = json.loads(path.read_bytes())
            day = TillDay(int(told["url"].rstrip("/").rsplit(":", 1)[1]), told["token"])
            if b'"light": "green"' in day.ask("GET", "/api/state"):
                return day
        time.sleep(0.05)
    pytest.fail("the kiosk did not start")


def _body(told: bytes) -> bytes:
    return told[told.index(b"]{") + 1 :]
