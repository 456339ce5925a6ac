"""What only our own proxy may say of a request, and how it proves to be our proxy (decision 0030).

A client certificate ends at the proxy that ends TLS. It hands it over in `Client-Cert` (RFC 9440), and
vouches for that very value in a second header, `Proxy-Secret`: a secret that it and this process alone know
(`APCV_PROXY_SECRET_FILE`), a space, and the certificate again. Without that secret in the settings, or
without both in the request, the certificate is dropped here, before anything reads it: whoever reaches this
port directly, or by another proxy that asks nobody for certificates, has none.

Why again: to servers of this kind `Client_Cert` is the same header (PEP 3333 knows only `HTTP_CLIENT_CERT`),
and a proxy that sets one lets the other through. A secret alone would vouch for whatever the client wrote.

What was proven is put where no header can be: a header named anything becomes `HTTP_…` in the environment of
a request (PEP 3333), and this name does not begin so.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CERTIFICATE = "cartes.client_certificate"
"""Where, in the environment of a request, the `Client-Cert` of our own proxy lies; absent otherwise."""
_SECRET = "HTTP_PROXY_SECRET"  # noqa: S105 - the name of a header
_CERTIFICATE = "HTTP_CLIENT_CERT"
_CHAIN = "HTTP_CLIENT_CERT_CHAIN"


class ProxyDoor:
    """The outermost door of the application. `secret` is the proxy's; None: no proxy hands certificates."""

    def __init__(self, app: WSGIApplication, secret: str | None) -> None:
        self._app = app
        self._secret = secret

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let the request through, with what its proxy may say of it and nothing more."""
        shown = str(environ.pop(_SECRET, ""))
        certificate = str(environ.pop(_CERTIFICATE, ""))
        environ.pop(_CHAIN, None)  # we need no authority, so nobody's chain (RFC 8705 section 2.2)
        if certificate and self._is_vouched(certificate, shown):
            environ[CERTIFICATE] = certificate
        return self._app(environ, start_response)

    def _is_vouched(self, certificate: str, shown: str) -> bool:
        if self._secret is None:
            return False
        # Digests, so that the time says neither the length nor the first letters.
        return hmac.compare_digest(_digest(f"{self._secret} {certificate}"), _digest(shown))


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogateescape")).digest()
