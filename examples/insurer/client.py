"""What an integrator writes, with two libraries: a token by `private_key_jwt` and DPoP, then questions.

insurer = Insurer("http://127.0.0.1:8000", "mutuelle-exemple", key)
insurer.ask("158032A99904296", "2026-11-21")
for answer in insurer.stream(["158032A99904296"], "2026-11-21", "novembre-2026-001"): ...
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec

JSON, FHIR = "application/json", "application/fhir+json"
_BY_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Insurer:
    """One client of the service, with its registered key; the same key binds its tokens here."""

    def __init__(self, service: str, client_id: str, key: ec.EllipticCurvePrivateKey) -> None:
        self.service, self.client_id, self.key = service, client_id, key
        self.http = urllib3.PoolManager(timeout=30.0, retries=False)
        told = self.http.request("GET", f"{service}/.well-known/openid-configuration").json()
        self.issuer, self.token_url = told["issuer"], told["token_endpoint"]
        self._token, self._until = "", 0.0

    def ask(self, nir: str, day: str, accept: str = JSON) -> Any:
        """One question about one member."""
        body = {"ground": "membership", "purpose": "contract", "care_date": day, "patient": {"nir": nir}}
        headers = {"Content-Type": JSON, "Accept": accept}
        return self._post("/v1/rights/queries", json.dumps(body).encode(), headers).json()

    def stream(self, nirs: Iterable[str], day: str, batch_id: str, from_line: int = 1) -> Iterator[Any]:
        """A file of questions; when the connection breaks, call again with the line that was not read."""
        body = b"".join(json.dumps({"nir": nir}).encode() + b"\n" for nir in nirs)
        return self.stream_file(body, day, batch_id, from_line)

    def stream_file(self, body: bytes, day: str, batch_id: str, from_line: int = 1) -> Iterator[Any]:
        """The same for a file that is written already, NDJSON."""
        query = urlencode({"purpose": "contract", "care_date": day, "from_line": from_line})
        headers = {"Content-Type": "application/x-ndjson", "Batch-Id": batch_id}
        answer = self._post(f"/v1/rights/batches?{query}", body, headers)
        rest = b""
        for piece in answer.stream(65_536):
            *lines, rest = (rest + piece).split(b"\n")
            yield from map(json.loads, lines)

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        token = self._access_token()
        proof = self._proof(self.issuer + urlsplit(path).path, token)
        sent = {**headers, "Authorization": f"DPoP {token}", "DPoP": proof}
        url = self.service + path
        return _good(self.http.request("POST", url, body=body, headers=sent, preload_content=False))

    def _access_token(self) -> str:
        if time.time() < self._until:
            return self._token
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "iat": now}
        claims |= {"exp": now + 60, "jti": secrets.token_urlsafe(16)}
        asked = {
            "grant_type": "client_credentials",
            "scope": "rights",
            "client_assertion_type": _BY_JWT,
            "client_assertion": jwt.encode(claims, self.key, "ES256"),
        }
        url = self.service + urlsplit(self.token_url).path
        sent = {"Content-Type": "application/x-www-form-urlencoded", "DPoP": self._proof(self.token_url)}
        told = _good(self.http.request("POST", url, body=urlencode(asked), headers=sent)).json()
        self._token, self._until = told["access_token"], now + told["expires_in"] - 10
        return self._token

    def _proof(self, url: str, token: str = "") -> str:
        claims = {"jti": secrets.token_urlsafe(16), "htm": "POST", "htu": url, "iat": int(time.time())}
        if token:
            claims["ath"] = _b64(hashlib.sha256(token.encode()).digest())
        return jwt.encode(claims, self.key, "ES256", {"typ": "dpop+jwt", "jwk": public_jwk(self.key)})


class Refused(Exception):
    """The service said no; the text is its problem document, or its OAuth error."""


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half of a P-256 key, as it is registered."""
    point = key.public_key().public_numbers()
    x, y = (_b64(number.to_bytes(32, "big")) for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _good(answer: urllib3.BaseHTTPResponse) -> urllib3.BaseHTTPResponse:
    if answer.status != 200:
        raise Refused(f"{answer.status} {answer.data.decode()}")
    return answer


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
