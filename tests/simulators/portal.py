"""A client of the sign-in and a browser, byte by byte: what a portal sends, and what an attacker would.

It drives the whole application over HTTP without a network; the phone that approves is the simulated one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import practitioners
from cartes.wire import base64url
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import KARIM
from tests.simulators.signin_stage import SigninPhone, SigninStage, open_signin_stage

BASE = "/protocol/openid-connect"
CALLBACK = "https://portail.example/retour"
CIBA = "urn:openid:params:grant-type:ciba"
VERIFIER = "verifier-of-the-tests-0123456789-0123456789-abc"


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    return base64url.encode(hashlib.sha256(verifier.encode()).digest())


def document(client_id: str = "portail-demo", **changes: Any) -> dict[str, Any]:
    """What an administrator registers for a portal; `changes` on its members."""
    told: dict[str, Any] = {
        "client_id": client_id,
        "name": "Portail de démonstration",
        "place": "Lyon",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": ["https://portail.example/adieu"],
        "scopes": ["openid", "scope_all"],
        "purposes": ["soins"],
        "legal_basis": "Mission d'intérêt public (RGPD 6.1.e)",
    }
    return {**told, **changes}


@dataclass
class DpopKey:
    """A key of a client, and the proofs it makes (RFC 9449)."""

    clock: SteerableClock
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def proof(self, method: str, url: str, token: str = "", **changes: Any) -> str:
        """A fresh proof; `changes` on its claims."""
        claims: dict[str, Any] = {
            "htm": method,
            "htu": url,
            "iat": int(self.clock().timestamp()),
            "jti": secrets.token_urlsafe(12),
        }
        if token:
            claims["ath"] = base64url.encode(hashlib.sha256(token.encode()).digest())
        jwk = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return jwt.encode({**claims, **changes}, self.key, "ES256", headers={"typ": "dpop+jwt", "jwk": jwk})


@dataclass
class Portal:
    """One registered client and one browser."""

    signin: SigninStage
    app: Flask
    client_id: str
    secret: str = field(repr=False)
    browser: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.browser = self.app.test_client()

    @property
    def issuer(self) -> str:
        """The provider's address."""
        return self.signin.services.config.public_url

    # --- the front channel

    def asks(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an honest request; None takes one away."""
        told: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid scope_all",
            "state": "etat-1",
            "nonce": "nonce-1",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            "acr_values": "eidas1",
        }
        return {name: value for name, value in {**told, **changes}.items() if value is not None}

    def begin(self, **changes: str | None) -> TestResponse:
        """The browser goes to the authorization endpoint."""
        return self.browser.get("/auth?" + urlencode(self.asks(**changes)))

    def approve(self, begun: TestResponse, phone: SigninPhone, **signed: Any) -> str:
        """The phone scans and approves what the browser shows; the attempt's identifier."""
        assert begun.status_code == 303, begun.get_data(as_text=True)
        attempt_id = urlsplit(begun.location).path.rsplit("/", 1)[1]
        desk = self.signin.services.signin_approval.attempts
        attempt = desk.get(attempt_id, self.signin.clock())
        assert attempt is not None
        scanned = phone.scan(desk.claim_code(attempt_id))
        assert scanned.status_code == 200, scanned.get_json()
        answer = phone.approve(scanned.get_json(), attempt.digits, **signed)
        assert answer.status_code in {200, 204}, answer.get_json()
        return attempt_id

    def finish(self, attempt_id: str, browser: FlaskClient | None = None) -> TestResponse:
        """The page that waited sends the browser on."""
        return (browser or self.browser).get(f"/signin/{attempt_id}/finish")

    def code(self, phone: SigninPhone, **changes: str | None) -> str:
        """A whole front channel: the code."""
        landed = self.finish(self.approve(self.begin(**changes), phone))
        return self.landed(landed)["code"]

    @staticmethod
    def landed(response: TestResponse) -> dict[str, str]:
        """What the client reads in the address it is given."""
        assert response.status_code == 303, response.get_data(as_text=True)
        return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}

    # --- the back channel

    def basic(self, secret: str | None = None) -> str:
        """An `Authorization: Basic` of this client."""
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret if secret is None else secret)}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def post(self, door: str, form: dict[str, str], **headers: str) -> TestResponse:
        """A form to one of the provider's doors, authenticated by Basic unless told otherwise."""
        sent = {"Authorization": self.basic(), **headers}
        return self.browser.post(
            f"{BASE}/{door}",
            data=urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers={name: value for name, value in sent.items() if value},
        )

    def exchange(self, code: str, dpop: str = "", **changes: str | None) -> TestResponse:
        """The code for tokens."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        told = {name: value for name, value in {**form, **changes}.items() if value is not None}
        return self.post("token", told, **({"DPoP": dpop} if dpop else {}))

    def tokens(self, phone: SigninPhone, **changes: str | None) -> dict[str, Any]:
        """A whole sign-in: what the token endpoint answers."""
        answer = self.exchange(self.code(phone, **changes))
        assert answer.status_code == 200, answer.get_json()
        told: dict[str, Any] = answer.get_json()
        return told

    def refresh(self, token: str, **headers: str) -> TestResponse:
        """A refresh token for the next ones."""
        return self.post("token", {"grant_type": "refresh_token", "refresh_token": token}, **headers)

    def ask_ciba(self, **changes: str | None) -> TestResponse:
        """An authentication request without a browser; `changes` on its parameters, None takes one away."""
        told: dict[str, str | None] = {
            "scope": "openid scope_all",
            "login_hint": KARIM.text,
            "binding_message": "42",
            "acr_values": "eidas1",
        }
        form = {name: value for name, value in {**told, **changes}.items() if value is not None}
        return self.post("ext/ciba/auth", form)

    def poll_ciba(self, auth_req_id: str) -> TestResponse:
        """The question at the token endpoint: has it been approved?"""
        return self.post("token", {"grant_type": CIBA, "auth_req_id": auth_req_id})

    def userinfo(self, token: str, scheme: str = "Bearer", **headers: str) -> TestResponse:
        """Who signed in."""
        return self.browser.get(f"{BASE}/userinfo", headers={"Authorization": f"{scheme} {token}", **headers})

    def is_active(self, token: str) -> bool:
        """What introspection says."""
        answer = self.post("token/introspect", {"token": token})
        assert answer.status_code == 200, answer.get_json()
        return bool(answer.get_json()["active"])

    def claims(self, token: str, audience: str | None = None) -> dict[str, Any]:
        """The claims of a token, verified with the published keys as a client does."""
        kid = jwt.get_unverified_header(token)["kid"]
        (jwk,) = (one for one in self.browser.get(f"{BASE}/certs").get_json()["keys"] if one["kid"] == kid)
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(json.loads(json.dumps(jwk))),
            algorithms=[jwk["alg"]],
            audience=audience or self.client_id,
            issuer=self.issuer,
            options={"verify_exp": False, "verify_iat": False},
        )
        return claims


@dataclass
class ProviderStage:
    """The town hall with its directory, its provider, and phones that answer."""

    signin: SigninStage
    app: Flask
    services: Services
    clock: SteerableClock

    def portal(self, client_id: str = "portail-demo", **changes: Any) -> Portal:
        """A client registered now."""
        asked = document(client_id, **changes)
        new = self.services.signin.clients.register(asked, "agent:test", self.clock())
        return Portal(self.signin, self.app, client_id, new.secret)

    def phone(self, person: Any = KARIM) -> SigninPhone:
        """A phone enrolled for `person`."""
        return self.signin.phone(person)

    def strike_off(self, person: PersonKey) -> None:
        """The ordre strikes a professional off, today."""
        with self.services.database.read() as connection:
            kept = connection.execute(
                select(practitioners.c.record).where(practitioners.c.id_national == person.text)
            ).scalar_one()
        struck = {**kept, "struck_off_on": self.clock().date().isoformat()}
        change = (
            update(practitioners)
            .where(practitioners.c.id_national == person.text)
            .values(record=struck, loaded_at=self.clock() + timedelta(microseconds=1))
        )
        with self.services.database.write() as tx:
            tx.execute(change)


def open_provider_stage(
    services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path
) -> ProviderStage:
    """A stage on the shared fixtures, its directory loaded."""
    signin = open_signin_stage(services, app.test_client(), clock, attestation_dir)
    signin.stage.load_directory()
    return ProviderStage(signin, app, services, clock)
