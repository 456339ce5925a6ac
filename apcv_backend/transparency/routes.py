"""The door of the log, open to anyone: heads and proofs, which are hashes and tell of nobody."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import request
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.transparency.schemas import (
    ConsistencyQuerySchema,
    ConsistencySchema,
    HeadSchema,
    InclusionQuerySchema,
    InclusionSchema,
)
from apcv_backend.transparency.service import LogDesk

_MINUTE_S = 60
_ASKED_A_MINUTE = 600
_NO_HEAD = {404: "Ce journal n'a pas encore de tête signée."}
_NO_PROOF = {404: "Aucune tête signée ne couvre ce qui est demandé.", 422: "Nombres hors de bornes."}


def make_blueprint(desk: LogDesk, *, clock: Callable[[], datetime], counters: Counters) -> StrictBlueprint:
    """The routes of the log. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "transparency",
        __name__,
        url_prefix="/v1/log",
        description="Le journal, ses têtes signées et ses preuves (RFC 9162) : aucune donnée personnelle.",
    )

    def count() -> None:
        limit(counters, f"log:{request.remote_addr}", most=_ASKED_A_MINUTE, window_s=_MINUTE_S, at=clock())

    @blueprint.route("/head")
    class Head(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.gives(200, HeadSchema)
        @blueprint.refuses(_NO_HEAD)
        def get(self) -> dict[str, Any]:
            """La dernière tête signée du journal."""
            count()
            head = desk.head()
            return {
                "origin": desk.origin,
                "tree_size": head.size,
                "root": _told(head.root),
                "signed_at": head.at,
                "note": head.note,
            }

    @blueprint.route("/proofs/inclusion")
    class Inclusion(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.asks_query(InclusionQuerySchema)
        @blueprint.gives(200, InclusionSchema)
        @blueprint.refuses(_NO_PROOF)
        def get(self, query: dict[str, Any]) -> dict[str, Any]:
            """La preuve qu'une entrée est dans le journal."""
            count()
            leaf, path = desk.prove_inclusion(query["leaf_index"], query["tree_size"])
            return {"leaf_hash": _told(leaf), "path": _all_told(path)}

    @blueprint.route("/proofs/consistency")
    class Consistency(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.asks_query(ConsistencyQuerySchema)
        @blueprint.gives(200, ConsistencySchema)
        @blueprint.refuses(_NO_PROOF)
        def get(self, query: dict[str, Any]) -> dict[str, Any]:
            """La preuve que le journal n'a fait que grandir d'une taille à une autre."""
            count()
            return {"path": _all_told(desk.prove_consistency(query["first"], query["second"]))}

    return blueprint


def _told(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _all_told(values: Sequence[bytes]) -> list[str]:
    return [_told(value) for value in values]
