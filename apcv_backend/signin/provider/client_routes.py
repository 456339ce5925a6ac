"""The administrator's doors for clients. They decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from flask.views import MethodView
from marshmallow import fields, validate

from apcv_backend.blueprint import StrictBlueprint, StrictSchema
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.signin.provider.client_service import ClientDesk
from apcv_backend.signin.provider.provider_ports import KeptClient

_NOT_STAFF = {401: "Pas de session d'agent.", 403: "Un administrateur seul ouvre cette porte."}
_ABSENT = {404: "Pas de tel client ouvert."}


class StaffGate(Protocol):
    """Whoever can say that an administrator calls (the room `staff`)."""

    def __call__(self, at: datetime) -> Caller:
        """The administrator behind the current request. Raises `CallerRefused` or `CallerNotAllowed`."""
        ...


class NewClientSchema(StrictSchema):
    """A registration document; its members are those of `docs/signin.md`, judged by the room's rules."""

    client = fields.Dict(keys=fields.String(), required=True)


class KeysSchema(StrictSchema):
    """A client's public keys, or its certificates (`x5c`), as a JWK set; judged by the room's rules."""

    jwks = fields.Dict(keys=fields.String(), required=True)


class ReasonSchema(StrictSchema):
    """Why a client is closed."""

    reason = fields.String(required=True, validate=validate.Length(1, 200))


class SecretSchema(StrictSchema):
    """A client and its secret, told once; empty for whoever proves itself by a key."""

    client_id = fields.String()
    client_secret = fields.String()


class ClientSchema(StrictSchema):
    """What is registered of a client, without a secret."""

    client = fields.Dict(keys=fields.String())
    registered_by = fields.String()
    registered_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)


def make_client_blueprint(
    clients: ClientDesk, *, administrator: StaffGate, clock: Callable[[], datetime]
) -> StrictBlueprint:
    """The routes under `/v1/clients`."""
    blueprint = StrictBlueprint(
        "clients", __name__, url_prefix="/v1/clients", description="Les clients de la connexion."
    )
    role = "role:administrator"

    @blueprint.route("")
    class Clients(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=role)
        @blueprint.gives(200, ClientSchema(many=True))
        @blueprint.refuses(_NOT_STAFF)
        def get(self) -> list[dict[str, Any]]:
            """Tous les clients."""
            administrator(clock())
            return [_told(kept) for kept in clients.list()]

        @blueprint.called_by(CallerKind.STAFF, scope=role)
        @blueprint.takes(NewClientSchema)
        @blueprint.gives(201, SecretSchema)
        @blueprint.refuses({**_NOT_STAFF, 409: "Cet identifiant est pris."})
        def post(self, body: dict[str, Any]) -> dict[str, str]:
            """Inscrire un client ; son secret est dit une fois."""
            at = clock()
            new = clients.register(body["client"], administrator(at).name, at)
            return {"client_id": new.client.client_id, "client_secret": new.secret}

    @blueprint.route("/<string:client_id>")
    class OneClient(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=role)
        @blueprint.gives(200, ClientSchema)
        @blueprint.refuses({**_NOT_STAFF, **_ABSENT})
        def get(self, client_id: str) -> dict[str, Any]:
            """Un client."""
            administrator(clock())
            return _told(clients.show(client_id))

    @blueprint.route("/<string:client_id>/secret")
    class Secret(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=role)
        @blueprint.gives(200, SecretSchema)
        @blueprint.refuses({**_NOT_STAFF, **_ABSENT})
        def post(self, client_id: str) -> dict[str, str]:
            """Donner un nouveau secret ; l'ancien sert encore un jour."""
            at = clock()
            new = clients.rotate_secret(client_id, administrator(at).name, at)
            return {"client_id": client_id, "client_secret": new.secret}

    @blueprint.route("/<string:client_id>/keys")
    class Keys(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=role)
        @blueprint.takes(KeysSchema)
        @blueprint.gives(204)
        @blueprint.refuses({**_NOT_STAFF, **_ABSENT})
        def post(self, body: dict[str, Any], client_id: str) -> None:
            """Remplacer ses clés ou ses certificats ; ce qui n'y est plus ne sert plus, aussitôt."""
            at = clock()
            clients.replace_keys(client_id, body["jwks"], administrator(at).name, at)

    @blueprint.route("/<string:client_id>/closing")
    class Closing(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=role)
        @blueprint.takes(ReasonSchema)
        @blueprint.gives(204)
        @blueprint.refuses({**_NOT_STAFF, **_ABSENT})
        def post(self, body: dict[str, str], client_id: str) -> None:
            """Fermer un client et toutes les sessions ouvertes chez lui."""
            at = clock()
            clients.close(client_id, body["reason"], administrator(at).name, at)

    return blueprint


def _told(kept: KeptClient) -> dict[str, Any]:
    return {
        "client": dict(kept.document),
        "registered_by": kept.registered_by,
        "registered_at": kept.registered_at,
        "closed_at": kept.closed_at,
    }
