"""Colleagues with their keys in front of the town hall's real doors: invited, registered, signed in.

stage = StaffStage(services, app, attestation_dir)
first, second = stage.administrators()
agent = stage.colleague("desk_agent")
agent.post("/v1/desk/codes", {"card": "apcv", "person": "…"})
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from apcv_backend.bootstrap import Services
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS

STRUCTURE = "999001506"
PLACE = "Accueil de Corte"


@dataclass
class Colleague:
    """A colleague: a hardware key, a browser (its cookies are `client`'s), and the word for changes."""

    client: FlaskClient
    authenticator: Authenticator
    origin: str
    name: str = ""
    member_id: str = ""
    csrf: str = field(default="", repr=False)

    @property
    def _page(self) -> Client:
        return Client(ClientShape.CHROMIUM, self.origin)

    def register(self, first_half: str, second_half: str) -> TestResponse:
        """Make a key on an invitation."""
        halves = {"first_half": first_half, "second_half": second_half}
        begun = self.client.post("/v1/staff/registrations", json=halves)
        if begun.status_code != 201:
            return begun
        told = begun.get_json()
        made = self.authenticator.create(told["public_key"], self._page)
        path = f"/v1/staff/registrations/{told['ceremony_id']}"
        answer = self.client.post(path, json={"credential": made})
        if answer.status_code == 201:
            self.member_id, self.name = answer.get_json()["member_id"], answer.get_json()["name"]
        return answer

    def sign_in(self) -> TestResponse:
        """Answer a challenge; the cookie stays in the browser."""
        told = self.client.post("/v1/staff/sign-ins").get_json()
        proof = self.authenticator.get(told["public_key"], self._page)
        answer = self.client.post(f"/v1/staff/sign-ins/{told['ceremony_id']}", json={"credential": proof})
        if answer.status_code == 201:
            self.csrf = answer.get_json()["csrf"]
        return answer

    def send(self, method: str, path: str, body: object = None) -> TestResponse:
        """One request of a page of ours, with the word for changes."""
        return self.client.open(path, method=method, json=body, headers={"X-Staff-Csrf": self.csrf})

    def get(self, path: str) -> TestResponse:
        return self.send("GET", path)

    def post(self, path: str, body: object = None) -> TestResponse:
        return self.send("POST", path, body)

    def propose(self, **words: Any) -> TestResponse:
        """Propose what takes two people."""
        return self.post("/v1/staff/proposals", words)

    def approve(self, proposal_id: str) -> TestResponse:
        """Sign a proposal's digest, or be refused the challenge."""
        begun = self.post(f"/v1/staff/proposals/{proposal_id}/challenge")
        if begun.status_code != 201:
            return begun
        told = begun.get_json()
        proof = self.authenticator.get(told["public_key"], self._page)
        body = {"ceremony_id": told["ceremony_id"], "credential": proof}
        return self.post(f"/v1/staff/proposals/{proposal_id}/approval", body)


class StaffStage:
    """The town hall, and whoever works there."""

    def __init__(self, services: Services, app: Flask, attestation_dir: Path) -> None:
        self.services = services
        self.app = app
        self._ca = AttestationCa.load(attestation_dir, secrets.token_bytes)
        self.admins: list[Colleague] = []

    def newcomer(self, model: str = "certified") -> Colleague:
        """Somebody with a key of this model and a browser of their own; nobody yet."""
        return Colleague(
            # The town hall's own pages, over TLS as cookies of this kind ask.
            self.app.test_client(),
            Authenticator(MODELS[model], secrets.token_bytes, ca=self._ca),
            self.services.config.staff_party.web_origins[0],
        )

    def administrators(self) -> tuple[Colleague, Colleague]:
        """The first two, invited from the command line and signed in."""
        if not self.admins:
            invited = self.services.staff.registration.bootstrap(
                ["A. Martin", "B. Durand"], STRUCTURE, PLACE, self.services.clock()
            )
            for one in invited:
                person = self.newcomer()
                assert person.register(*one.halves).status_code == 201
                assert person.sign_in().status_code == 201
                self.admins.append(person)
        return self.admins[0], self.admins[1]

    def invitation(self, role: str, name: str = "C. Petit", structure: str = STRUCTURE) -> tuple[str, str]:
        """Two administrators open an invitation: its halves."""
        first, second = self.administrators()
        made = first.propose(
            kind="add_member", name=name, role=role, structure=structure, place=PLACE
        ).get_json()
        done = second.approve(made["proposal_id"]).get_json()
        return made["first_half"], done["second_half"]

    def colleague(self, role: str, name: str = "C. Petit", structure: str = STRUCTURE) -> Colleague:
        """Somebody two administrators added, with a key of their own, signed in."""
        person = self.newcomer()
        assert person.register(*self.invitation(role, name, structure)).status_code == 201
        assert person.sign_in().status_code == 201
        return person
