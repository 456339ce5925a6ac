"""Fixtures shared by every test: throwaway servers, a migrated database of each kind, a town hall.

A test that asks for `database_url` (directly, or through `config`, `services`, `app`, `client`) runs twice:
on SQLite, and on PostgreSQL with Redis. `CARTES_TEST_DATABASES=sqlite` (or `postgres`) keeps only one.
"""

from __future__ import annotations

import gc
import ipaddress
import os
import secrets
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, create_engine, text

from tests.simulators.clock import MORNING, SteerableClock
from tests.simulators.missing import missing
from tests.simulators.played_again import played_again
from tests.simulators.scratch import work_in_memory
from tests.simulators.servers import Server, ServerMissing, start_postgres, start_redis
from tests.testdata import ROOT

if TYPE_CHECKING:  # the town hall is imported by the tests that ask for it, and by no other
    from flask import Flask
    from flask.testing import FlaskClient

    from apcv_backend.bootstrap import Services
    from apcv_backend.config import Config
    from tests.simulators.issuance_stage import IssuanceStage

work_in_memory()

_KINDS = tuple(os.environ.get("CARTES_TEST_DATABASES", "sqlite,postgres").split(","))

APK_KEY_HASH = "sNQuyNnhJ0VLvYc3T0dnUpfEhjyVmVuJtTUUoWpDcJU"
ANDROID_PACKAGE = "fr.example.cartes"


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector of cycles need not walk it again and again.

    An application is some thousand cycles that die together with its test; walked at the interpreter's own
    pace, they took a third of a run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what passed only at its second go: `tests/browser` plays a failed test once more."""
    twice = played_again(terminalreporter.stats)
    if twice:
        terminalreporter.section("played twice")
        for test, why in sorted(twice.items()):
            terminalreporter.write_line(f"{test}: {why}")


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[None]:
    """No test speaks to another machine: a connection beyond loopback is refused where it is made."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError("a test tried to reach another machine")
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


def _or_skip(start: Callable[[], Server]) -> Server:
    try:
        return start()
    except ServerMissing as error:
        missing(error)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL for the whole run."""
    server = _or_skip(start_postgres)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """A Redis for the whole run."""
    server = _or_skip(start_redis)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest migration, to copy: made once for the run."""
    from apcv_backend.migrations import upgrade

    path = tmp_path_factory.mktemp("template") / "migrated.db"
    upgrade(f"sqlite:///{path}")
    assert not path.with_name("migrated.db-wal").exists(), "a copy of the file alone would be half of it"
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database at the newest migration."""
    path = tmp_path / "town-hall.db"
    shutil.copy(sqlite_template, path)  # with its rights: its owner's alone
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_admin(postgres: Server) -> Iterator[Connection]:
    """A connection that makes and drops databases, with a migrated one to copy from: `migrated_template`."""
    from apcv_backend.migrations import upgrade

    engine = create_engine(postgres.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE migrated_template"))
        upgrade(postgres.url.rsplit("/", 1)[0] + "/migrated_template")
        yield connection
    engine.dispose()


@pytest.fixture
def postgres_url(postgres: Server, postgres_admin: Connection) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database at the newest migration."""
    name = f"t{uuid.uuid4().hex[:12]}"
    # PostgreSQL 15 would write the copy in its journal, page by page; before, it copied the files.
    information = postgres_admin.dialect.server_version_info or (0,)
    copied = "STRATEGY FILE_COPY" if information >= (15,) else ""
    postgres_admin.execute(text(f"CREATE DATABASE {name} TEMPLATE migrated_template {copied}"))
    yield postgres.url.rsplit("/", 1)[0] + f"/{name}"
    postgres_admin.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=_KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database at the newest migration: SQLite, then PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(scope="session")
def keyring_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of one development ceremony, good from the day before the tests' morning."""
    from keys.ceremony import hold_ceremony

    directory = tmp_path_factory.mktemp("ceremony") / "keys"
    hold_ceremony(directory, MORNING - timedelta(days=1), random=secrets.token_bytes)
    return directory


@pytest.fixture(scope="session")
def attestation_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the development authority that attests the tests' phones; its roots are in `roots/`."""
    from mobile_mock.attestation_ca import AttestationCa

    directory = tmp_path_factory.mktemp("attestation")
    ca = AttestationCa.open_or_make(directory, secrets.token_bytes, MORNING - timedelta(days=1))
    ca.export_roots(directory / "roots")
    return directory


@pytest.fixture
def clock() -> SteerableClock:
    """The morning of the reference day, standing still."""
    return SteerableClock()


@pytest.fixture
def config(
    request: pytest.FixtureRequest,
    database_url: str,
    tmp_path: Path,
    keyring_dir: Path,
    attestation_dir: Path,
) -> Config:
    """The settings of a test town hall. With PostgreSQL comes Redis."""
    from apcv_backend.config import Config

    environ = {
        "APCV_ENV": "test",
        "APCV_PUBLIC_URL": "http://cartes.localhost:8000",
        "APCV_DATABASE_URL": database_url,
        "APCV_KEYS_DIR": str(keyring_dir),
        "APCV_PUBLICATION_DIR": str(tmp_path / "publication"),
        "APCV_RIGHTS_DIR": str(ROOT / "examples" / "personas" / "droits"),
        "APCV_RP_ID_APCV": "apcv.localhost",
        "APCV_RP_ID_ECPS": "ecps.localhost",
        "APCV_ORIGINS_APCV": f"https://apcv.localhost,android:apk-key-hash:{APK_KEY_HASH};{ANDROID_PACKAGE}",
        "APCV_ORIGINS_ECPS": f"https://ecps.localhost,android:apk-key-hash:{APK_KEY_HASH};{ANDROID_PACKAGE}",
        "APCV_ATTESTATION_ROOTS": str(attestation_dir / "roots"),
        "APCV_STATUS_CAPACITY": "4096",
    }
    if database_url.startswith("postgresql"):
        from redis import Redis

        redis_server: Server = request.getfixturevalue("redis_server")
        with Redis.from_url(redis_server.url) as shared:
            shared.flushdb()  # its counters are of minutes of a clock that every test sets to the same hour
        environ["APCV_REDIS_URL"] = redis_server.url
    return Config.from_env(environ)


@pytest.fixture
def services(config: Config, clock: SteerableClock) -> Iterator[Services]:
    """The town hall's services on the test database, its clock in the test's hands."""
    from apcv_backend.bootstrap import build

    built = build(config, clock=clock)
    yield built
    built.close()


@pytest.fixture
def app(services: Services) -> Flask:
    """The application on those services."""
    from apcv_backend.app import create_app

    return create_app(services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of it, without a network."""
    return app.test_client()


@pytest.fixture
def stage(
    services: Services, client: FlaskClient, clock: SteerableClock, attestation_dir: Path
) -> IssuanceStage:
    """The town hall with phones that enrol and fetch cards; other rooms' tests open a stage of their own."""
    from tests.simulators.issuance_stage import open_stage

    return open_stage(services, client, clock, attestation_dir)
