"""The two OpenID providers of the sign-in benchmark, asked the same things in the same words.

Ours is granian with one worker on a durable PostgreSQL and Redis; the peer is one process of npm
`oidc-provider`, all in memory. Each has the same clients: some that prove themselves by `private_key_jwt`,
and one with a secret that asks about tokens and polls. Requests are made before they are timed, to the last
byte; no assertion, token or `auth_req_id` is sent twice.
"""

from __future__ import annotations

import base64
import secrets
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.durable_backend import durable_backend
from benchmarks.peer import assertion_form, form_request, jwk_of, peer_process
from cartes.wire import strict_json
from examples.demo.town_hall import free_port

CIBA_GRANT = "urn:openid:params:grant-type:ciba"
_CALLER = "caller"
_SCOPE = "cartes.lire"
_BASE = "/protocol/openid-connect"


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider that is up. `ask` opens so many CIBA requests nobody answers, and gives their names."""

    port: int
    host: str
    token_path: str
    introspection_path: str
    pids: Mapping[str, int]
    keys: tuple[ec.EllipticCurvePrivateKey, ...] = field(repr=False)
    secret: str = field(repr=False)
    ask: Callable[[int], list[str]]

    def tokens(self, each: int) -> list[list[bytes]]:
        """`each` requests a connection: a client alone, by `private_key_jwt`, wants a JWT signed ES256."""
        return [[self._token(number) for _ in range(each)] for number in range(len(self.keys))]

    def introspections(self, each: int) -> list[list[bytes]]:
        """`each` requests a connection: is this token active? Each token was given a moment before."""
        return [
            [self._called(self.introspection_path, {"token": self._minted()}) for _ in range(each)]
            for _ in self.keys
        ]

    def polls(self, each: int) -> list[list[bytes]]:
        """`each` requests a connection: the first poll of a CIBA request that nobody has answered yet."""
        names = iter(self.ask(each * len(self.keys)))
        return [
            [
                self._called(self.token_path, {"grant_type": CIBA_GRANT, "auth_req_id": next(names)})
                for _ in range(each)
            ]
            for _ in self.keys
        ]

    def _token(self, number: int) -> bytes:
        form = assertion_form(_name(number), self.keys[number], f"http://{self.host}", int(time.time()))
        return form_request(self.token_path, self.host, form)

    def _called(self, path: str, form: Mapping[str, str]) -> bytes:
        return form_request(path, self.host, form, _basic(self.secret))

    def _minted(self) -> str:
        form = {"grant_type": "client_credentials"}
        told = posted(self.port, self.host, self.token_path, form, self.secret)
        return str(told["access_token"])


def posted(port: int, host: str, path: str, form: Mapping[str, str], secret: str) -> dict[str, Any]:
    """The JSON answer to a form that the client with a secret sends. Raises unless it is a 200."""
    answer = urllib3.request(
        "POST",
        f"http://127.0.0.1:{port}{path}",
        body=urlencode(form).encode(),
        headers={
            "Host": host,
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": _basic(secret),
        },
        timeout=10.0,
        retries=False,
    )
    told = strict_json.loads(answer.data)
    if answer.status != 200 or not isinstance(told, dict):
        raise RuntimeError(f"{path}: {answer.status} {answer.data[:200]!r}")
    return told


@contextmanager
def our_provider(folder: Path, clients: int) -> Iterator[tuple[Provider, Mapping[str, str]]]:
    """Ours on one worker, and its settings. Its state is under `folder`."""
    from apcv_backend.bootstrap import build
    from apcv_backend.config import Config

    keys = tuple(ec.generate_private_key(ec.SECP256R1()) for _ in range(clients))
    with durable_backend(folder, 0, workers=1) as backend, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # development keys, said at each opening
        services = build(Config.from_env(backend.environ))
        try:
            desk, now = services.signin.clients, datetime.now(UTC)
            for number, key in enumerate(keys):
                desk.register(_asking(_name(number), key), "benchmark", now)
            secret = desk.register(_calling(), "benchmark", now).secret

            def ask(count: int) -> list[str]:
                form = {
                    "scope": "openid scope_all",
                    "acr_values": "eidas1",
                    "login_hint": "899700000019",  # nobody's: the answer is the same, and no phone is asked
                    "binding_message": "42",
                }
                # At the desk and not at its door, which lets an address open so many a minute.
                begin, at = services.signin_approval.ciba.begin, datetime.now(UTC)
                return [str(begin(form, _basic(secret), at)["auth_req_id"]) for _ in range(count)]

            yield (
                Provider(
                    port=backend.port,
                    host=backend.host,
                    token_path=f"{_BASE}/token",
                    introspection_path=f"{_BASE}/token/introspect",
                    pids=backend.pids,
                    keys=keys,
                    secret=secret,
                    ask=ask,
                ),
                backend.environ,
            )
        finally:
            services.close()


@contextmanager
def peer_provider(clients: int) -> Iterator[Provider]:
    """The peer, one process. Raises `PeerMissing`."""
    keys = tuple(ec.generate_private_key(ec.SECP256R1()) for _ in range(clients))
    port, secret = free_port(), secrets.token_urlsafe(32)
    host = f"127.0.0.1:{port}"
    told = {
        "port": port,
        "clients": [{"client_id": _name(n), "jwk": jwk_of(key)} for n, key in enumerate(keys)],
        "caller": {"client_id": _CALLER, "secret": secret},
        "key": jwk_of(ec.generate_private_key(ec.SECP256R1()), private=True),
    }

    def ask(count: int) -> list[str]:
        form = {"scope": "openid", "login_hint": "somebody"}
        return [str(posted(port, host, "/backchannel", form, secret)["auth_req_id"]) for _ in range(count)]

    with peer_process("signin.mjs", told) as pid:
        yield Provider(
            port=port,
            host=host,
            token_path="/token",  # noqa: S106 - an address
            introspection_path="/token/introspection",
            pids={"node": pid},
            keys=keys,
            secret=secret,
            ask=ask,
        )


def _asking(name: str, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    return {
        **_described(name),
        "scopes": [_SCOPE],
        "grant_types": ["client_credentials"],
        "auth_method": "private_key_jwt",
        "jwks": {"keys": [jwk_of(key)]},
        "kinds": [],
    }


def _calling() -> dict[str, Any]:
    return {
        **_described(_CALLER),
        "scopes": ["openid", "scope_all", _SCOPE],
        "grant_types": ["client_credentials", CIBA_GRANT],
        "introspects": True,
    }


def _described(name: str) -> dict[str, Any]:
    return {
        "client_id": name,
        "name": "Logiciel du banc d'essai",
        "place": "Lyon",
        "purposes": ["soins"],
        "legal_basis": "Mission d'intérêt public (RGPD 6.1.e)",
    }


def _name(number: int) -> str:
    return f"client-{number}"


def _basic(secret: str) -> str:
    return "Basic " + base64.b64encode(f"{_CALLER}:{secret}".encode()).decode("ascii")
