"""The door of CIBA, where Pro Santé Connect has it. Parameters of its own (`channel`, …) are read past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from flask import Response, request

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.caller_door import unverified_certificate
from apcv_backend.callers import CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.signin.approval.ciba import CibaDesk
from apcv_backend.signin.provider.discovery import CIBA_PATH
from apcv_backend.signin.provider.oauth_answers import form_of_request, json_answer, refusal_answer
from apcv_backend.signin.provider.oauth_errors import OAuthRefused

_MINUTE_S = 60
_A_MINUTE = 600


class CibaRoom(Protocol):
    """What answers at this door."""

    @property
    def ciba(self) -> CibaDesk:
        """The desk."""
        ...


def make_ciba_blueprint(
    room: CibaRoom, *, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """The one route."""
    blueprint = StrictBlueprint(
        "ciba", __name__, url_prefix="", description="Connexion sans navigateur (CIBA)."
    )
    blueprint.register_error_handler(OAuthRefused, refusal_answer)
    door: Callable[[View], View] = blueprint.route(CIBA_PATH, methods=["POST"])

    @door
    @blueprint.called_by(CallerKind.CLIENT)
    @blueprint.refuses_as_oauth(
        {400: "Refus OAuth : `error`, `error_description`.", 401: "Client non prouvé."}
    )
    def ask() -> Response:
        """Demander à un téléphone d'approuver une connexion (OpenID CIBA Core 1.0, section 7)."""
        at = clock()
        limit(counters, f"ciba|{request.remote_addr}", most=_A_MINUTE, window_s=_MINUTE_S, at=at)
        authorization, certificate = request.headers.get("Authorization", ""), unverified_certificate()
        return json_answer(room.ciba.begin(form_of_request(), authorization, at, certificate=certificate))

    return blueprint
