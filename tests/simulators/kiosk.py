"""A kiosk for tests: a store on disk that trusts a world, a clock in the test's hands, a server on loopback.

with a_kiosk(tmp_path) as kiosk:
    kiosk.ask("POST", "/api/typed", {"text": kiosk.world.show_apcv()})
    kiosk.server.address                                  # for a browser
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.simulators.cards import NOON, World
from tests.simulators.publisher import IssuerRecord, Publisher, Word
from tests.simulators.two_way import counted
from verifier.kiosk.build import KioskOrder, build_kiosk
from verifier.kiosk.doors import Kiosk
from verifier.kiosk.server import KioskServer
from verifier.refresh import refresh

TOKEN = "a-token-only-the-tests-know"


@dataclass
class Answered:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its body, read."""
        return json.loads(self.body)


@dataclass
class TestKiosk:
    """A running kiosk."""

    __test__ = False

    server: KioskServer
    kiosk: Kiosk
    world: World
    publisher: Publisher
    store: Path
    now: datetime = field(default=NOON)

    def ask(
        self,
        method: str,
        path: str,
        said: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        token: str | None = TOKEN,
    ) -> Answered:
        """One request, as a program on the same machine makes it."""
        sent = dict(headers or {})
        if token is not None:
            sent["X-Till-Token"] = token
        data = body if body is not None else (None if said is None else json.dumps(said).encode())
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        try:
            connection.request(method, path, data, sent)
            got = connection.getresponse()
            return Answered(got.status, dict(got.getheaders()), got.read())
        finally:
            connection.close()

    def type(self, text: str) -> Any:
        """What a reader in keyboard mode typed, and what the page is told of it."""
        before = self.ask("GET", "/api/happenings").json["last"]
        assert self.ask("POST", "/api/typed", {"text": text}).status == 200
        return self.ask("GET", f"/api/happenings?after={before}").json["happenings"]

    def state(self) -> Any:
        """What the page knows of the workstation."""
        return self.ask("GET", "/api/state").json

    def wait(self, seconds: float) -> None:
        """Let the kiosk's clock go on."""
        self.now += timedelta(seconds=seconds)


@contextmanager
def a_kiosk(folder: Path, *, refreshed: bool = True, **order: Any) -> Iterator[TestKiosk]:
    """A kiosk over a store that trusts `World()`, refreshed an hour before NOON; NOON is now."""
    world, publisher = World(), Publisher(folder / "publication")
    publisher.issuers = [
        IssuerRecord(Word.APCV, world.apcv_issuer.public_key),
        IssuerRecord(Word.ECPS, world.ecps_issuer.public_key),
        IssuerRecord(Word.AMC, world.amc_issuer.public_key),
    ]
    early = NOON - timedelta(hours=1)
    publisher.publish(early)
    store = publisher.new_till(folder / "store")
    if refreshed:
        refresh(store, str(folder / "publication"), early)
    running: list[TestKiosk] = []

    def clock() -> datetime:
        return running[0].now if running else NOON

    parts = build_kiosk(KioskOrder(folder / "store", **order), clock, counted("kiosk"))
    server = KioskServer(0, TOKEN, parts)
    running.append(TestKiosk(server, parts, world, publisher, folder / "store"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    parts.reader.start()
    try:
        yield running[0]
    finally:
        parts.reader.stop()
        server.shutdown()
        server.server_close()
        thread.join()
