"""The web pages: a closed list of files under a policy of their own, and what the phone's app is told."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from apcv_backend.config import ConfigError
from apcv_backend.web_pages import WebPages, make_pages_blueprint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small app, with things beside it that are nobody's business."""
    for name, content in {
        "index.html": "<!doctype html>",
        "app/main.js": "1;",
        "service-worker.js": "2;",
        ".hidden.js": "3;",
        "package.json": "{}",
        "node_modules/qr/index.js": "4;",
        "node_modules/other/index.js": "5;",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


@pytest.fixture
def shared(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the app has in common with another: a folder elsewhere, linked into it."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "sq1").mkdir()
    (elsewhere / "sq1" / "json.js").write_text("6;", encoding="utf-8")
    (elsewhere / "package.json").write_text("{}", encoding="utf-8")
    (folder / "shared").symlink_to(elsewhere)
    return elsewhere


@pytest.fixture
def pages(folder: Path) -> FlaskClient:
    """The folder, served."""
    app = Flask(__name__)
    app.register_blueprint(make_pages_blueprint("phone_app", "/app", folder))
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 200),
        ("app/main.js", 200),
        ("node_modules/qr/index.js", 200),
        ("node_modules/other/index.js", 404),
        ("package.json", 404),
        (".hidden.js", 404),
        ("../index.html", 404),
        ("app/", 404),
    ],
)
def test_only_the_files_of_the_list_are_served(pages: FlaskClient, path: str, status: int) -> None:
    """Pages and modules, the four files of others, and nothing else that lies in the folder."""
    answer = pages.get(f"/app/{path}")

    assert answer.status_code == status


def test_a_linked_folder_is_served_like_the_rest(folder: Path, shared: Path) -> None:
    """What two apps have in common lies in one place, and each serves it under its own address."""
    files = WebPages.read(folder).files

    assert files["shared/sq1/json.js"] == b"6;"
    assert [name for name in files if name.endswith(".json")] == []


def test_a_link_that_leads_nowhere_stops_the_start(folder: Path, shared: Path) -> None:
    """A folder copied without what it links to would open as an empty page: it is said at the start."""
    shutil.rmtree(shared)

    with pytest.raises(ConfigError, match="shared"):
        WebPages.read(folder)


def test_a_page_may_run_its_own_scripts_and_load_nothing_from_elsewhere(pages: FlaskClient) -> None:
    """No inline script, no eval but WebAssembly's, no frame."""
    policy = pages.get("/app/").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "http" not in policy


def test_the_worker_is_told_each_file_by_its_hash(pages: FlaskClient) -> None:
    """A byte that changes changes the list, and so what the phone keeps."""
    first, _, rest = pages.get("/app/service-worker.js").get_data(as_text=True).partition(";\n")

    kept = json.loads(first.removeprefix("self.PRECACHE = "))

    assert set(kept) == {"index.html", "app/main.js", "node_modules/qr/index.js"}
    assert kept["app/main.js"] == hashlib.sha256(b"1;").hexdigest()
    assert rest.endswith("2;")


def test_a_page_already_held_is_not_sent_again(pages: FlaskClient) -> None:
    """Asked again by its hash, the answer is empty."""
    first = pages.get("/app/app/main.js")

    again = pages.get("/app/app/main.js", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.get_data()) == (304, b"")


def test_the_app_is_told_the_address_its_proofs_name(client: FlaskClient) -> None:
    """Public URL, hour, and for each card its host and the weakest key that will do."""
    told = client.get("/v1/configuration").get_json()

    assert told["public_url"] == "http://cartes.localhost:8000"
    assert told["now"] == "2026-11-21T10:00:00Z"
    assert told["kinds"]["apcv"] == {
        "rp_id": "apcv.localhost",
        "origins": ["https://apcv.localhost"],
        "binding": "synced",
    }
