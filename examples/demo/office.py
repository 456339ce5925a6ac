"""The staff of the demonstration: two administrators with software keys, and who they invite.

Whoever tries the desk, the console or the figures needs an invitation, and an invitation takes two people. So
two simulated administrators do what real ones do, through the same doors: the operator's command invites
them, each registers a key (attested by the demonstration's own makers), one proposes, the other signs.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import urllib3

from examples.demo.town_hall import DemoFailed, TownHall
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.authenticator import Authenticator
from mobile_mock.client_data import Client, ClientShape
from mobile_mock.phone_model import MODELS

_STRUCTURE: Final = "999001506"
_INSURER: Final = "99999001"
_NEWCOMERS: Final = (
    ("desk_agent", "Claire Petit", _STRUCTURE, "Maison France Services de Corte", "le guichet"),
    ("insurer_clerk", "Denis Roux", _INSURER, "Mutuelle Fictive, gestion", "la console"),
    ("operator", "Emma Blanc", _STRUCTURE, "Salle d'exploitation", "l'exploitation"),
    ("administrator", "Farid Noir", _STRUCTURE, "Siège", "les comptes, à deux"),
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited, to which page, and both halves: in life, each comes from another person."""

    name: str
    page: str
    first_half: str = field(repr=False)
    second_half: str = field(repr=False)


def invite_staff(hall: TownHall, makers: AttestationCa) -> list[Invitation]:
    """One colleague of each role invited by two; `hall` runs. Raises `DemoFailed`."""
    told = hall.invite_administrators(["Anne Martin", "Bruno Durand"], _STRUCTURE, "Siège")
    first, second = (Colleague(hall.public_url, hall.port, makers) for _ in told)
    for one, halves in zip((first, second), told, strict=True):
        one.register(*halves)
        one.sign_in()
    invited = []
    for role, name, structure, place, page in _NEWCOMERS:
        wanted = {"kind": "add_member", "name": name, "role": role, "structure": structure, "place": place}
        made = first.post("proposals", wanted)
        done = second.approve(str(made["proposal_id"]))
        invited.append(Invitation(name, page, str(made["first_half"]), str(done["second_half"])))
    return invited


class Colleague:
    """Somebody with a key and a browser, in a few lines."""

    def __init__(self, public_url: str, port: int, makers: AttestationCa) -> None:
        self._doors = f"http://127.0.0.1:{port}/v1/staff/"
        self._host = public_url.removeprefix("http://")
        self._page = Client(ClientShape.CHROMIUM, public_url)
        self._key = Authenticator(MODELS["certified"], secrets.token_bytes, ca=makers)
        self._sent: dict[str, str] = {}

    def register(self, first_half: str, second_half: str) -> None:
        """Make a key on an invitation."""
        begun = self.post("registrations", {"first_half": first_half, "second_half": second_half})
        made = self._key.create(begun["public_key"], self._page)
        self.post(f"registrations/{begun['ceremony_id']}", {"credential": made})

    def sign_in(self) -> None:
        """Answer a challenge; keep the cookie and the word for changes."""
        opened = self._answer("sign-ins", "sign-ins/{}")
        self._sent["X-Staff-Csrf"] = str(opened["csrf"])

    def approve(self, proposal_id: str) -> dict[str, Any]:
        """Sign a proposal that somebody else made."""
        path = f"proposals/{proposal_id}"
        return self._answer(f"{path}/challenge", f"{path}/approval")

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        """Ask a door of staff. Raises `DemoFailed`."""
        answer = urllib3.request(
            "POST",
            self._doors + path,
            json=body,
            headers={"Host": self._host, "Origin": f"http://{self._host}", **self._sent},
            timeout=10.0,
            retries=False,
        )
        if not 200 <= answer.status < 300:
            raise DemoFailed(f"staff, {path} : {answer.status} {answer.data[:300]!r}")
        cookie = re.match(r"(__Host-staff=[^;]+)", answer.headers.get("Set-Cookie", ""))
        if cookie is not None:
            self._sent["Cookie"] = cookie[1]
        told: dict[str, Any] = json.loads(answer.data)
        return told

    def _answer(self, asked: str, answered: str) -> dict[str, Any]:
        begun = self.post(asked)
        proof = self._key.get(begun["public_key"], self._page)
        body: dict[str, Any] = {"credential": proof}
        if "{}" not in answered:
            body["ceremony_id"] = begun["ceremony_id"]
        return self.post(answered.format(begun["ceremony_id"]), body)
