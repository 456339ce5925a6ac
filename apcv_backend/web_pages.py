"""The phone's web app and the nurse's page, served from their folders as they are: no build, no template.

A folder holds pages, modules, a sheet, pictures, and a `node_modules` from which four files are taken and no
other (`_FROM_OTHERS`). What may be asked for is a closed list made once, at the start; each file is named by
its SHA-256 in the list the service worker keeps, so that a phone changes what it holds when a byte changed.

These are the only answers of the backend that run scripts: their policy lets this origin's own scripts run
and a WebAssembly module be compiled, and nothing be loaded from elsewhere or framed. `/v1/configuration`
tells the app what it cannot know: the address its proofs must name, and which card this host is for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, abort, request
from flask.views import MethodView
from marshmallow import fields

from apcv_backend.blueprint import StrictBlueprint, StrictSchema
from apcv_backend.callers import CallerKind
from apcv_backend.config import Config, ConfigError
from apcv_backend.ephemeral import Counters, limit
from cartes.cards import Binding, CardKind

_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
_FROM_OTHERS: Final = (
    "node_modules/qr/index.js",
    "node_modules/zxing-wasm/dist/es/reader/index.js",
    "node_modules/zxing-wasm/dist/es/share.js",
    "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm",
)
_WORKER: Final = "service-worker.js"
_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_PERMISSIONS: Final = ", ".join(
    f"{feature}=(self)"
    for feature in (
        "camera",
        "screen-wake-lock",
        "publickey-credentials-create",
        "publickey-credentials-get",
    )
)
_MINUTE_S: Final = 60
_A_MINUTE: Final = 6_000


@dataclass(frozen=True, slots=True)
class WebPages:
    """The files of one folder, read once: what is served is what was there at the start."""

    files: Mapping[str, bytes]

    @classmethod
    def read(cls, folder: Path) -> WebPages:
        """Every page file of `folder`, links followed, and the four of its `node_modules`; no hidden file.

        Raises `ConfigError` for a link that leads nowhere: a folder copied without what it shares.
        """
        paths = [folder / name for name in _FROM_OTHERS]
        # `shared` is a link to what all pages have in common (docs/decisions/0031).
        for place, folders, names in os.walk(folder, followlinks=True):
            folders[:] = [name for name in folders if name != "node_modules" and not name.startswith(".")]
            paths += [Path(place, name) for name in names if not name.startswith(".")]
        if lost := [str(path) for path in paths if path.is_symlink() and not path.exists()]:
            raise ConfigError(f"Ces liens ne mènent nulle part : {', '.join(lost)}. Copiez avec `cp -rL`.")
        return cls(
            {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in paths
                if path.suffix in _TYPES and path.is_file()
            }
        )

    def worker(self) -> bytes:
        """The service worker, preceded by what it keeps: each file's name and the SHA-256 of its content."""
        kept = {
            name: hashlib.sha256(data).hexdigest() for name, data in self.files.items() if name != _WORKER
        }
        told = json.dumps(kept, sort_keys=True)
        version = hashlib.sha256(told.encode()).hexdigest()[:16]
        return f'self.PRECACHE = {told};\nself.VERSION = "{version}";\n'.encode() + self.files[_WORKER]


def make_pages_blueprint(name: str, url_prefix: str, folder: Path) -> Blueprint:
    """`url_prefix` and the files of `folder` under it; `index.html` for the bare address."""
    pages = WebPages.read(folder)
    blueprint = Blueprint(name, __name__, url_prefix=url_prefix)

    @blueprint.get("/")
    @blueprint.get("/<path:path>")
    def page(path: str = "index.html") -> Response:
        data = pages.worker() if path == _WORKER and path in pages.files else pages.files.get(path)
        if data is None:
            abort(404)
        response = Response(data, content_type=_TYPES[Path(path).suffix])
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Permissions-Policy"] = _PERMISSIONS
        # Asked again each time, by its hash: a page that changed is never mixed with one that did not.
        response.set_etag(hashlib.sha256(data).hexdigest()[:32])
        response.headers["Cache-Control"] = "no-cache"
        response.make_conditional(request)
        return response

    return blueprint


class HostSchema(StrictSchema):
    """One card: the RP ID its keys are made for, and the pages that may ask for them."""

    rp_id = fields.String(required=True, metadata={"example": "apcv.localhost"})
    origins = fields.List(fields.String(), required=True)
    binding = fields.String(
        required=True,
        metadata={
            "example": "synced",
            "description": "La clé la moins ferme admise. L'attestation ne se demande que s'il en faut une.",
        },
    )


class ConfigurationSchema(StrictSchema):
    """What the phone's web app must be told."""

    public_url = fields.String(
        required=True, metadata={"description": "L'adresse que nomment les preuves DPoP (`htu`)."}
    )
    environment = fields.String(required=True, metadata={"example": "development"})
    now = fields.String(
        required=True,
        metadata={"example": "2026-11-21T10:00:00Z", "description": "L'heure du serveur."},
    )
    kinds = fields.Dict(keys=fields.String(), values=fields.Nested(HostSchema), required=True)


def make_configuration_blueprint(
    config: Config, *, clock: Callable[[], datetime], counters: Counters
) -> StrictBlueprint:
    """`GET /v1/configuration`: public, the same for everybody. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "configuration",
        __name__,
        url_prefix="/v1",
        description="Ce que l'application du téléphone doit savoir.",
    )

    @blueprint.route("/configuration")
    class Configuration(MethodView):
        @blueprint.called_by(CallerKind.ANYONE)
        @blueprint.gives(200, ConfigurationSchema)
        @blueprint.refuses({})
        def get(self) -> dict[str, Any]:
            """L'adresse publique, l'heure du serveur, et pour chaque carte ses pages."""
            at = clock()
            limit(counters, f"configuration:{request.remote_addr}", most=_A_MINUTE, window_s=_MINUTE_S, at=at)
            weakest = {CardKind.APCV: Binding.SYNCED, CardKind.ECPS: config.ecps_binding}
            return {
                "public_url": config.public_url,
                "environment": config.environment.value,
                "now": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "kinds": {
                    kind.value: {
                        "rp_id": party.rp_id,
                        "origins": list(party.web_origins),
                        "binding": weakest[kind].word,
                    }
                    for kind, party in config.relying_parties.items()
                    if kind in weakest
                },
            }

    return blueprint
