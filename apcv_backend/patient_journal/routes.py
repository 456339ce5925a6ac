"""The door of the patient's journal: read, take away, contest. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, request
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.patient_journal.pdf import journal_pdf
from apcv_backend.patient_journal.rules import Told
from apcv_backend.patient_journal.schemas import (
    ExportQuerySchema,
    IncidentSchema,
    LineSchema,
    PageQuerySchema,
    PageSchema,
)
from apcv_backend.patient_journal.service import PatientJournal, SignedRequest
from cartes.wire import strict_json

_MINUTE_S = 60
_ASKED_A_MINUTE = 120
_EXPORTED_A_MINUTE = 10
_DPOP = "Preuve par la clé d'application du téléphone (RFC 9449) ; son jti ne sert qu'une fois."
_UNSIGNED = {401: "Preuve DPoP absente, refusée, déjà vue, ou d'un téléphone inconnu ou retiré."}
_NOT_THEIRS = {
    403: "La délégation est finie, ou ne va pas jusqu'au journal.",
    404: "Ce téléphone ne tient pas de telle délégation, ou cette ligne n'est pas de ce journal.",
}
_REPRESENTED = "/representations/<string(maxlength=32):reference>/journal"


def make_blueprint(
    room: PatientJournal, *, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """The routes of the patient's journal. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "patient_journal",
        __name__,
        url_prefix="/v1",
        description="Ce qui a été fait avec mes données, ou celles d'un proche : qui, pourquoi, quand.",
    )

    def signed(what: str, most: int, reference: str, at: datetime) -> SignedRequest:
        counted = f"{what}{'_represented' if reference else ''}:{request.remote_addr}"
        limit(counters, counted, most=most, window_s=_MINUTE_S, at=at)
        return SignedRequest(request.method, request.path, request.headers.get("DPoP", ""), reference)

    def page(query: dict[str, Any], reference: str = "") -> dict[str, Any]:
        at = clock()
        read = room.read(signed("journal", _ASKED_A_MINUTE, reference, at), query["before"], _language(), at)
        return {"entries": [_told(line) for line in read.lines], "next": read.next}

    def export(query: dict[str, Any], reference: str = "") -> Response:
        at, language = clock(), _language()
        taken = room.export(signed("journal_export", _EXPORTED_A_MINUTE, reference, at), language, at)
        if query["format"] == "pdf":
            body, kind = journal_pdf(taken, language, at, is_own=not reference), "application/pdf"
        else:
            told = [LineSchema().dump(_told(line)) for line in taken.lines]
            body, kind = strict_json.canonical({"entries": told, "next": taken.next}), "application/json"
        response = Response(body, content_type=kind)
        response.headers["Content-Disposition"] = f'attachment; filename="journal.{query["format"]}"'
        return response

    def contest(entry: str, reference: str = "") -> dict[str, Any]:
        at = clock()
        incident = room.contest(signed("journal_incident", _EXPORTED_A_MINUTE, reference, at), entry, at)
        return {"incident_id": incident.incident_id, "opened_at": incident.opened_at}

    _add_own(blueprint, page, export, contest)
    _add_represented(blueprint, page, export, contest)
    return blueprint


def _add_own(
    blueprint: StrictBlueprint,
    page: Callable[..., dict[str, Any]],
    export: Callable[..., Response],
    contest: Callable[..., dict[str, Any]],
) -> None:
    @blueprint.route("/journal")
    class JournalPage(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_query(PageQuerySchema)
        @blueprint.gives(200, PageSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_UNSIGNED)
        def get(self, query: dict[str, Any]) -> dict[str, Any]:
            """Une page de son journal, le plus récent d'abord."""
            return page(query)

    @blueprint.route("/journal/export")
    class Export(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_query(ExportQuerySchema)
        @blueprint.gives(200, PageSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(_UNSIGNED)
        def get(self, query: dict[str, Any]) -> Response:
            """Tout son journal, à emporter : JSON, ou PDF à lire et à imprimer."""
            return export(query)

    @blueprint.route("/journal/<string(maxlength=64):entry>/incident")
    class OneIncident(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.gives(201, IncidentSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(
            {**_UNSIGNED, 404: "Cette ligne n'est pas de ce journal.", 409: "Cette ligne est déjà signalée."}
        )
        def post(self, entry: str) -> dict[str, Any]:
            """« Ce n'était pas moi » : ouvrir un incident sur une ligne, une fois."""
            return contest(entry)


def _add_represented(
    blueprint: StrictBlueprint,
    page: Callable[..., dict[str, Any]],
    export: Callable[..., Response],
    contest: Callable[..., dict[str, Any]],
) -> None:
    refused = {**_UNSIGNED, **_NOT_THEIRS}

    @blueprint.route(_REPRESENTED)
    class RepresentedPage(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_query(PageQuerySchema)
        @blueprint.gives(200, PageSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(refused)
        def get(self, query: dict[str, Any], reference: str) -> dict[str, Any]:
            """Le journal d'un enfant de moins de seize ans ou d'un majeur protégé, sans ce qu'ils taisent."""
            return page(query, reference)

    @blueprint.route(f"{_REPRESENTED}/export")
    class RepresentedExport(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.asks_query(ExportQuerySchema)
        @blueprint.gives(200, PageSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses(refused)
        def get(self, query: dict[str, Any], reference: str) -> Response:
            """Le même, à emporter."""
            return export(query, reference)

    @blueprint.route(f"{_REPRESENTED}/<string(maxlength=64):entry>/incident")
    class RepresentedIncident(MethodView):
        @blueprint.called_by(CallerKind.PHONE)
        @blueprint.gives(201, IncidentSchema)
        @blueprint.asks_header("DPoP", _DPOP, max_length=4096)
        @blueprint.refuses({**refused, 409: "Cette ligne est déjà signalée."})
        def post(self, reference: str, entry: str) -> dict[str, Any]:
            """Signaler une ligne pour qui on représente : « ce n'était pas nous »."""
            return contest(entry, reference)


def _told(told: Told) -> dict[str, Any]:
    return {
        "entry": told.line.entry,
        "at": told.line.at,
        "event": told.line.event,
        "what": told.what,
        "who": told.who,
        "why": told.why,
        "insurer": told.insurer,
        "contested_at": told.line.contested_at,
        "leaf_index": told.line.leaf_index,
    }


def _language() -> str:
    return request.accept_languages.best_match(["fr", "en"], "fr") or "fr"
