"""The door of the room `enrolment`: loads a body, calls one service, dumps the answer. It decides nothing.

Limits a minute are for politeness between clients; what protects a code is its five errors, in the database.
They are counted by the client's address, which behind a proxy is the proxy's unless the server in front says
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import CallerKind
from apcv_backend.dpop import AppKey
from apcv_backend.enrolment.device_service import OwnDevice, SignedRequest
from apcv_backend.enrolment.ports import UnverifiedProof
from apcv_backend.enrolment.schemas import (
    BeginSchema,
    BegunSchema,
    DeviceSchema,
    EnrolledSchema,
    FinishSchema,
    LossReportSchema,
    NoticeSchema,
    RenameSchema,
)
from apcv_backend.enrolment.service import EnrolmentRoom
from apcv_backend.ephemeral import Counters, limit
from cartes.cards import CardKind

_MINUTE_S = 60
_BEGIN_A_MINUTE = 300
_FINISH_A_MINUTE = 300
_REPORTS_A_MINUTE = 30
_SIGNED_A_MINUTE = 600

_DPOP = "Preuve par la clé d'application du téléphone (RFC 9449) ; son jti ne sert qu'une fois."

Count = Callable[[str, int, datetime], None]
"""Counts one request of a kind, refusing the one too many of this minute."""


def make_blueprint(
    room: EnrolmentRoom, *, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """The routes of enrolment and of a person's phones. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "enrolment",
        __name__,
        url_prefix="/v1",
        description="Enrôler un téléphone ; voir et retirer ceux que l'on a.",
    )

    def count(what: str, most: int, at: datetime) -> None:
        limit(counters, f"{what}:{request.remote_addr}", most=most, window_s=_MINUTE_S, at=at)

    _add_enrolments(blueprint, room, clock, count)
    _add_devices(blueprint, room, clock, count)
    _add_loss_reports(blueprint, room, clock, count)
    return blueprint


def _add_enrolments(
    blueprint: StrictBlueprint, room: EnrolmentRoom, clock: Callable[[], datetime], count: Count
) -> None:
    @blueprint.route("/enrolments")
    class Enrolments(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.takes(BeginSchema)
        @blueprint.gives(201, BegunSchema)
        @blueprint.refuses({403: "Code refusé, ou carte impossible.", 409: "Trop de téléphones."})
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Prouver son identité et demander de quoi créer la clé du téléphone.

            Tout échec du code (inconnu, faux, expiré, verrouillé, déjà servi) reçoit la même réponse. Cinq
            erreurs verrouillent sa référence.
            """
            at = clock()
            count("enrolments", _BEGIN_A_MINUTE, at)
            proof = body["proof"]
            secrets = tuple(proof["secrets"]) if "secrets" in proof else (proof["secret"],)
            begun = room.registration.begin(
                UnverifiedProof(CardKind(body["card"]), proof["reference"], secrets),
                body["device_name"],
                AppKey.parse(body["app_key"]),
                at,
            )
            return {
                "ceremony_id": begun.ceremony_id,
                "expires_at": begun.expires_at,
                "public_key": begun.public_key,
            }

    @blueprint.route("/enrolments/<uuid:ceremony_id>")
    class Enrolment(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.takes(FinishSchema)
        @blueprint.gives(201, EnrolledSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(
            {
                401: "Preuve DPoP absente ou refusée.",
                403: "Réponse WebAuthn refusée, ou téléphone qui ne convient pas à cette carte.",
                404: "Ce n'est pas l'adresse d'une cérémonie.",
                409: "Clé déjà enregistrée, ou trop de téléphones.",
                410: "Cérémonie expirée ou déjà terminée : recommencer.",
            },
        )
        def post(self, body: dict[str, Any], ceremony_id: UUID) -> dict[str, Any]:
            """Enregistrer la clé que le téléphone a créée.

            La preuve DPoP porte en `nonce` le défi WebAuthn. Une cérémonie ne s'essaie qu'une fois ; le code
            d'activation, lui, ne sert qu'au succès.
            """
            at = clock()
            count("enrolments_finished", _FINISH_A_MINUTE, at)
            enrolled = room.registration.finish(str(ceremony_id), body["credential"], _dpop(), at)
            return {
                "device_id": enrolled.device_id,
                "reference": enrolled.reference,
                "card": enrolled.card.value,
                "binding": enrolled.binding.word,
                "attestation_format": enrolled.attestation_format,
                "loss_code": enrolled.loss_code,
                "renew_until": enrolled.renew_until,
            }


def _add_devices(
    blueprint: StrictBlueprint, room: EnrolmentRoom, clock: Callable[[], datetime], count: Count
) -> None:
    unsigned = {
        401: "Preuve DPoP absente, refusée, déjà vue, ou d'un téléphone inconnu.",
        403: "Téléphone retiré.",
    }
    not_mine = {**unsigned, 404: "Cette personne n'a pas ce téléphone."}

    def signed(at: datetime) -> SignedRequest:
        count("signed", _SIGNED_A_MINUTE, at)
        return SignedRequest(request.method, request.path, _dpop())

    @blueprint.route("/devices")
    class Devices(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.gives(200, DeviceSchema(many=True))
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(unsigned)
        def get(self) -> list[dict[str, Any]]:
            """Les téléphones de la personne, du plus ancien au plus récent."""
            at = clock()
            return [_told(own) for own in room.devices.list(signed(at), at)]

    @blueprint.route("/devices/<uuid:device_id>")
    class OneDevice(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.takes(RenameSchema)
        @blueprint.gives(200, DeviceSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(not_mine)
        def patch(self, body: dict[str, Any], device_id: UUID) -> dict[str, Any]:
            """Renommer un de ses téléphones."""
            at = clock()
            return _told(room.devices.rename(signed(at), str(device_id), body["name"], at))

        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.gives(204)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(not_mine)
        def delete(self, device_id: UUID) -> None:
            """Retirer un de ses téléphones : ses cartes sont révoquées, les autres téléphones avertis."""
            at = clock()
            room.devices.withdraw(signed(at), str(device_id), at)

    @blueprint.route("/notices")
    class Notices(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.gives(200, NoticeSchema(many=True))
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(unsigned)
        def get(self) -> list[dict[str, Any]]:
            """Ce que la personne doit savoir : téléphone ajouté, retiré, perdu. Le plus récent d'abord."""
            at = clock()
            return [
                {
                    "notice_id": told.notice_id,
                    "kind": told.kind,
                    "at": told.at,
                    "device_name": told.device_name,
                }
                for told in room.devices.notices(signed(at), at)
            ]


def _add_loss_reports(
    blueprint: StrictBlueprint, room: EnrolmentRoom, clock: Callable[[], datetime], count: Count
) -> None:
    @blueprint.route("/loss-reports")
    class LossReports(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.takes(LossReportSchema)
        @blueprint.gives(204)
        @blueprint.refuses({403: "Référence ou code de perte refusés."})
        def post(self, body: dict[str, Any]) -> None:
            """Déclarer un téléphone perdu, sans le téléphone : sa référence et son code de perte."""
            at = clock()
            count("loss_reports", _REPORTS_A_MINUTE, at)
            room.devices.report_loss(body["reference"], body["loss_code"], at)


def _dpop() -> str:
    return request.headers.get("DPoP", "")


def _told(own: OwnDevice) -> dict[str, Any]:
    device = own.device
    return {
        "device_id": device.device_id,
        "reference": device.reference,
        "name": device.name,
        "card": device.card.value,
        "binding": device.binding.word,
        "enrolled_at": device.enrolled_at,
        "last_used_at": device.last_used_at,
        "this_device": own.is_this_one,
    }
