"""The town hall as it runs: people sign in with their phones, machines with their keys, and use it.

Nothing is told who has which token: clients are registered, tokens come from the token endpoint, and every
request to a door carries its own DPoP proof.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from cartes.cards import CardKind
from cartes.wire import base64url
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import LAURE, CardPhone
from tests.simulators.online_rights_stage import INSURER
from tests.simulators.portal import BASE, CALLBACK, VERIFIER, DpopKey, ProviderStage, open_provider_stage

_BY_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Holder:
    """Somebody with an access token bound to a key of theirs, in front of the doors."""

    town: WiredTown
    token: str
    key: DpopKey
    structure: str = ""

    def call(self, method: str, path: str, **sent: Any) -> TestResponse:
        """One request with the token and a fresh proof; `headers` are added to theirs."""
        url = self.town.services.config.public_url + path.partition("?")[0]
        headers = {
            "Authorization": f"DPoP {self.token}",
            "DPoP": self.key.proof(method, url, self.token),
            **sent.pop("headers", {}),
        }
        return self.town.app.test_client().open(path, method=method, headers=headers, **sent)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Ask a door."""
        return self.call("POST", path, json=body, headers=headers)

    def ask(self, accept: str = "application/json", **words: Any) -> TestResponse:
        """Ask about rights on the personas' day."""
        body = {"purpose": "third_party_payment", "care_date": "2026-11-21", **words}
        return self.post("/v1/rights/queries", body, Accept=accept)


@dataclass
class Machine:
    """A client with a key of its own, as it was registered."""

    town: WiredTown
    client_id: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def token(self, scope: str, dpop: DpopKey) -> TestResponse:
        """Ask for a token by `private_key_jwt`, bound to `dpop`."""
        town = self.town
        issuer, now = town.services.config.public_url, int(town.clock().timestamp())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": issuer, "iat": now, "exp": now + 60}
        assertion = jwt.encode({**claims, "jti": secrets.token_urlsafe(12)}, self.key, "ES256")
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": _BY_JWT,
            "client_assertion": assertion,
        }
        return town.app.test_client().post(
            f"{BASE}/token",
            data=urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers={"DPoP": dpop.proof("POST", f"{issuer}{BASE}/token")},
        )

    def holder(self, scope: str) -> Holder:
        """In front of the doors, with a token of that scope."""
        key = DpopKey(self.town.clock)
        answer = self.token(scope, key)
        assert answer.status_code == 200, answer.get_json()
        return Holder(self.town, answer.get_json()["access_token"], key)


@dataclass
class WiredTown:
    """The whole application on the shared services."""

    stage: ProviderStage
    app: Flask
    services: Services
    clock: SteerableClock

    def signed_in(self, person: PersonKey = LAURE, scope: str = "rights record", **signed: Any) -> Holder:
        """`person` signs in with their phone at software that was registered for `scope`."""
        who = "scope_all" if person.card is CardKind.ECPS else "ins"
        portal = self.stage.portal(
            f"logiciel-{secrets.token_hex(4)}",
            scopes=["openid", who, *scope.split()],
            kinds=[person.card.value],
            dpop_required=True,
        )
        key = DpopKey(self.clock)
        begun = portal.begin(scope=f"openid {who} {scope}".strip())
        landed = portal.landed(portal.finish(portal.approve(begun, self.stage.phone(person), **signed)))
        token_url = f"{portal.issuer}{BASE}/token"
        form = {"code": landed["code"], "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        answer = portal.exchange(form["code"], dpop=key.proof("POST", token_url))
        assert answer.status_code == 200, answer.get_json()
        return Holder(self, answer.get_json()["access_token"], key)

    def insurer(self, client_id: str = "mutuelle-demo", organisation: str = INSURER) -> Machine:
        """An insurer's machine, registered by an administrator with its public key."""
        key = ec.generate_private_key(ec.SECP256R1())
        jwk = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        document = {
            "client_id": client_id,
            "name": "Mutuelle de démonstration",
            "place": "Corte",
            "scopes": ["rights", "contracts"],
            "purposes": ["contract", "third_party_payment"],
            "legal_basis": "Exécution du contrat (RGPD 6.1.b)",
            "organisation": organisation,
            "grant_types": ["client_credentials"],
            "auth_method": "private_key_jwt",
            "jwks": {"keys": [jwk]},
            "kinds": [],
            "dpop_required": True,
        }
        self.services.signin.clients.register(document, "agent:test", self.clock())
        return Machine(self, client_id, key)

    def patient(self, person: PersonKey) -> CardPhone:
        """A patient's enrolled phone."""
        return self.stage.signin.stage.enrolled(person)

    def journal(self, phone: CardPhone) -> list[dict[str, Any]]:
        """What the patient reads of what was done, newest first."""
        told: list[dict[str, Any]] = self.by_phone(phone, "GET", "/v1/journal").get_json()["entries"]
        return told

    def by_phone(self, phone: CardPhone, method: str, path: str, body: Any = None) -> TestResponse:
        """One request signed by a patient's phone."""
        url = self.services.config.public_url + path
        proof = phone.app_key.proof(method, url, self.clock(), random=secrets.token_bytes)
        return self.app.test_client().open(path, method=method, json=body, headers={"DPoP": proof})

    def cards(self, phone: CardPhone, **request: Any) -> dict[str, bytes]:
        """The cards of a phone, by shape or exercice."""
        answer = phone.fetch(**request)
        assert answer.status_code == 200, answer.get_json()
        return {
            one.get("shape") or one["exercice"]: base64url.decode(one["credential"])
            for one in answer.get_json()["credentials"]
        }


def ndjson(*lines: dict[str, Any]) -> bytes:
    """A file of questions."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def open_wired_town(
    services: Services, app: Flask, clock: SteerableClock, attestation_dir: Path
) -> WiredTown:
    """On the shared fixtures, the directory loaded."""
    stage = open_provider_stage(services, app, clock, attestation_dir)
    return WiredTown(stage, app, services, clock)
