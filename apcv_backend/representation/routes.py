"""The door of the room `representation`, for phones: for whom I may ask a card, who may for me, and no more.

Opening is a desk's act, never a phone's. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import request
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import CallerKind
from apcv_backend.enrolment.rules import day_in_france
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.representation.schemas import RepresentationsSchema
from apcv_backend.representation.service import Representations, Told

_MINUTE_S = 60
_SIGNED_A_MINUTE = 600
_DPOP = "Preuve RFC 9449 par la clé d'application du téléphone."


def make_blueprint(
    room: Representations, *, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """The routes of representation. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "representation", __name__, url_prefix="/v1", description="Présenter la carte d'une autre personne."
    )
    refused = {
        401: "Preuve DPoP absente, refusée, déjà vue, ou d'un téléphone inconnu.",
        403: "Téléphone retiré.",
    }

    def count(at: datetime) -> None:
        limit(
            counters,
            f"representations:{request.remote_addr}",
            most=_SIGNED_A_MINUTE,
            window_s=_MINUTE_S,
            at=at,
        )

    @blueprint.route("/representations")
    class All(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.gives(200, RepresentationsSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(refused)
        def get(self) -> dict[str, Any]:
            """Qui cette personne représente (`held`), et qui la représente (`given`), aujourd'hui."""
            at = clock()
            count(at)
            held, given = room.told(request.method, request.path, _dpop(), at)
            return {"held": [_said(one, at) for one in held], "given": [_said(one, at) for one in given]}

    @blueprint.route("/representations/<string(maxlength=32):reference>")
    class One(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.gives(204)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses({**refused, 404: "Pas de telle représentation, ou elle n'est pas à retirer ici."})
        def delete(self, reference: str) -> None:
            """Renoncer à représenter quelqu'un, ou retirer un mandat qu'on avait donné ; effet immédiat."""
            at = clock()
            count(at)
            room.end_from_phone(reference, request.method, request.path, _dpop(), at)

    return blueprint


def _dpop() -> str:
    return request.headers.get("DPoP", "")


def _said(told: Told, at: datetime) -> dict[str, Any]:
    one = told.representation
    return {
        "reference": one.reference,
        "type": one.type.word,
        "scope": sorted(one.scope),
        "given": told.given,
        "use_name": told.use_name,
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
        "exclut_confidentiel": one.excludes_confidential(day_in_france(at)),
    }
