"""The backend as in production: granian on a durable PostgreSQL and Redis; and its phones, if it has any.

Every request is made before it is timed: a nonce asked of the backend, the phone's gesture over it, the bytes
of the HTTP request.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.durable_hall import durable_hall, serving
from benchmarks.load import http_request
from cartes import presentation
from cartes.cards import CardKind
from cartes.wire import base64url, strict_json
from examples.demo.people import Persona
from examples.demo.play import Stage
from mobile_mock.answers import ActivationCode
from mobile_mock.authenticator import Authenticator
from mobile_mock.backend_client import BackendAddress, BackendClient
from mobile_mock.issuer_facts import policy_of
from mobile_mock.pocket import Pocket

WORKERS = 2
PATH = "/v1/credential"


@dataclass(frozen=True, slots=True)
class AskingPhone:
    """One enrolled phone, whose key signs without asking its owner's finger."""

    backend: BackendClient
    pocket: Pocket
    authenticator: Authenticator

    def body(self) -> bytes:
        """A credential request with a fresh nonce, proven by a gesture; JSON."""
        request = {"credential_configuration_id": CardKind.APCV.value, "nonce": self.backend.nonce()}
        challenge = presentation.issuance_challenge(
            base64url.decode(request["nonce"]), strict_json.canonical(request)
        )
        rp_id = policy_of(self.pocket.issuer, CardKind.APCV).rp_id
        assertion = self.authenticator.get(
            {"challenge": base64url.encode(challenge), "rpId": rp_id, "userVerification": "required"},
            self.pocket.phone.client(self.backend.address.origin_of(rp_id)),
        )
        return strict_json.canonical({**request, "proofs": {"webauthn": [assertion]}})


@dataclass(frozen=True, slots=True)
class DurableBackend:
    """A backend that is up, its phones, and the processes that do its work."""

    port: int
    host: str
    pids: Mapping[str, int]
    environ: Mapping[str, str]
    phones: tuple[AskingPhone, ...]

    def requests(self, each: int) -> list[list[bytes]]:
        """`each` whole HTTP requests a phone, in the order its counter wants."""
        return [[self._request(phone) for _ in range(each)] for phone in self.phones]

    def in_turn(self, count: int) -> list[bytes]:
        """`count` whole HTTP requests, one phone after the other."""
        return [self._request(self.phones[number % len(self.phones)]) for number in range(count)]

    def _request(self, phone: AskingPhone) -> bytes:
        return http_request(PATH, self.host, self.headers(), phone.body())

    @staticmethod
    def headers() -> dict[str, str]:
        """What a phone sends with a credential request; a new `Idempotency-Key` each time."""
        key = base64url.encode(secrets.token_bytes(24))
        return {"Content-Type": "application/json", "Accept": "application/json", "Idempotency-Key": key}


@contextmanager
def durable_backend(folder: Path, phones: int, *, workers: int = WORKERS) -> Iterator[DurableBackend]:
    """Start everything in `folder`, enrol `phones` phones, stop everything.

    Raises `ServerMissing` when PostgreSQL or Redis is not on this machine, `DemoFailed` when a step fails.
    """
    with durable_hall(folder) as durable:
        hall, people = durable.hall, durable.cast.people
        makers = hall.found(durable.cast.directories)
        codes = hall.open_codes(people) if phones else {}
        serve = ("apcv_backend", "serve", "--port", str(hall.port), "--workers", str(workers))
        with serving(hall, folder, *serve) as server:
            stage = Stage(folder / "pockets", folder, hall.public_url, makers)
            holders = _enrolled(stage, people, codes, phones)
            with _asking(folder / "pockets", holders, hall.public_url) as asking:
                yield DurableBackend(
                    hall.port,
                    hall.public_url.split("://")[1],
                    {"granian": server.pid, **durable.pids},
                    hall.environ,
                    asking,
                )


def _enrolled(
    stage: Stage, people: tuple[Persona, ...], codes: Mapping[str, ActivationCode], count: int
) -> tuple[Persona, ...]:
    """The first `count` insured people who may hold a card, each with a phone that has one."""
    holders: list[Persona] = []
    for persona in people:
        if persona.kind is CardKind.APCV and len(holders) < count:
            refusal = stage.enrol_and_fetch(persona, codes[persona.persona_id])
            holders += [persona] if refusal is None else []
    if len(holders) < count:
        raise RuntimeError(f"{len(holders)} people may hold a card, {count} wanted")
    return tuple(holders)


@contextmanager
def _asking(pockets: Path, people: tuple[Persona, ...], url: str) -> Iterator[tuple[AskingPhone, ...]]:
    backend = BackendClient(BackendAddress.parse(url), pause=time.sleep)
    asking = []
    for persona in people:
        with Pocket.open(pockets / persona.slug) as pocket:
            model = pocket.phone.model
            asking.append(
                AskingPhone(backend, pocket, Authenticator(model, secrets.token_bytes, keys=pocket.keys))
            )
    yield tuple(asking)
    backend.close()
