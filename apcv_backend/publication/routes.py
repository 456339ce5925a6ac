"""The publication over HTTP: plain files, as any static server would give them; and lists for who is online.

What never changes under its name (a version or a hash is in it) may be cached for ever; the timestamp, and
the absence of a file, may not be cached at all: the next root does not exist until the day it does.

A status list for online verifiers is made and signed here, and may be kept for the minute it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, request, send_from_directory
from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint, View
from apcv_backend.callers import CallerKind
from apcv_backend.ephemeral import Counters, limit
from apcv_backend.publication.status_tokens import STATUS_LISTS_PATH, TTL, StatusTokenDesk
from apcv_backend.publication.token_status_list import TokenForm

_FILES: Final = re.compile(
    r"metadata/(?:timestamp|[1-9][0-9]*\.(?:root|snapshot|targets|status))\.json"
    r"|targets/(?:status/)?[0-9a-f]{64}\.[a-z0-9][a-z0-9.-]*"
)
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_EACH_TIME: Final = "no-cache"
_MINUTE_S: Final = 60
_LISTS_A_MINUTE: Final = 600


def make_blueprint(publication_dir: Path) -> Blueprint:
    """`/publication/<path>`: the files of the publication, and no other file of its folder."""
    blueprint = Blueprint("publication", __name__)

    @blueprint.get("/publication/<path:path>")
    def publication_file(path: str) -> Response:
        # A closed list of names: lock, unfinished files and whatever else lies there are not published.
        if not _FILES.fullmatch(path):
            abort(404)
        mimetype = "application/json" if path.endswith(".json") else "application/octet-stream"
        response = send_from_directory(publication_dir.absolute(), path, mimetype=mimetype)
        response.headers["Cache-Control"] = _ASK_EACH_TIME if path.endswith("timestamp.json") else _FOREVER
        return response

    @blueprint.after_request
    def _absence_is_not_kept(response: Response) -> Response:
        if response.status_code >= 400:  # noqa: PLR2004 - every error class of HTTP
            response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def make_status_blueprint(
    desk: StatusTokenDesk, *, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """`/v1/status-lists/<list>`: Token Status Lists. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "status_lists",
        __name__,
        url_prefix=STATUS_LISTS_PATH,
        description="L'état des cartes, pour qui vérifie en ligne.",
    )

    @blueprint.route("/<int:list_id>")
    class StatusListView(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @_gives_a_token(blueprint)
        @blueprint.refuses(
            {404: "Pas de telle liste, ou pas de clé pour la signer.", 406: "Ni JWT, ni CWT : voir `Accept`."}
        )
        def get(self, list_id: int) -> Response:
            """Une Token Status List signée : 1 pour les apCV, 2 pour les e-CPS ; deux bits par carte.

            0 valide, 1 révoquée, 2 suspendue. En JWT, ou en CWT si `Accept` le demande.
            """
            at = clock()
            limit(
                counters,
                f"status_lists:{request.remote_addr}",
                most=_LISTS_A_MINUTE,
                window_s=_MINUTE_S,
                at=at,
            )
            form = _accepted_form()
            made = desk.tokens(list_id, at)
            if made is None:
                abort(404)
            response = Response(made.tokens[form], content_type=form.value)
            # A list made 40 s ago may be kept for 20 s more: caches subtract the age (RFC 9111 section 4.2).
            response.headers["Cache-Control"] = f"public, max-age={int(TTL.total_seconds())}"
            response.headers["Age"] = str(max(0, int((at - made.issued_at).total_seconds())))
            response.headers["Vary"] = "Accept"
            return response

    return blueprint


def _accepted_form() -> TokenForm:
    """The form asked for, a JWT when nothing is; 406 for anything else."""
    if not request.accept_mimetypes:
        return TokenForm.JWT
    chosen = request.accept_mimetypes.best_match([form.value for form in TokenForm])
    if chosen is None:
        abort(406)
    return TokenForm(chosen)


def _gives_a_token(blueprint: StrictBlueprint) -> Callable[[View], View]:
    """Document the two forms of the answer, which the view writes itself."""
    forms = {
        form.value: {"schema": {"type": "string"} if form is TokenForm.JWT else {}} for form in TokenForm
    }
    decorate: Callable[[View], View] = blueprint.doc(
        responses={200: {"description": "La liste signée.", "content": forms}}
    )
    return decorate
