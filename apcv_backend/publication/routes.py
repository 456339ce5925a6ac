"""The publication over HTTP: plain files, as any static server would give them.

What never changes under its name (a version or a hash is in it) may be cached for ever; the timestamp, and
the absence of a file, may not be cached at all: the next root does not exist until the day it does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, send_from_directory

_FILES: Final = re.compile(
    r"metadata/(?:timestamp|[1-9][0-9]*\.(?:root|snapshot|targets|status))\.json"
    r"|targets/(?:status/)?[0-9a-f]{64}\.[a-z0-9][a-z0-9.-]*"
)
_FOREVER: Final = "public, max-age=31536000, immutable"
_ASK_EACH_TIME: Final = "no-cache"


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
