"""Sign-ins on the whole town hall: attempts opened as the provider does, phones that answer over HTTP."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from apcv_backend.signin.approval.attempt_rules import Attempt, AttemptOrder
from cartes.cards import CardKind
from cartes.signin_challenge import SigninStatement
from cartes.wire import base64url, strict_json
from tests.simulators.clock import SteerableClock
from tests.simulators.issuance_stage import CardPhone, IssuanceStage, open_stage

PATH = "/v1/signin-requests"
BROWSER = bytes(range(32))


def order(kind: CardKind = CardKind.ECPS, **changes: Any) -> AttemptOrder:
    """What a portal asks; `changes` on its members."""
    asked: dict[str, Any] = {
        "kind": kind,
        "client_id": "portail-demo",
        "client_name": "Portail de démonstration",
        "client_place": "Lyon",
        "scopes": ("openid", "scope_all") if kind is CardKind.ECPS else ("openid", "ins"),
        "acr": "eidas1",
        "purpose": "soins",
        "origin": "browser",
    }
    return AttemptOrder(**{**asked, **changes})


def ciba(national_id: str, **changes: Any) -> AttemptOrder:
    """A request without a browser, for the professional of this number."""
    told = {"origin": "ciba", "login_hint": national_id, "binding_message": "42", **changes}
    return order(**told)


@dataclass
class SigninPhone:
    """A phone that answers sign-ins, byte by byte, so that a test can lie."""

    phone: CardPhone

    def call(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        """One request signed by the app key."""
        stage = self.phone.stage
        proof = self.phone.app_key.proof(
            method, stage.services.config.public_url + path, stage.clock(), random=secrets.token_bytes
        )
        sent: dict[str, Any] = {"headers": {"DPoP": proof, **headers}}
        if body is not None:
            sent |= {"data": strict_json.canonical(body), "content_type": "application/json"}
        return stage.client.open(path, method=method, **sent)

    def requests(self) -> list[dict[str, Any]]:
        """What waits for an answer."""
        answer = self.call("GET", PATH)
        assert answer.status_code == 200, answer.get_json()
        told: list[dict[str, Any]] = answer.get_json()
        return told

    def scan(self, code: str) -> TestResponse:
        """Claim the request behind a QR."""
        return self.call("POST", PATH, {"code": code})

    def statement(self, request: dict[str, Any], digits: str, **changes: Any) -> SigninStatement:
        """What an honest approval says."""
        exercices = request["exercices"]
        said: dict[str, Any] = {
            "attempt_id": request["attempt_id"],
            "client_id": request["client_id"],
            "scopes": request["scopes"],
            "acr": request["acr"],
            "digits": digits,
            "exercice": exercices[0]["exercice_id"] if exercices else "",
            "t": int(self.phone.stage.clock().timestamp()),
        }
        return SigninStatement(**{**said, **changes})

    def gesture(self, challenge: bytes) -> dict[str, Any]:
        """The owner unlocks the phone over `challenge`."""
        options = {
            "challenge": base64url.encode(challenge),
            "rpId": f"{self.phone.kind.value}.localhost",
            "allowCredentials": [],
            "userVerification": "required",
        }
        return self.phone.authenticator.get(options, self.phone._page())

    def body(self, statement: SigninStatement) -> dict[str, Any]:
        """The body of an approval of `statement`."""
        said = {
            "credential": self.gesture(statement.challenge()),
            "digits": statement.digits,
            "exercice": statement.exercice,
            "t": statement.t,
        }
        return {**said, "acts_for": statement.acts_for} if statement.acts_for else said

    def approve(self, request: dict[str, Any], digits: str, **changes: Any) -> TestResponse:
        """Approve; `changes` on what is signed and sent."""
        return self.send(request, self.body(self.statement(request, digits, **changes)))

    def send(self, request: dict[str, Any], body: dict[str, Any]) -> TestResponse:
        """Send an approval made elsewhere."""
        return self.call("POST", f"{PATH}/{request['attempt_id']}/approval", body)

    def refuse(self, request: dict[str, Any]) -> TestResponse:
        """No."""
        return self.call("POST", f"{PATH}/{request['attempt_id']}/refusal")

    def report(self, request: dict[str, Any]) -> TestResponse:
        """It was not me."""
        return self.call("POST", f"{PATH}/{request['attempt_id']}/report")


@dataclass
class SigninStage:
    """The town hall, and its sign-ins."""

    stage: IssuanceStage
    services: Services
    client: FlaskClient
    clock: SteerableClock
    browser: bytes = field(default=BROWSER, repr=False)

    def phone(self, person: Any, model: str = "android") -> SigninPhone:
        """A phone enrolled for `person`."""
        return SigninPhone(self.stage.enrolled(person, model))

    def open(self, asked: AttemptOrder | None = None) -> Attempt:
        """Open an attempt, in the browser of the test unless it is CIBA."""
        asked = asked or order()
        secret = None if asked.origin == "ciba" else self.browser
        return self.services.signin_approval.attempts.open(asked, secret, self.clock())

    def code(self, attempt: Attempt) -> str:
        """What the QR of its page says."""
        return self.services.signin_approval.attempts.claim_code(attempt.attempt_id)

    def state(self, attempt: Attempt) -> str:
        """Where it stands."""
        return self.services.signin_approval.attempts.get(attempt.attempt_id, self.clock()).state.value

    def take(self, attempt: Attempt, client_id: str = "portail-demo", browser: bytes | None = BROWSER) -> Any:
        """Take the approval, as the provider does."""
        approval = self.services.signin_approval
        mac = None if browser is None else approval.attempts.browser_mac(attempt.attempt_id, browser)
        return self.services.database.run(
            lambda tx: approval.store.take_approved(tx, attempt.attempt_id, mac, client_id, self.clock())
        )


def open_signin_stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> SigninStage:
    """A stage on the shared fixtures."""
    return SigninStage(open_stage(services, client, clock, attestation_dir), services, client, clock)
