"""Apache in front of a backend, from Debian: TLS, client certificates, and our own documented settings.

The settings are `docs/operations/apache-mtls.conf`, included as they stand: what an operator copies is what
the tests play. Nothing of the machine's own Apache is read or touched.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.simulators.certificates import TlsClient
from tests.testdata import ROOT

_MODULES = Path("/usr/lib/apache2/modules")
_BINARY = Path("/usr/sbin/apache2")
_NAMES = ("mpm_event", "authn_core", "authz_core", "ssl", "headers", "proxy", "proxy_http")
_DEADLINE_S = 15.0
_CONFIGURATION = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
Mutex posixsem
ErrorLog {folder}/log
{user}
{modules}
StartServers 1
SSLSessionCache none
Define APCV_MTLS_LISTEN 127.0.0.1:{port}
Define APCV_MTLS_HOST localhost
Define APCV_TLS_CERTIFICATE {certificate}
Define APCV_TLS_KEY {key}
Define APCV_BACKEND {backend}
Define APCV_PROXY_SECRET {secret}
Include {settings}
"""


def proxy_is_missing() -> bool:
    """Whether this machine lacks Apache or its modules."""
    return not _BINARY.exists() or not all((_MODULES / f"mod_{name}.so").exists() for name in _NAMES)


@dataclass
class TlsProxy:
    """A running Apache; `authority` is the file a client trusts it by."""

    port: int
    authority: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://localhost:{self.port}"

    def log(self) -> str:
        """What it complains of."""
        return (self.folder / "log").read_text(errors="replace")[-3_000:]

    def stop(self) -> None:
        """Stop it and remove its folder."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=5)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_tls_proxy(backend: str, secret: str, port: int) -> TlsProxy:
    """Apache on `port` in front of `backend`, proving itself by `secret`."""
    folder = Path(tempfile.mkdtemp(prefix="cartes-mtls-"))
    folder.chmod(0o755)
    certificate, key = TlsClient.make(datetime.now(UTC), name="localhost", server=True).files(
        folder, "server"
    )
    settings = folder / "apache.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        _CONFIGURATION.format(
            folder=folder,
            port=port,
            certificate=certificate,
            key=key,
            backend=backend,
            secret=secret,
            settings=ROOT / "docs" / "operations" / "apache-mtls.conf",
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            modules="\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _NAMES),
        ),
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [_BINARY, "-f", settings, "-D", "FOREGROUND"], cwd=folder, stderr=subprocess.DEVNULL
    )
    proxy = TlsProxy(port, certificate, folder, process)
    deadline = time.monotonic() + _DEADLINE_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            told = proxy.log()
            proxy.stop()
            raise RuntimeError(f"Apache did not start: {told}")
        time.sleep(0.05)
    return proxy


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
