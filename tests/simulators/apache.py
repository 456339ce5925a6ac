"""Apache with mod_auth_openidc, from Debian: one protected page, its own folder, a free port.

Nothing of the machine's own Apache is read or touched. The page answers with what the module understood, in
headers, so that a test reads what an application behind it would.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.simulators.servers import free_port

_MODULES = Path("/usr/lib/apache2/modules")
_BINARY = Path("/usr/sbin/apache2")
_DEADLINE_S = 15.0
_CONFIGURATION = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
Mutex posixsem
ErrorLog {folder}/log
LogLevel auth_openidc:warn
{user}
{modules}
StartServers 1
DocumentRoot {folder}/pages
TypesConfig /dev/null
DirectoryIndex index.html

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {secret}
OIDCRedirectURI http://localhost:{port}/protege/retour
OIDCCryptoPassphrase {passphrase}
OIDCScope "openid scope_all"
OIDCAuthRequestParams acr_values=eidas1
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg {alg}
OIDCProviderBackChannelLogoutSupported On
OIDCRemoteUserClaim SubjectNameID
OIDCUserInfoRefreshInterval 1
OIDCPassClaimsAs environment
OIDCCacheType shm
OIDCHTTPTimeoutShort 5

<Location /protege>
  AuthType openid-connect
  Require valid-user
  Header always set X-Person "%{{OIDC_CLAIM_SubjectNameID}}e"
  Header always set X-Organization "%{{OIDC_CLAIM_SubjectOrganization}}e"
  Header always set X-Acr "%{{OIDC_CLAIM_acr}}e"
</Location>
"""


def apache_is_missing() -> bool:
    """Whether this machine lacks Apache or its module."""
    return not _BINARY.exists() or not (_MODULES / "mod_auth_openidc.so").exists()


@dataclass
class Apache:
    """A running Apache."""

    port: int
    alg: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://localhost:{self.port}"

    @property
    def callback(self) -> str:
        """Where the provider sends browsers back."""
        return f"{self.url}/protege/retour"

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


def start_apache(issuer: str, client_id: str, secret: str, alg: str, port: int = 0) -> Apache:
    """Apache in front of one page, a client of `issuer`; `port` is any free one unless told."""
    port = port or free_port()
    folder = Path(tempfile.mkdtemp(prefix="cartes-apache-"))
    folder.chmod(0o755)
    page = folder / "pages" / "protege" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html><title>Dossier</title><p>Ouvert.", encoding="utf-8")
    names = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "mime", "headers", "auth_openidc")
    settings = folder / "apache.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        _CONFIGURATION.format(
            folder=folder,
            port=port,
            issuer=issuer,
            client_id=client_id,
            secret=secret,
            alg=alg,
            passphrase=os.urandom(16).hex(),
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            modules="\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in names),
        ),
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [_BINARY, "-f", settings, "-D", "FOREGROUND"], cwd=folder, stderr=subprocess.DEVNULL
    )
    apache = Apache(port, alg, folder, process)
    deadline = time.monotonic() + _DEADLINE_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            told = apache.log()
            apache.stop()
            raise RuntimeError(f"Apache did not start: {told}")
        time.sleep(0.05)
    return apache


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
