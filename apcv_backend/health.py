"""Am I alive, and may I be given work? Liveness looks at nothing; readiness looks at what a request needs."""

from __future__ import annotations

from flask import Blueprint, Response

from apcv_backend.bootstrap import Services
from cartes.wire import strict_json

_READY, _NOT_READY = 200, 503


def make_health_blueprint(services: Services) -> Blueprint:
    """`/healthz` (this process answers) and `/readyz` (database, schema, issuer keys, publication)."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def alive() -> Response:
        return _answer({"alive": True}, _READY)

    @blueprint.get("/readyz")
    def ready() -> Response:
        checks = services.readiness(services.clock())
        return _answer(checks, _READY if all(checks.values()) else _NOT_READY)

    return blueprint


def _answer(checks: dict[str, bool], status: int) -> Response:
    response = Response(strict_json.canonical(checks), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
