"""The whole town hall behind its door, and phones that ask it for cards. All of it is the real thing."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from apcv_backend.enrolment.rules import PersonKey
from apcv_backend.tables import issuances, journal, status_slots
from cartes import presentation, seal
from cartes.cards import CardKind
from cartes.seal import OpenedCard
from cartes.wire import base64url, strict_json
from mobile_mock.app_key import AppKey
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS
from tests.simulators.clock import SteerableClock
from tests.testdata import ROOT

PERSONAS = ROOT / "examples" / "personas"
ANGE = PersonKey.parse(CardKind.APCV, "158032A99904296")
SARAH = PersonKey.parse(CardKind.APCV, "204023599921039")
DENIS = PersonKey.parse(CardKind.APCV, "176125999933324")
KARIM = PersonKey.parse(CardKind.ECPS, "899700900147")
LAURE = PersonKey.parse(CardKind.ECPS, "899700900154")
LUC = PersonKey.parse(CardKind.ECPS, "899700900105")
NOE = PersonKey.parse(CardKind.ECPS, "899700900121")
JULIE_BEFORE = PersonKey.parse(CardKind.ECPS, "0996900163")


@dataclass
class IssuanceStage:
    """The services and the door, the clock in the test's hands, and the makers of the phones."""

    services: Services
    client: FlaskClient
    clock: SteerableClock
    makers: AttestationCa

    def load_directory(self, name: str = "1-depart.json") -> Any:
        """Load one of the personas' bundles."""
        document = strict_json.loads((PERSONAS / "annuaire" / name).read_bytes())
        return self.services.professionals.load(document, source=name, at=self.clock())

    def enrolled(self, person: PersonKey = ANGE, model: str = "android") -> CardPhone:
        """A phone already enrolled for `person`."""
        phone = CardPhone(
            self, person.card, Authenticator(MODELS[model], secrets.token_bytes, ca=self.makers)
        )
        phone.enrol(person)
        return phone

    def rows(self, table: Any) -> list[Any]:
        """Every row of a table."""
        with self.services.database.read() as connection:
            return list(connection.execute(select(table)))

    def slots(self) -> list[Any]:
        """Every status slot given."""
        return self.rows(status_slots)

    def intents(self) -> list[Any]:
        """Every issuance on record."""
        return self.rows(issuances)

    def events(self) -> list[str]:
        """What the journal tells, in order."""
        return [row.event for row in self.rows(journal)]

    def opened(self, credential: str) -> OpenedCard:
        """A card as a till opens it now."""
        return seal.open_seal(
            base64url.decode(credential), self.services.issuance.trust(self.clock()), self.clock()
        )


@dataclass
class CardPhone:
    """A person's phone for one kind of card."""

    stage: IssuanceStage
    kind: CardKind
    authenticator: Authenticator
    app_key: AppKey = field(default_factory=lambda: AppKey.make(secrets.token_bytes))
    device_id: str = ""

    def enrol(self, person: PersonKey) -> None:
        """Walk A, steps 1 to 9."""
        stage = self.stage
        code = stage.services.enrolment.codes.open(person, stage.clock(), agent=None)
        secret = {"secret": code.secrets[0]} if len(code.secrets) == 1 else {"secrets": list(code.secrets)}
        begun = stage.client.post(
            "/v1/enrolments",
            json={
                "card": self.kind.value,
                "proof": {"method": "activation_code", "reference": code.reference, **secret},
                "device_name": "Téléphone",
                "app_key": self.app_key.jwk,
            },
        ).get_json()
        options = begun["public_key"]
        path = f"/v1/enrolments/{begun['ceremony_id']}"
        proof = self._dpop(path, options["challenge"])
        answer = stage.client.post(
            path,
            json={"credential": self.authenticator.create(options, self._page())},
            headers={"DPoP": proof},
        )
        assert answer.status_code == 201, answer.get_json()
        self.device_id = answer.get_json()["device_id"]

    def nonce(self) -> str:
        """A fresh nonce."""
        return str(self.stage.client.post("/v1/nonce").get_json()["c_nonce"])

    def request(self, **changes: Any) -> dict[str, Any]:
        """A request for this phone's kind of card, with a fresh nonce; `changes` on its members."""
        asked = {"credential_configuration_id": self.kind.value, "nonce": changes.pop("nonce", None)}
        return {**asked, "nonce": asked["nonce"] or self.nonce(), **changes}

    def assertion(self, request: dict[str, Any]) -> dict[str, Any]:
        """The owner's gesture over `request`."""
        challenge = presentation.issuance_challenge(
            base64url.decode(request["nonce"]), strict_json.canonical(request)
        )
        options = {
            "challenge": base64url.encode(challenge),
            "rpId": f"{self.kind.value}.localhost",
            "allowCredentials": [],
            "userVerification": "required",
        }
        return self.authenticator.get(options, self._page())

    def proven(self, **changes: Any) -> dict[str, Any]:
        """A whole body, with its proof by a gesture."""
        request = self.request(**changes)
        return {**request, "proofs": {"webauthn": [self.assertion(request)]}}

    def post(self, body: dict[str, Any], key: str | None = None, dpop: str | None = None) -> TestResponse:
        """Send a body under an idempotency key (a fresh one by default)."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        if dpop is not None:
            headers["DPoP"] = dpop
        return self.stage.client.post("/v1/credential", json=body, headers=headers)

    def fetch(self, **changes: Any) -> TestResponse:
        """Ask with a gesture."""
        return self.post(self.proven(**changes))

    def renewal_proof(self, request: dict[str, Any], app_key: AppKey | None = None) -> str:
        """A DPoP proof for `request` by this phone's app key, or another's."""
        digest = base64url.encode(hashlib.sha256(strict_json.canonical(request)).digest())
        return self._dpop("/v1/credential", request["nonce"], app_key, rqh=digest)

    def renew(self, key: str | None = None, **changes: Any) -> TestResponse:
        """Ask silently, by the app key."""
        request = self.request(**changes)
        return self.post(request, key, self.renewal_proof(request))

    def withdraw(self) -> None:
        """The owner withdraws this phone, from itself."""
        path = f"/v1/devices/{self.device_id}"
        proof = self._dpop(path, None, method="DELETE")
        assert self.stage.client.delete(path, headers={"DPoP": proof}).status_code == 204

    def _page(self) -> Client:
        return Client(ClientShape.CHROMIUM_PLAIN, f"https://{self.kind.value}.localhost")

    def dpop(self, path: str, nonce: str | None, *, method: str) -> str:
        """A DPoP proof by this phone's app key for another door."""
        return self._dpop(path, nonce, method=method)

    def _dpop(
        self,
        path: str,
        nonce: str | None,
        app_key: AppKey | None = None,
        *,
        method: str = "POST",
        **claims: str,
    ) -> str:
        return (app_key or self.app_key).proof(
            method,
            self.stage.services.config.public_url + path,
            self.stage.clock(),
            random=secrets.token_bytes,
            nonce=nonce,
            claims=claims,
        )


def open_stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> IssuanceStage:
    """A stage on the shared fixtures, the directory loaded."""
    makers = AttestationCa.open_or_make(attestation_dir, secrets.token_bytes, clock())
    stage = IssuanceStage(services, client, clock, makers)
    stage.load_directory()
    return stage
