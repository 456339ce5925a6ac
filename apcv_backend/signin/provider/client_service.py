"""Registers clients, changes secrets and keys, closes them. A secret is told once and kept as a hash."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from apcv_backend.signin.provider.client_rules import Client, complete, parse_client
from apcv_backend.signin.provider.provider_ports import Clients, KeptClient, Macs
from cartes.errors import CarteError, InvalidValue
from cartes.wire import base64url, strict_json

SECRET_BYTES = 32
FORMER_SECRET_LIFE = timedelta(days=1)
"""How long the secret before is still accepted: the time to change it everywhere."""


class ClientExists(CarteError):
    """The identifier is taken, by an open client or a closed one: it is never given again."""

    code = "client_exists"


class ClientUnknown(CarteError):
    """There is no such open client, or it has no secret to change."""

    code = "client_unknown"


class ClientDocumentRefused(CarteError):
    """The registration document does not hold; `member` names what is wrong. Nothing was registered."""

    code = "client_document_refused"


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A client and its secret, told this once; the secret is empty for whoever proves itself by a key."""

    client: Client
    secret: str = field(repr=False)


class ClientDesk:
    """See the module's story. `loopback` lets http://localhost be registered (development)."""

    def __init__(
        self, *, clients: Clients, macs: Macs, random: Callable[[int], bytes], loopback: bool
    ) -> None:
        self._clients = clients
        self._macs = macs
        self._random = random
        self._loopback = loopback

    def register(self, unverified: Mapping[str, Any], by: str, at: datetime) -> NewSecret:
        """Enter a client from its document (`client_rules.MEMBERS`); `by` goes to the journal.

        Raises:
            ClientDocumentRefused: `member` is at fault. ClientExists: the identifier is taken.
        """
        try:
            client, document = parse_client(unverified, loopback=self._loopback), complete(unverified)
            strict_json.canonical(document)
        except InvalidValue as wrong:
            raise ClientDocumentRefused(member=wrong.facts.get("why")) from wrong
        secret = self._new_secret() if client.auth_method.has_secret else ""
        mac = self._mac(client.client_id, secret) if secret else None
        if not self._clients.add(client, document, mac, by, at):
            raise ClientExists
        return NewSecret(client, secret)

    def list(self) -> Sequence[KeptClient]:
        """Every client, by identifier."""
        return self._clients.all()

    def show(self, client_id: str) -> KeptClient:
        """One client, open or closed. Raises `ClientUnknown`."""
        kept = self._clients.get(client_id)
        if kept is None:
            raise ClientUnknown
        return kept

    def rotate_secret(self, client_id: str, by: str, at: datetime) -> NewSecret:
        """Give a new secret; the one before is accepted for a day more. Raises `ClientUnknown`."""
        secret = self._new_secret()
        mac = self._mac(client_id, secret)
        if not self._clients.replace_secret(client_id, mac, at + FORMER_SECRET_LIFE, by, at):
            raise ClientUnknown
        return NewSecret(self.show(client_id).client, secret)

    def replace_keys(self, client_id: str, unverified_jwks: Any, by: str, at: datetime) -> None:
        """Put other keys, or certificates, in the place of a client's: one left out serves no more, at once.

        Raises:
            ClientUnknown: no such open client. ClientDocumentRefused: not keys it can prove itself by.
        """
        kept = self.show(client_id)
        document = {**kept.document, "jwks": unverified_jwks}
        try:
            parse_client(document, loopback=self._loopback)
            strict_json.canonical(document)
        except InvalidValue as wrong:
            raise ClientDocumentRefused(member="jwks") from wrong
        if not self._clients.replace_document(client_id, document, by, at):
            raise ClientUnknown

    def close(self, client_id: str, why: str, by: str, at: datetime) -> None:
        """Close a client and every session at it. Raises `ClientUnknown`."""
        if not self._clients.close(client_id, why, by, at):
            raise ClientUnknown

    def _new_secret(self) -> str:
        return base64url.encode(self._random(SECRET_BYTES))

    def _mac(self, client_id: str, secret: str) -> bytes:
        return self._macs.code_mac(client_id, secret, "client-secret")
