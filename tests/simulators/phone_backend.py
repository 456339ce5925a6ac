"""A backend as a phone sees it, on a loopback port: real WebAuthn checks, real seals, and lost answers.

It keeps everything in memory and decides nothing about people. What a test steers: `lose` (answers that never
leave, after the work was done), `refuse` (a problem document for a path), `spoil` (changes an answer).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import decode_credential_public_key

from cartes import presentation, seal
from cartes.cards import ENROLLED_KINDS, Binding, CardKind, DraftCard, Shape
from cartes.trust import KindPolicy, TrustList, standard_profiles
from cartes.wire import base64url, strict_json
from mobile_mock.client_data import DEVELOPMENT_ORIGIN, DEVELOPMENT_PACKAGE
from tests.simulators import issuing

EXERCICES = ("ex-1", "ex-2")


class Refusal(Exception):
    """Answered as a problem document."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class PhoneBackend:
    """The state, and one method a door."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.port = 0
        self.lose: dict[str, int] = {}
        self.refuse: dict[str, Refusal] = {}
        self.spoil: Callable[[str, Any], Any] = lambda _path, answer: answer
        self.seen: list[tuple[str, str, dict[str, str], Any]] = []
        self.ceremonies: dict[str, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.withdrawn: list[str] = []
        self.answered: dict[str, Any] = {}
        self.nonces: set[str] = set()
        self.jtis: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://apcv.localhost:{self.port}"

    def origin(self, kind: CardKind) -> str:
        return f"http://{issuing.RP_IDS[kind]}:{self.port}"

    def policy(self, kind: CardKind) -> KindPolicy:
        android = (DEVELOPMENT_ORIGIN.rpartition(":")[2], DEVELOPMENT_PACKAGE)
        return issuing.policy(kind, profiles=standard_profiles(self.origin(kind), android))

    def trust(self) -> TrustList:
        return issuing.trust(kinds={kind: self.policy(kind) for kind in ENROLLED_KINDS})

    # --- doors

    def answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> Any:
        if (refusal := self.refuse.get(path)) is not None:
            raise refusal
        if headers["Host"] != f"apcv.localhost:{self.port}":
            raise Refusal(421, "wrong_host")
        door, _, last = path.removeprefix("/v1/").partition("/")
        doors: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "issuer"): self.metadata,
            ("POST", "enrolments"): lambda: self.finish(last, headers, body) if last else self.begin(body),
            ("POST", "nonce"): self.nonce,
            ("POST", "credential"): lambda: self.issue(headers, body),
            ("GET", "devices"): lambda: self.list(self.asking(method, path, headers)),
            ("PATCH", "devices"): lambda: self.rename(last, body, self.asking(method, path, headers)),
            ("DELETE", "devices"): lambda: self.withdraw(last, self.asking(method, path, headers)),
            ("GET", "notices"): lambda: self.notices(self.asking(method, path, headers)),
            ("POST", "loss-reports"): lambda: self.report_loss(body),
        }
        return doors[method, door]()

    def nonce(self) -> dict[str, Any]:
        self.nonces.add(nonce := base64url.encode(secrets.token_bytes(32)))
        return {"c_nonce": nonce, "c_nonce_expires_in": 300}

    def list(self, asking: dict[str, Any]) -> Any:
        return [self.told(one, asking) for one in self.devices.values() if one["kind"] == asking["kind"]]

    def rename(self, device_id: str, body: Any, asking: dict[str, Any]) -> Any:
        self.devices[device_id]["name"] = body["name"]
        return self.told(self.devices[device_id], asking)

    def withdraw(self, device_id: str, _asking: dict[str, Any]) -> None:
        self.withdrawn.append(device_id)
        del self.devices[device_id]

    def notices(self, _asking: dict[str, Any]) -> Any:
        told = {"notice_id": "n-1", "kind": "device_added", "device_name": "autre"}
        return [{**told, "at": "2026-11-21T10:00:00Z"}]

    def report_loss(self, body: Any) -> None:
        for one in self.devices.values():
            if (one["reference"], one["loss_code"]) == (body["reference"], body["loss_code"]):
                self.withdrawn.append(one["device_id"])
                return
        raise Refusal(403, "loss_report_refused")

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "kinds": {
                kind.value: {
                    "rp_id": self.policy(kind).rp_id,
                    "profiles": {str(n): suffix for n, suffix in self.policy(kind).profiles.items()},
                    "max_ttl_s": self.policy(kind).max_ttl_s,
                }
                for kind in ENROLLED_KINDS
            },
        }

    def begin(self, body: Any) -> dict[str, Any]:
        if "WRONG" in json.dumps(body["proof"]):
            raise Refusal(403, "activation_code_refused")
        ceremony_id, challenge = str(uuid.uuid4()), base64url.encode(secrets.token_bytes(32))
        self.ceremonies[ceremony_id] = {**body, "challenge": challenge}
        return {
            "ceremony_id": ceremony_id,
            "expires_at": (self.at + timedelta(minutes=2)).isoformat(),
            "public_key": {
                "challenge": challenge,
                "rp": {"id": issuing.RP_IDS[CardKind(body["card"])], "name": "carte"},
                "user": {"id": base64url.encode(b"subject"), "name": "p", "displayName": "p"},
                "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
                "attestation": "direct",
                "authenticatorSelection": {"userVerification": "required"},
                "excludeCredentials": [],
            },
        }

    def finish(self, ceremony_id: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
        begun = self.ceremonies.pop(ceremony_id, None)
        if begun is None:
            raise Refusal(410, "ceremony_gone")
        kind = CardKind(begun["card"])
        claims, jwk = self.proven("POST", f"/v1/enrolments/{ceremony_id}", headers)
        if claims["nonce"] != begun["challenge"] or jwk != begun["app_key"]:
            raise Refusal(401, "dpop_refused")
        made = verify_registration_response(
            credential=body["credential"],
            expected_challenge=base64url.decode(begun["challenge"]),
            expected_rp_id=issuing.RP_IDS[kind],
            expected_origin=[self.origin(kind), DEVELOPMENT_ORIGIN],
            require_user_verification=True,
        )
        device_id = str(uuid.uuid4())
        self.devices[device_id] = {
            "device_id": device_id,
            "kind": kind,
            "name": begun["device_name"],
            "jwk": jwk,
            "credential_id": base64url.encode(made.credential_id),
            "cose": made.credential_public_key,
            "counter": made.sign_count,
            "synced": made.credential_device_type.value == "multi_device",
            "reference": f"R{len(self.devices)}",
            "loss_code": secrets.token_hex(8),
        }
        return {
            "device_id": device_id,
            "reference": self.devices[device_id]["reference"],
            "card": kind.value,
            "binding": "device_bound_claimed",
            "attestation_format": str(getattr(made.fmt, "value", made.fmt)),
            "loss_code": self.devices[device_id]["loss_code"],
            "renew_until": "2027-02-19T10:00:00+00:00",
        }

    def issue(self, headers: dict[str, str], body: Any) -> Any:
        key = headers["Idempotency-Key"]
        if key in self.answered:
            return self.answered[key]
        request = {name: value for name, value in body.items() if name != "proofs"}
        if request["nonce"] not in self.nonces:
            raise Refusal(400, "invalid_nonce")
        self.nonces.discard(request["nonce"])
        canonical = strict_json.canonical(request)
        kind = CardKind(request["credential_configuration_id"])
        if "proofs" in body:
            (assertion,) = body["proofs"]["webauthn"]
            device = next(one for one in self.devices.values() if one["credential_id"] == assertion["id"])
            device["counter"] = verify_authentication_response(
                credential=assertion,
                expected_challenge=presentation.issuance_challenge(
                    base64url.decode(request["nonce"]), canonical
                ),
                expected_rp_id=issuing.RP_IDS[kind],
                expected_origin=[self.origin(kind), DEVELOPMENT_ORIGIN],
                credential_public_key=device["cose"],
                credential_current_sign_count=device["counter"],
                require_user_verification=True,
            ).new_sign_count
        else:
            device = self.asking("POST", "/v1/credential", headers)
            claims = jwt.decode(headers["DPoP"], options={"verify_signature": False})
            wanted = base64url.encode(hashlib.sha256(canonical).digest())
            if claims["nonce"] != request["nonce"] or claims["rqh"] != wanted:
                raise Refusal(401, "dpop_refused")
        self.answered[key] = {
            "credentials": [
                {"credential": base64url.encode(sealed), "format": "sq1", named: label}
                for named, label, sealed in self.seal(kind, device)
            ],
            "renew_until": "2027-02-19T10:00:00Z",
        }
        return self.answered[key]

    def seal(self, kind: CardKind, device: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
        binding = Binding.SYNCED if device["synced"] else Binding.DEVICE_BOUND_CLAIMED
        signer = issuing.WordKey(f"issuer {kind.value}")
        cards = (
            [("shape", shape.word, issuing.apcv(shape, binding=binding)) for shape in Shape]
            if kind is CardKind.APCV
            else [("exercice", one, issuing.ecps(binding=binding)) for one in EXERCICES]
        )
        for named, label, card in cards:
            draft = DraftCard(card, _point(device["cose"]), self.at, self.at + timedelta(hours=24))
            yield named, label, seal.seal(seal.lint(draft, self.policy(kind)), signer)

    # --- proofs by the app key

    def asking(self, method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
        _, jwk = self.proven(method, path, headers)
        for one in self.devices.values():
            if one["jwk"] == jwk:
                return one
        raise Refusal(401, "device_unknown")

    def proven(
        self, method: str, path: str, headers: dict[str, str]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        proof = headers["DPoP"]
        header = jwt.get_unverified_header(proof)
        claims = jwt.decode(
            proof, jwt.PyJWK(header["jwk"]).key, algorithms=["ES256"], options={"verify_iat": False}
        )
        good = (header["typ"], claims["htm"], claims["htu"]) == ("dpop+jwt", method, self.url + path)
        if not good or claims["jti"] in self.jtis or claims["iat"] != int(self.at.timestamp()):
            raise Refusal(401, "dpop_refused")
        self.jtis.add(claims["jti"])
        return claims, header["jwk"]

    @staticmethod
    def told(one: dict[str, Any], asking: dict[str, Any]) -> dict[str, Any]:
        return {
            "device_id": one["device_id"],
            "reference": one["reference"],
            "name": one["name"],
            "card": one["kind"].value,
            "binding": "device_bound_claimed",
            "enrolled_at": "2026-11-21T10:00:00+00:00",
            "last_used_at": "2026-11-21T10:00:00+00:00",
            "this_device": one is asking,
        }


def _point(cose: bytes) -> bytes:
    key = decode_credential_public_key(cose)
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(key.x, "big"),  # type: ignore[union-attr] # only ES256 keys come here
        int.from_bytes(key.y, "big"),  # type: ignore[union-attr] # same
        ec.SECP256R1(),
    )
    return numbers.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


@contextmanager
def serving(backend: PhoneBackend) -> Iterator[PhoneBackend]:
    """Run `backend` on a free loopback port while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one write

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            headers = dict(self.headers.items())
            backend.seen.append((self.command, self.path, headers, body))
            status, kind = 200, "application/json"
            try:
                answer = backend.spoil(self.path, backend.answer(self.command, self.path, headers, body))
                status = 204 if answer is None else 200
            except Refusal as refusal:
                status, kind = refusal.status, "application/problem+json"
                answer = {"code": refusal.code, "title": "Refusé.", "status": status, "type": "about:blank"}
            if backend.lose.get(self.path.rpartition("/")[0] + "/*", 0) or backend.lose.get(self.path, 0):
                name = self.path if self.path in backend.lose else self.path.rpartition("/")[0] + "/*"
                backend.lose[name] -= 1
                self.close_connection = True
                return
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if status != 204:
                self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of http.server
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    backend.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield backend
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
