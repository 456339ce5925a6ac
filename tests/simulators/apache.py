"""Apache with mod_auth_openidc, from Debian, in front of one protected page.

The page answers with what the module understood, in headers, so that a test reads what an application behind
it would.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from tests.simulators.apache_server import apache_folder, lacks, serve_apache
from tests.simulators.servers import Server

_MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "mime", "headers", "auth_openidc")
_CONFIGURATION = """
LogLevel auth_openidc:warn
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
    return lacks(_MODULES)


@dataclass
class Apache:
    """A running Apache, and the algorithm of the ID tokens it takes."""

    server: Server
    alg: str

    @property
    def url(self) -> str:
        """Its address."""
        return self.server.url

    @property
    def callback(self) -> str:
        """Where the provider sends browsers back."""
        return f"{self.url}/protege/retour"


def start_apache(issuer: str, client_id: str, secret: str, alg: str, port: int) -> Apache:
    """Apache on `port`, in front of one page, a client of `issuer`."""
    folder = apache_folder()
    page = folder / "pages" / "protege" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html><title>Dossier</title><p>Ouvert.", encoding="utf-8")
    configuration = _CONFIGURATION.format(
        folder=folder,
        port=port,
        issuer=issuer,
        client_id=client_id,
        secret=secret,
        alg=alg,
        passphrase=os.urandom(16).hex(),
    )
    return Apache(serve_apache(folder, port, _MODULES, configuration, "http"), alg)
