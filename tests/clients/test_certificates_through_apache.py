"""Client certificates end to end: an insurer, TLS, Apache with the settings we document, the backend.

Everything is real: the handshake, the header Apache writes, the server that reads it. So are the attempts to
write that header oneself.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from examples.demo.people import read_cast
from examples.demo.town_hall import TownHall
from tests.simulators.certificates import TlsClient
from tests.simulators.missing import missing
from tests.simulators.running_provider import now
from tests.simulators.servers import free_port
from tests.simulators.tls_proxy import TlsProxy, proxy_is_missing, start_tls_proxy

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("clients")]

ANGE = "158032A99904296"
CONTRACTS = (
    "contrat;personne;numero_adherent;lien;nom_amc;type_convention;csr;garantie;debut;fin;responsable;"
    "gestion;domaines;services;etat;date_resiliation\n"
    "C-1;{nir};F0000001;adherent;MUTUELLE FICTIVE;ZZ;TEST01;R1;{year}-01-01;{year}-12-31;oui;3;PHAR;"
    "IDB;ouvert;\n"
)


@dataclass
class Connection:
    """How somebody reaches the service: with a certificate or without, and with headers of their own."""

    base: str
    authority: str
    certificate: tuple[str, str] | None = None
    headers: dict[str, str] | None = None

    def send(self, method: str, path: str, **sent: Any) -> requests.Response:
        """One request on a connection of its own."""
        headers = {**(self.headers or {}), **sent.pop("headers", {})}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                self.base + path,
                headers=headers,
                cert=self.certificate,
                verify=self.authority,
                timeout=20,
                **sent,
            )

    def ask_token(self, client_id: str = "mutuelle-tls") -> requests.Response:
        """Client credentials, and nothing that proves the client but the connection."""
        form = {"grant_type": "client_credentials", "client_id": client_id}
        return self.send("POST", "/protocol/openid-connect/token", data=form)

    def query(self, token: str) -> requests.Response:
        """Are this member's rights open today?"""
        today = now().date().isoformat()
        body = {"ground": "membership", "purpose": "contract", "care_date": today, "patient": {"nir": ANGE}}
        return self.send(
            "POST", "/v1/rights/queries", json=body, headers={"Authorization": f"Bearer {token}"}
        )


@dataclass
class Street:
    """The backend, the proxy in front of it, and the certificates of an insurer and of a stranger."""

    hall: TownHall
    proxy: TlsProxy
    insurer: TlsClient
    insurer_files: tuple[str, str]
    stranger_files: tuple[str, str]
    ended_files: tuple[str, str]

    def by_proxy(self, certificate: tuple[str, str] | None, **headers: str) -> Connection:
        """Over TLS, by the front door."""
        return Connection(self.proxy.url, self.proxy.authority, certificate, headers)

    def direct(self, **headers: str) -> Connection:
        """Straight to the backend's own port, past the proxy."""
        return Connection(f"http://127.0.0.1:{self.hall.port}", self.proxy.authority, None, headers)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    if proxy_is_missing():
        missing("il manque Apache : paquet Debian apache2")
    folder, cast, port = tmp_path_factory.mktemp("mtls"), read_cast(), free_port()
    hall = TownHall(
        folder / "hall", port=free_port(), reference_day=cast.reference_day, today=datetime.now(UTC).date()
    )
    secret = secrets.token_urlsafe(32)
    file = folder / "proxy-secret"
    file.touch(mode=0o600)
    file.write_text(secret + "\n")
    settings = {
        "APCV_PROXIES": "1",
        "APCV_PROXY_SECRET_FILE": str(file),
        "APCV_MTLS_URL": f"https://localhost:{port}",
    }
    hall.folder.mkdir()
    hall.environ = hall.environ | settings
    hall.found(cast.directories)
    insurer, stranger = TlsClient.make(now()), TlsClient.make(now())
    ended = TlsClient.make(now(), days=0)
    register(hall, "mutuelle-tls", insurer, ended)
    hall.start()
    try:
        proxy = start_tls_proxy(f"http://127.0.0.1:{hall.port}", secret, port)
    except BaseException:
        hall.stop()
        raise
    files = [one.files(folder, name) for one, name in ((insurer, "a"), (stranger, "b"), (ended, "c"))]
    opened = Street(hall, proxy, insurer, *files)
    yield opened
    proxy.server.stop()
    hall.stop()


def register(hall: TownHall, client_id: str, *certificates: TlsClient) -> None:
    """What an administrator enters for an insurer."""
    told = {
        "client_id": client_id,
        "name": "Mutuelle fictive",
        "place": "Corte",
        "scopes": ["rights", "contracts"],
        "purposes": ["contract"],
        "legal_basis": "Exécution du contrat (RGPD 6.1.b)",
        "organisation": "99999999",
        "grant_types": ["client_credentials"],
        "auth_method": "self_signed_tls_client_auth",
        "jwks": {"keys": [one.jwk for one in certificates]},
        "kinds": [],
    }
    assert hall.register_client(told) == ""


def test_an_insurer_asks_by_its_certificate_alone(street: Street) -> None:
    """Metadata, token, contracts, one question: over TLS, by the addresses the metadata give."""
    connection = street.by_proxy(street.insurer_files)
    metadata = street.direct().send("GET", "/.well-known/openid-configuration").json()
    assert metadata["mtls_endpoint_aliases"]["token_endpoint"].startswith(street.proxy.url)

    told = connection.ask_token()
    assert told.status_code == 200, (told.text, street.proxy.server.log())
    token = told.json()["access_token"]
    published = connection.send(
        "POST",
        "/v1/contracts/files",
        data=CONTRACTS.format(nir=ANGE, year=now().year).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "text/csv"},
    )
    assert published.status_code == 200, published.text
    answer = connection.query(token)

    assert answer.status_code == 200, answer.text
    assert answer.json()["amc"]["open"], answer.text


def test_a_file_of_many_contracts_passes_and_no_other_large_body(street: Street) -> None:
    """An insurer's file is far beyond what a question may be; every other door keeps its small size."""
    connection = street.by_proxy(street.insurer_files)
    token = connection.ask_token().json()["access_token"]
    header, line = CONTRACTS.format(nir=ANGE, year=now().year).splitlines()
    many = "\n".join([header, *(line.replace("C-1;", f"C-{number};", 1) for number in range(1_000))]) + "\n"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}

    taken = connection.send("POST", "/v1/contracts/files", data=many.encode(), headers=headers)
    refused = connection.send("POST", "/v1/rights/queries", data=many.encode(), headers=headers)

    assert len(many) > 65_536
    assert (taken.status_code, refused.status_code) == (200, 413), (taken.text[:300], refused.text[:300])


def test_the_token_is_worth_nothing_by_any_other_way(street: Street) -> None:
    """Stolen, it opens no door: without a certificate, with another, with the header written by the thief."""
    token = street.by_proxy(street.insurer_files).ask_token().json()["access_token"]
    spelled = {
        "Client-Cert": street.insurer.header,
        "client-cert": street.insurer.header,
        "Client_Cert": street.insurer.header,
        "CLIENT_CERT": street.insurer.header,
    }
    ways = {
        "no certificate": street.by_proxy(None),
        "another": street.by_proxy(street.stranger_files),
        "straight, no header": street.direct(),
        "straight, the PEM": street.direct(**{"X-SSL-Client-Cert": "MII"}),
        "straight, a guessed secret": street.direct(
            **{"Client-Cert": street.insurer.header, "Proxy-Secret": secrets.token_urlsafe(32)}
        ),
    }
    for name, value in spelled.items():
        ways[f"straight, {name}"] = street.direct(**{name: value})
        ways[f"by the proxy, {name}"] = street.by_proxy(None, **{name: value})
        ways[f"by the proxy, {name}, another's certificate"] = street.by_proxy(
            street.stranger_files, **{name: value}
        )
    for way, connection in ways.items():
        answer = connection.query(token)
        assert (answer.status_code, answer.json()["code"]) == (401, "caller_refused"), way
        refused = connection.ask_token()
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), way


def test_headers_of_the_clients_own_change_nothing(street: Street) -> None:
    """The insurer's software sends such headers by mistake: what the handshake proved is what counts."""
    other = TlsClient.make(now())
    for name in ("Client-Cert", "Client_Cert", "Proxy_Secret", "Client-Cert-Chain"):
        answer = street.by_proxy(street.insurer_files, **{name: other.header}).ask_token()
        assert answer.status_code == 200, (name, answer.text)
        cnf = _claims(answer.json()["access_token"])["cnf"]
        assert cnf == {"x5t#S256": street.insurer.thumbprint}, name


def test_a_certificate_that_ended_opens_nothing(street: Street) -> None:
    """Registered, and past its dates: Apache ends the handshake; the same door serves one that holds."""
    with pytest.raises(requests.ConnectionError):  # the alert, or the connection closed before it is read
        street.by_proxy(street.ended_files).ask_token()

    assert street.by_proxy(street.insurer_files).ask_token().status_code == 200


def test_an_insurers_file_passes_and_nothing_else_so_large(street: Street) -> None:
    """64 kB is the limit but for files: the backend itself refuses this one, which has no name."""
    connection = street.by_proxy(street.insurer_files)
    token = connection.ask_token().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    large = b"{}\n" * 30_000

    assert connection.send("POST", "/v1/rights/queries", data=large, headers=headers).status_code == 413
    answer = connection.send("POST", "/v1/rights/batches", data=large, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "batch_refused")


def test_only_the_proxy_says_the_address(street: Street) -> None:
    """A request through the proxy is served whatever addresses it claims for itself."""
    answer = street.by_proxy(None, **{"X-Forwarded-For": "203.0.113.9", "X_Forwarded_For": "::"}).send(
        "GET", "/healthz"
    )

    assert answer.status_code == 200


def _claims(token: str) -> Any:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
