"""Alive and ready are two questions; the page of the interface and the errors of the door."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from apcv_backend.app import create_app
from apcv_backend.bootstrap import Services, build
from apcv_backend.config import Config, ConfigError, Environment
from tests.simulators.answers import json_of
from tests.simulators.clock import SteerableClock


def test_an_alive_backend_that_can_work_is_ready(client: FlaskClient, services: Services) -> None:
    """With its database at the newest step and a publication in force, it may be given work."""
    assert client.get("/healthz").status_code == 200
    assert json_of(client.get("/readyz")) == {
        "database": True,
        "schema": True,
        "keys": True,
        "publication": False,
    }

    services.publication.publish(services.clock())

    assert client.get("/readyz").status_code == 200


def test_a_damaged_publication_is_not_ready(client: FlaskClient, services: Services) -> None:
    """A file of the publication that cannot be read makes it not ready; it is no unforeseen error."""
    services.publication.publish(services.clock())
    (services.config.publication_dir / "metadata" / "timestamp.json").write_bytes(b"{")

    answer = client.get("/readyz")

    assert (answer.status_code, json_of(answer)["publication"]) == (503, False)


def test_production_refuses_what_is_only_for_demonstrations(config: Config, keyring_dir: Path) -> None:
    """Neither the keys of a development ceremony nor fictitious rights are served in production."""
    production = replace(config, environment=Environment.PRODUCTION)
    with pytest.raises(ConfigError, match="APCV_KEYS_DIR"):
        build(production)

    manifest = json.loads((keyring_dir / "keyring.json").read_text())
    real = keyring_dir.parent / f"real-{secrets.token_hex(4)}"
    shutil.copytree(keyring_dir, real)
    (real / "keyring.json").write_text(json.dumps({**manifest, "environment": "production"}))

    with pytest.raises(ConfigError, match="APCV_RIGHTS_DIR"):
        build(replace(production, keys_dir=real))


def test_a_lost_database_makes_it_not_ready_but_alive(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readiness goes red; liveness does not, or the supervisor would kill what only waits."""
    monkeypatch.setattr(services.database, "ready", lambda: False)

    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_the_interface_is_shown_to_people_and_machines(client: FlaskClient) -> None:
    """OpenAPI 3.1 for programs, a page without scripts for people."""
    document = json_of(client.get("/openapi.json"))
    page = client.get("/docs").text

    assert document["openapi"] == "3.1.0"
    assert all(path in page for path in document["paths"])
    assert "<script" not in page


def test_a_pattern_means_the_same_to_a_client_in_another_language(client: FlaskClient) -> None:
    """JSON Schema's patterns are ECMA-262's: Python's own anchors would be the letters A and Z there."""
    patterns = re.findall(r'"pattern":\s*("(?:[^"\\]|\\.)*")', client.get("/openapi.json").text)
    read = [json.loads(pattern) for pattern in patterns]

    assert "^[0-9]{2}$" in read
    assert [pattern for pattern in read if re.search(r"\\[AZz]", pattern)] == []


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/v1/enrolments", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
    ],
)
def test_the_doors_own_errors_are_problem_documents(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    """Even an address that does not exist answers in the one form, and a 405 says what is allowed."""
    answer = client.open(path, method=method)

    assert (answer.status_code, json_of(answer)["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert (status != 405) or answer.headers["Allow"]


def test_an_unforeseen_error_says_nothing_of_itself(
    client: FlaskClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug is a 500 without detail: whatever its message held stays inside."""

    def fail() -> bool:
        raise RuntimeError("158032A99904296")

    monkeypatch.setattr(services.database, "ready", fail)
    answer = client.get("/readyz")

    assert (answer.status_code, json_of(answer)["code"]) == (500, "internal_error")
    assert "158032A" not in answer.text


def test_a_huge_body_is_refused(client: FlaskClient) -> None:
    """More than 64 KiB is never read."""
    answer = client.post("/v1/enrolments", data=b"{" + b" " * 70_000, content_type="application/json")

    assert (answer.status_code, json_of(answer)["code"]) == (413, "too_large")


@pytest.mark.parametrize(("proxies", "counted"), [(0, "127.0.0.1"), (1, "198.51.100.7")])
def test_only_our_own_proxies_say_who_calls(config: Config, proxies: int, counted: str) -> None:
    """X-Forwarded-For is believed as many times as we have proxies, and not once more."""
    services = build(replace(config, proxies=proxies), clock=SteerableClock())
    seen: list[str] = []
    services.ephemeral.hit = lambda name, **_: seen.append(name) or 1  # type: ignore[method-assign, func-returns-value]  # a listener in its place

    create_app(services).test_client().post(
        "/v1/nonce", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    )

    services.close()
    assert [name.rsplit(":", 1)[1] for name in seen] == [counted]
