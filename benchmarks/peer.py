"""The peer: npm `oidc-provider`, giving a signed token to a client that proves itself by `private_key_jwt`.

Like an issuance it checks one ES256 signature before it answers and makes one; unlike it, nothing it does is
durable, and it reads no one's rights. Installed by `npm ci` from the lock file into an ignored folder.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.durable_hall import wait_until_up
from benchmarks.load import http_request
from cartes.wire import base64url
from examples.demo.town_hall import free_port

_Peer = TypeVar("_Peer")

WORKERS = 2
_FOLDER = Path(__file__).with_name("peer")
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class PeerMissing(RuntimeError):
    """The peer cannot run here; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class TokenPeer:
    """A token endpoint that is up, and the keys of its clients."""

    port: int
    pids: Mapping[str, int]
    keys: tuple[ec.EllipticCurvePrivateKey, ...]

    def requests(self, each: int) -> list[list[bytes]]:
        """`each` whole HTTP requests a client, every assertion with a `jti` of its own (RFC 7523)."""
        return [[self._request(number) for _ in range(each)] for number in range(len(self.keys))]

    def _request(self, number: int) -> bytes:
        host = f"127.0.0.1:{self.port}"
        form = assertion_form(_name(number), self.keys[number], f"http://{host}", int(time.time()))
        return form_request("/token", host, form)


def assertion_form(client: str, key: ec.EllipticCurvePrivateKey, issuer: str, now: int) -> Mapping[str, str]:
    """What a client sends to the token endpoint for itself: a fresh assertion, with a `jti` of its own."""
    claims = {
        "iss": client,
        "sub": client,
        "aud": issuer,
        "jti": secrets.token_hex(16),
        "iat": now,
        "exp": now + 600,
    }
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": _JWT_BEARER,
        "client_assertion": jwt.encode(claims, key, "ES256"),
    }


def form_request(path: str, host: str, form: Mapping[str, str], authorization: str = "") -> bytes:
    """One POST of a form, as bytes."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    return http_request(path, host, headers, urlencode(form).encode())


@contextmanager
def token_peer(clients: int) -> Iterator[TokenPeer]:
    """Install the peer if need be, start it, stop it. Raises `PeerMissing`."""
    keys = tuple(ec.generate_private_key(ec.SECP256R1()) for _ in range(clients))
    port = free_port()
    told = {
        "port": port,
        "workers": WORKERS,
        "clients": [{"client_id": _name(n), "jwk": jwk_of(key)} for n, key in enumerate(keys)],
        "key": jwk_of(ec.generate_private_key(ec.SECP256R1()), private=True),
    }
    with peer_process("server.mjs", told) as pid:
        yield TokenPeer(port, {"node": pid}, keys)


@contextmanager
def peer_process(script: str, told: Mapping[str, Any]) -> Iterator[int]:
    """Run a script of the peer's folder on `told` until it answers on its port; its process id.

    Raises `PeerMissing`.
    """
    process = subprocess.Popen(
        [_installed(), script],
        cwd=_FOLDER,
        env=os.environ | {"PEER_CONFIG": json.dumps(told), "NODE_ENV": "production"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        try:
            wait_until_up(f"http://127.0.0.1:{told['port']}/.well-known/openid-configuration", process)
        except RuntimeError as error:
            raise PeerMissing(f"oidc-provider did not start: {error}") from error
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=15)


@contextmanager
def peer_or_reason(opened: AbstractContextManager[_Peer]) -> Iterator[tuple[_Peer | None, str]]:
    """The peer while the block lasts; or none, and why: the backend is measured all the same."""
    peer, reason = None, ""
    with ExitStack() as stack:
        try:
            peer = stack.enter_context(opened)
        except PeerMissing as missing:
            reason = str(missing)
        yield peer, reason


def _installed() -> str:
    """The path of node, once the peer's packages are there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise PeerMissing("node and npm are not on this machine (Debian: apt install nodejs npm)")
    if not (_FOLDER / "node_modules" / "oidc-provider").is_dir():
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=_FOLDER,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise PeerMissing(f"npm ci failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return node


def _name(number: int) -> str:
    return f"client-{number}"


def jwk_of(key: ec.EllipticCurvePrivateKey, *, private: bool = False) -> dict[str, Any]:
    """A P-256 key as a JWK (RFC 7518 section 6.2)."""
    numbers = key.private_numbers()
    public = numbers.public_numbers
    jwk = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig"}
    jwk |= {"x": _coordinate(public.x), "y": _coordinate(public.y)}
    return jwk | ({"d": _coordinate(numbers.private_value)} if private else {})


def _coordinate(number: int) -> str:
    return base64url.encode(number.to_bytes(32, "big"))
