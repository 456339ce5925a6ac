"""The phone's way to the backend: HTTP with deadlines, problem documents turned into types.

It knows the backend by one address. `*.localhost` names resolve in browsers and seldom elsewhere: for them
the connection goes to 127.0.0.1 and the Host header says the name (RFC 6761, 6.3). It never follows a
redirect, and reads at most a megabyte.

What may be asked twice is asked again when the answer is lost, and only that: readings, and the issuance of
a card, whose `Idempotency-Key` makes the second time give what the first gave.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3

from cartes.errors import BadJson
from cartes.wire import strict_json
from mobile_mock.errors import BackendNonsense, BackendRefused, BackendUnreachable

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 10.0
ATTEMPTS = 3
PAUSE_S = 0.5
_LARGEST_ANSWER = 1024 * 1024
_OK = range(200, 300)
_REFUSALS = range(400, 600)
_BUSY = 503
_BEING_ANSWERED = "idempotency_conflict"
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class BackendAddress:
    """Where the backend is: the public URL, and what to connect to."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def parse(cls, url: str) -> BackendAddress:
        """Read `http[s]://host[:port]`, a final slash allowed.

        Raises:
            ValueError: anything else, a path or credentials for instance.
        """
        parts = urlsplit(url)
        plain = not (parts.username or parts.query or parts.fragment) and parts.path in {"", "/"}
        if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
            raise ValueError("an address is http://host[:port] or https://host[:port]")
        return cls(parts.scheme, parts.hostname, parts.port)

    @property
    def public_url(self) -> str:
        """The URL without a final slash, as proofs name it."""
        return self.origin_of(self.host)

    def origin_of(self, host: str) -> str:
        """The web origin of another name of the same server: the page of one RP id."""
        name = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{name}" + (f":{self.port}" if self.port is not None else "")

    @property
    def connect_host(self) -> str:
        """What is really connected to."""
        loopback = self.host == "localhost" or self.host.endswith(".localhost")
        return "127.0.0.1" if loopback else self.host


class BackendClient:
    """One phone's connection. Not shared between threads.

    Args:
        address: where the backend is.
        language: `fr` or `en`, the language of refusals.
        pause: sleeps between two attempts; a test gives its own.
        ca_file: the authority of an HTTPS backend, when it is not one of the system's.
    """

    def __init__(
        self,
        address: BackendAddress,
        *,
        language: str = "fr",
        pause: Callable[[float], None],
        ca_file: str | None = None,
    ) -> None:
        self.address = address
        self._pause = pause
        self._headers = {
            "Host": address.public_url.split("://", 1)[1],
            "Accept": "application/json, application/problem+json",
            "Accept-Language": language,
            "User-Agent": "mobile-mock",
        }
        timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
        self._pool: urllib3.HTTPConnectionPool
        if address.scheme == "https":
            self._pool = urllib3.HTTPSConnectionPool(
                address.connect_host,
                address.port,
                timeout=timeout,
                ssl_context=ssl.create_default_context(cafile=ca_file),
                server_hostname=address.host,
                assert_hostname=address.host,
            )
        else:
            self._pool = urllib3.HTTPConnectionPool(address.connect_host, address.port, timeout=timeout)

    def close(self) -> None:
        """Close what is open."""
        self._pool.close()

    def url(self, path: str) -> str:
        """The public URL of a path, as a DPoP proof names it."""
        return self.address.public_url + path

    # --- one method a door of the API

    def begin_enrolment(
        self, kind: str, proof: Mapping[str, object], device_name: str, jwk: Mapping[str, str]
    ) -> dict[str, Any]:
        """Show an identity proof, get WebAuthn creation options."""
        body = {"card": kind, "proof": dict(proof), "device_name": device_name, "app_key": dict(jwk)}
        return self._object(self._call("POST", "/v1/enrolments", body))

    @staticmethod
    def finish_path(ceremony_id: str) -> str:
        """The path of an enrolment begun."""
        return f"/v1/enrolments/{quote(ceremony_id, safe='')}"

    def finish_enrolment(self, ceremony_id: str, credential: object, dpop: str) -> dict[str, Any]:
        """Send the key the authenticator made."""
        path = self.finish_path(ceremony_id)
        return self._object(self._call("POST", path, {"credential": credential}, {"DPoP": dpop}))

    def read_list(self, path: str, prove: Callable[[], str]) -> list[dict[str, Any]]:
        """A list read as the holder of the app key; `prove` makes a fresh DPoP proof for each attempt."""
        items = self._retried(lambda: self._call("GET", path, headers={"DPoP": prove()}))
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BackendNonsense(what=path)
        return items

    def read_object(self, path: str, prove: Callable[[], str]) -> dict[str, Any]:
        """An object read as the holder of the app key; see `read_list`."""
        return self._object(self._retried(lambda: self._call("GET", path, headers={"DPoP": prove()})))

    @staticmethod
    def device_path(device_id: str) -> str:
        """The path of one device."""
        return f"/v1/devices/{quote(device_id, safe='')}"

    def rename_device(self, device_id: str, name: str, dpop: str) -> None:
        """Give a device another name."""
        self._call("PATCH", self.device_path(device_id), {"name": name}, {"DPoP": dpop})

    def withdraw_device(self, device_id: str, dpop: str) -> None:
        """Withdraw a device: its cards die."""
        self._call("DELETE", self.device_path(device_id), headers={"DPoP": dpop})

    def report_loss(self, reference: str, loss_code: str) -> None:
        """Withdraw a phone that is not there any more."""
        self._call("POST", "/v1/loss-reports", {"reference": reference, "loss_code": loss_code})

    def send(self, path: str, body: object, dpop: str) -> dict[str, Any]:
        """One request as the holder of the app key, never asked twice; no content gives an empty object."""
        answer = self._call("POST", path, body, {"DPoP": dpop})
        return {} if answer is None else self._object(answer)

    def delete(self, path: str, dpop: str) -> None:
        """End something, as the holder of the app key."""
        self._call("DELETE", path, headers={"DPoP": dpop})

    def issuer(self) -> dict[str, Any]:
        """The issuer's metadata."""
        return self._object(self._retried(lambda: self._call("GET", "/v1/issuer")))

    def nonce(self) -> str:
        """A fresh nonce for one issuance."""
        answer = self._object(self._retried(lambda: self._call("POST", "/v1/nonce")))
        nonce = answer.get("c_nonce")
        if not isinstance(nonce, str):
            raise BackendNonsense(what="c_nonce")
        return nonce

    def credential(
        self, body: object, idempotency_key: str, prove: Callable[[], str] | None = None
    ) -> dict[str, Any]:
        """Ask for a batch of cards; with the same key and body, asked again when the answer is lost.

        `prove` makes a fresh DPoP proof for each attempt, when the request is proven that way.
        """

        def ask() -> Any:
            headers = {"Idempotency-Key": idempotency_key} | ({"DPoP": prove()} if prove else {})
            return self._call("POST", "/v1/credential", body, headers)

        return self._object(self._retried(ask))

    # --- the wire

    def _retried(self, ask: Callable[[], Any]) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return ask()
            except BackendUnreachable:
                if attempt == ATTEMPTS:
                    raise
            except BackendRefused as refused:
                passing = refused.status == _BUSY or refused.refusal == _BEING_ANSWERED
                if not passing or attempt == ATTEMPTS:
                    raise
            self._pause(PAUSE_S * attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        sent = {**self._headers, **(headers or {})}
        data = None
        if body is not None:
            data = strict_json.canonical(body)
            sent["Content-Type"] = "application/json"
        try:
            answer = self._pool.urlopen(
                method, path, body=data, headers=sent, retries=False, redirect=False, preload_content=False
            )
            try:
                content = answer.read(_LARGEST_ANSWER + 1, decode_content=True)
            finally:
                answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise BackendUnreachable(url=self.address.public_url) from error
        if len(content) > _LARGEST_ANSWER:
            raise BackendNonsense(what="size")
        if answer.status in _REFUSALS:
            raise _refusal(answer.status, content, answer.headers.get("Retry-After"))
        if answer.status not in _OK:
            raise BackendNonsense(what="status", status=answer.status)
        if answer.status == _NO_CONTENT:
            return None
        try:
            return strict_json.loads(content, max_size=_LARGEST_ANSWER)
        except BadJson as error:
            raise BackendNonsense(what="json") from error

    @staticmethod
    def _object(answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise BackendNonsense(what="object")
        return answer


def _refusal(status: int, content: bytes, retry_after: str | None) -> BackendRefused:
    """The typed refusal of a problem document (RFC 9457) or of an OAuth error (RFC 6749, 5.2)."""
    try:
        document = strict_json.loads(content)
    except BadJson:
        document = None
    if not isinstance(document, dict):
        document = {}
    code = document.get("code") or document.get("error") or f"http_{status}"
    detail = document.get("detail") or document.get("title") or document.get("error_description") or ""
    wait = int(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
    return BackendRefused(str(code), status, str(detail), wait)
