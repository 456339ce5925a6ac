"""Apache in front of a backend, from Debian: TLS, client certificates, and our own documented settings.

The settings are `docs/operations/apache-mtls.conf`, included as they stand: what an operator copies is what
the tests play.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tests.simulators.apache_server import apache_folder, lacks, serve_apache
from tests.simulators.certificates import TlsClient
from tests.simulators.servers import Server
from tests.testdata import ROOT

_MODULES = ("mpm_event", "authn_core", "authz_core", "ssl", "headers", "proxy", "proxy_http")
_CONFIGURATION = """
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
    return lacks(_MODULES)


@dataclass
class TlsProxy:
    """A running Apache; `authority` is the file a client trusts it by."""

    server: Server
    authority: str

    @property
    def url(self) -> str:
        """Its address."""
        return self.server.url


def start_tls_proxy(backend: str, secret: str, port: int) -> TlsProxy:
    """Apache on `port` in front of `backend`, proving itself by `secret`."""
    folder = apache_folder()
    own = TlsClient.make(datetime.now(UTC), name="localhost", server=True)
    certificate, key = own.files(folder, "server")
    configuration = _CONFIGURATION.format(
        port=port,
        certificate=certificate,
        key=key,
        backend=backend,
        secret=secret,
        settings=ROOT / "docs" / "operations" / "apache-mtls.conf",
    )
    return TlsProxy(serve_apache(folder, port, _MODULES, configuration, "https"), certificate)
