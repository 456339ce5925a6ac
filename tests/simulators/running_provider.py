"""A provider that really runs, the phones of the fictitious people, and a browser: what a client meets.

The server is the one `make run` leaves up, in a process of its own; the browser keeps cookies and follows
links by hand, so that a test sees each step; the phone reads the page as its owner does, the QR with a
camera and the two digits with the eyes.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import pytest
import requests
import zxingcpp
from PIL import Image

from examples.demo.people import Cast, Persona, read_cast
from examples.demo.town_hall import TownHall, free_port
from mobile_mock.answers import ActivationCode
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.backend_client import BackendAddress, BackendClient
from mobile_mock.holder import Holder
from mobile_mock.pocket import Pocket
from mobile_mock.signin import SigninRequest

_DIGITS = re.compile(r'id="digits">([0-9]{2})<')
_MODULE = re.compile(r"M(\d+) (\d+)h1v1h-1z")
_SIZE = re.compile(r'viewBox="0 0 (\d+) ')
_PIXELS = 4
_DEADLINE_S = 10.0
PEOPLE = ("laure", "karim", "ange")
"""A pharmacist, a doctor who works at two places, a patient."""


def now() -> datetime:
    """The real clock: the server's too."""
    return datetime.now(UTC)


class Browser:
    """A browser with its cookies; redirects are followed one at a time, never by themselves."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, url: str) -> requests.Response:
        """Open an address."""
        return self._session.get(url, allow_redirects=False, timeout=_DEADLINE_S)

    def post(self, url: str, form: dict[str, str], origin: str = "") -> requests.Response:
        """Send a form, of a page of `origin`."""
        headers = {"Origin": origin} if origin else {}
        return self._session.post(url, data=form, headers=headers, allow_redirects=False, timeout=_DEADLINE_S)

    def follow(self, answer: requests.Response, until: str = "") -> requests.Response:
        """Follow redirects until a page, or an address that begins with `until`, which is not opened."""
        for _ in range(10):
            if not answer.is_redirect:
                return answer
            url = next_of(answer)
            if until and url.startswith(until):
                return answer
            answer = self.get(url)
        pytest.fail("too many redirects")

    def close(self) -> None:
        """Forget everything."""
        self._session.close()


def next_of(answer: requests.Response) -> str:
    """Where an answer sends the browser."""
    return urljoin(answer.url, answer.headers["Location"])


@dataclass(frozen=True)
class Phone:
    """The phone of one of the people, on their real pocket."""

    persona: Persona
    pocket: Path
    backend: str
    makers: AttestationCa

    def enrol(self, code: ActivationCode) -> None:
        """Walk A: the phone is registered, and receives its cards."""
        with self._holder() as holder:
            holder.enrol(self.persona.kind, code, self.persona.phone_label[:60], now())
            holder.fetch_card(self.persona.kind, now())

    def scan(self, page: str) -> SigninRequest:
        """The camera reads the QR of the page."""
        with self._holder() as holder:
            return holder.signins.scan(_read_qr(page), self.persona.kind, now())

    def approve_page(self, page: str, exercice: int = 0) -> SigninRequest:
        """Scan, type the digits the page shows, choose an exercice, one gesture."""
        request = self.scan(page)
        shown = _DIGITS.search(page)
        assert shown is not None, page
        self.approve(request, shown.group(1), exercice)
        return request

    def approve(self, request: SigninRequest, digits: str, exercice: int = 0) -> None:
        """One gesture over a request."""
        chosen = request.exercices[exercice].exercice_id if request.exercices else ""
        with self._holder() as holder:
            holder.signins.approve(request, digits, self.persona.kind, now(), exercice=chosen)

    def waiting(self) -> SigninRequest:
        """The request somebody made without a browser, once it is there."""
        deadline = time.monotonic() + _DEADLINE_S
        while time.monotonic() < deadline:
            with self._holder() as holder:
                asked = holder.signins.requests(self.persona.kind, now())
            if asked:
                return asked[0]
            time.sleep(0.1)
        pytest.fail("no request reached the phone")

    def refuse(self, request: SigninRequest) -> None:
        """No."""
        with self._holder() as holder:
            holder.signins.refuse(request.attempt_id, self.persona.kind, now())

    def sessions(self) -> list[str]:
        """At whom the owner is signed in."""
        with self._holder() as holder:
            return [one.client_name for one in holder.signins.sessions(self.persona.kind, now())]

    def close_sessions(self) -> None:
        """Sign out everywhere, from the phone."""
        with self._holder() as holder:
            holder.signins.close_session(self.persona.kind, now())

    @contextmanager
    def _holder(self) -> Iterator[Holder]:
        backend = BackendClient(BackendAddress.parse(self.backend), pause=time.sleep)
        with Pocket.create(self.pocket, self.persona.phone) as pocket:
            yield Holder(pocket, backend, random=secrets.token_bytes, ca=self.makers)
        backend.close()


@dataclass
class RunningProvider:
    """The provider in its process; `issuer` is its address, which every resolver knows."""

    hall: TownHall
    phones: dict[str, Phone]
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def issuer(self) -> str:
        """The issuer's address."""
        return self.hall.public_url

    def client(self, client_id: str, **document: object) -> str:
        """Register a client through the command line; its secret."""
        told: dict[str, object] = {
            "client_id": client_id,
            "name": "Portail de démonstration",
            "place": "Lyon",
            "scopes": ["openid", "scope_all"],
            "purposes": ["soins"],
            "legal_basis": "Mission d'intérêt public (RGPD 6.1.e)",
        }
        return self.hall.register_client({**told, **document})

    def pass_by_phone(self, browser: Browser, url: str, phone: Phone, until: str, exercice: int = 0) -> str:
        """Open the authorization address, approve what it shows on the phone; where the browser is sent."""
        page = browser.follow(browser.get(url))
        assert page.status_code == 200, page.text
        phone.approve_page(page.text, exercice)
        landed = browser.follow(browser.get(page.url), until)
        assert landed.is_redirect, landed.text
        return next_of(landed)


def start_provider(folder: Path) -> RunningProvider:
    """Found a town hall, register three phones, serve. The caller stops `hall`."""
    cast = read_cast()
    hall = TownHall(
        folder,
        port=free_port(),
        reference_day=cast.reference_day,
        today=now().astimezone(ZoneInfo("Europe/Paris")).date(),
        host="localhost",
    )
    makers = hall.found(cast.directories)
    codes = hall.open_codes(_cast(cast).values())
    hall.start()
    running = RunningProvider(hall, {})
    try:
        for persona_id, persona in _cast(cast).items():
            phone = Phone(persona, folder / f"pocket-{persona_id}", hall.public_url, makers)
            phone.enrol(codes[persona_id])
            running.phones[persona_id] = phone
    except BaseException:
        hall.stop()
        raise
    return running


def _cast(cast: Cast) -> dict[str, Persona]:
    return {one.persona_id: one for one in cast.people if one.persona_id in PEOPLE}


def _read_qr(page: str) -> str:
    size = _SIZE.search(page)
    assert size is not None, page
    side = int(size.group(1)) * _PIXELS
    picture = Image.new("L", (side, side), 255)
    for column, row in _MODULE.findall(page):
        x, y = int(column) * _PIXELS, int(row) * _PIXELS
        picture.paste(0, (x, y, x + _PIXELS, y + _PIXELS))
    found = zxingcpp.read_barcode(picture)
    assert found is not None, "the page shows no readable code"
    return str(found.text)
