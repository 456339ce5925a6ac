"""Services about a person: the examples' portal, which they sign in to; one of CIBA; an insurer that asks."""

from __future__ import annotations

import json
import secrets
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.serving import make_server

from examples.demo.town_hall import TownHall
from examples.insurer.client import Insurer
from examples.insurer.registration import CLIENT_ID, client_document
from examples.portal.app import create_portal

CIBA_GRANT = "urn:openid:params:grant-type:ciba"
_DOOR = "/protocol/openid-connect"
_ABOUT: Mapping[str, object] = {
    "place": "Lyon",
    "purposes": ["soins"],
    "legal_basis": "Mission d'intérêt public (RGPD 6.1.e)",
}


@contextmanager
def a_portal(town_hall: TownHall) -> Iterator[str]:
    """The portal of the examples, registered and served; its address."""
    client = {"client_id": f"portail-{secrets.token_hex(4)}", "client_secret": ""}
    server = make_server(
        "127.0.0.1", 0, create_portal(town_hall.public_url, client, secrets.token_hex(32)), threaded=True
    )
    address = f"http://localhost:{server.server_port}"
    client["client_secret"] = town_hall.register_client(
        {
            **_ABOUT,
            "client_id": client["client_id"],
            "name": "Le dossier partagé (exemple)",
            "scopes": ["openid", "scope_all"],
            "redirect_uris": [f"{address}/retour"],
            "post_logout_redirect_uris": [f"{address}/"],
        }
    )
    server.app = create_portal(town_hall.public_url, client, secrets.token_hex(32))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Asker:
    """A service that asks for somebody without a browser (CIBA, poll)."""

    town_hall: TownHall
    client_id: str
    secret: str

    def ask(self, national_id: str, digits: str) -> str:
        """Name somebody; the handle to poll with."""
        told = self._post(
            "/ext/ciba/auth",
            {
                "scope": "openid scope_all",
                "login_hint": national_id,
                "binding_message": digits,
                "acr_values": "eidas1",
            },
        )
        return str(told["auth_req_id"])

    def poll(self, auth_req_id: str) -> Mapping[str, Any]:
        """What became of it: tokens, or an error."""
        return self._post("/token", {"grant_type": CIBA_GRANT, "auth_req_id": auth_req_id})

    def _post(self, door: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        basic = b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        answer = urllib3.request(
            "POST",
            f"{self.town_hall.public_url}{_DOOR}{door}",
            body=urlencode(form),
            headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
            timeout=10.0,
            retries=False,
        )
        told: Mapping[str, Any] = json.loads(answer.data)
        return told


def an_asker(town_hall: TownHall) -> Asker:
    """Register a service that may name people."""
    client_id = f"logiciel-{secrets.token_hex(4)}"
    secret = town_hall.register_client(
        {
            **_ABOUT,
            "client_id": client_id,
            "name": "Logiciel de cabinet (exemple)",
            "scopes": ["openid", "scope_all"],
            "grant_types": [CIBA_GRANT],
            "redirect_uris": [],
        }
    )
    return Asker(town_hall, client_id, secret)


def an_insurer(town_hall: TownHall) -> Insurer:
    """Register the insurer of the examples, whose members `Hall.insure` makes; its own client."""
    key = ec.generate_private_key(ec.SECP256R1())
    town_hall.register_client(client_document(key))
    return Insurer(f"http://127.0.0.1:{town_hall.port}", CLIENT_ID, key)
