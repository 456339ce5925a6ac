"""The door of the room `presences`: redeem a scan, renew, close, upload what was scanned offline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.caller_door import identified
from apcv_backend.callers import Caller, CallerKind, Callers
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.presences.rules import SCOPE, UnverifiedScan
from apcv_backend.presences.schemas import PresenceSchema, ScanSchema, UploadAnswerSchema, UploadSchema
from apcv_backend.presences.service import GivenPresence, PresenceDesk

_MINUTE_S = 60
_CALLS_A_MINUTE = 120

_WHO = {401: "Pas de jeton d'accès e-CPS prouvé.", 403: "Jeton d'un autre genre, ou présence refusée."}


def make_blueprint(
    desk: PresenceDesk, *, callers: Callers, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """The routes of presences. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "presences", __name__, url_prefix="/v1", description="Dire qu'un patient est là, devant soi."
    )

    def professional(at: datetime) -> Caller:
        caller = identified(callers, at, CallerKind.PROFESSIONAL, scope=SCOPE)
        limit(counters, f"presences:{caller.name}", most=_CALLS_A_MINUTE, window_s=_MINUTE_S, at=at)
        return caller

    @blueprint.route("/presences")
    class All(MethodView):
        @blueprint.called_by(CallerKind.PROFESSIONAL, scope=SCOPE)
        @blueprint.takes(ScanSchema)
        @blueprint.gives(201, PresenceSchema)
        @blueprint.refuses(
            {
                **_WHO,
                409: "Ce code a déjà servi, ou ce téléphone est ailleurs.",
                422: "Carte ou preuve refusée ; `reason` dit pourquoi.",
            }
        )
        def post(self, body: dict[str, str]) -> dict[str, Any]:
            """Échanger un code lu depuis moins de 75 secondes contre un jeton de présence.

            Le service vérifie tout lui-même. Un code ne sert qu'une fois dans le pays.
            """
            at = clock()
            caller = professional(at)
            return _told(desk.redeem(_scan(body), caller, at))

    @blueprint.route("/presences/<uuid:presence_id>/renewals")
    class Renewals(MethodView):
        @blueprint.called_by(CallerKind.PROFESSIONAL, scope=SCOPE)
        @blueprint.gives(201, PresenceSchema)
        @blueprint.refuses(_WHO)
        def post(self, presence_id: object) -> dict[str, Any]:
            """Prolonger une présence encore ouverte, sans nouvelle lecture, huit heures au plus."""
            at = clock()
            caller = professional(at)
            return _told(desk.renew(str(presence_id), caller, at))

    @blueprint.route("/presences/<uuid:presence_id>")
    class One(MethodView):
        @blueprint.called_by(CallerKind.PROFESSIONAL, scope=SCOPE)
        @blueprint.gives(204)
        @blueprint.refuses(_WHO)
        def delete(self, presence_id: object) -> None:
            """La visite est finie : le jeton ne sert plus, tout de suite."""
            at = clock()
            caller = professional(at)
            desk.close(str(presence_id), caller, at)

    @blueprint.route("/presences/uploads")
    class Uploads(MethodView):
        @blueprint.called_by(CallerKind.PROFESSIONAL, scope=SCOPE)
        @blueprint.takes(UploadSchema)
        @blueprint.gives(200, UploadAnswerSchema)
        @blueprint.refuses(_WHO)
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Remettre les codes lus hors ligne : ils sont comparés et journalisés, jamais échangés."""
            at = clock()
            caller = professional(at)
            compared = desk.upload([_scan(one) for one in body["scans"]], caller, at)
            return {
                "results": [
                    {"verdict": one.verdict.value, **({"why": one.why} if one.why else {})}
                    for one in compared
                ]
            }

    return blueprint


def _scan(body: dict[str, str]) -> UnverifiedScan:
    return UnverifiedScan(body["scan"], body["request"])


def _told(given: GivenPresence) -> dict[str, Any]:
    presence = given.presence
    return {
        "presence_id": presence.presence_id,
        "presence_token": given.token,
        "method": presence.method.value,
        "opens": sorted(shown.value for shown in presence.opens),
        "seen_elsewhere": presence.seen_elsewhere,
        "expires_at": _instant(presence.expires_at),
        "renew_until": _instant(presence.ends_at),
    }


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
