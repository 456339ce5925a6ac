"""Posts a form to a client's registered address: two seconds, no redirect, nothing read but the status.

The address was registered by an administrator and never comes from a request. A redirect is not followed: it
would be an address nobody registered.
"""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 2.0
_HEARD = (200, 204)


def post_form(url: str, form: dict[str, str]) -> bool:
    """Whether `url` answered 200 or 204 in time; whatever goes wrong is a no."""
    parts = urlsplit(url)
    body = urlencode(form)
    path = parts.path or "/"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
    try:
        connection = _connection(parts.scheme, parts.hostname or "", parts.port)
        try:
            connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, headers)
            return connection.getresponse().status in _HEARD
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return False


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        trusted = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=trusted)
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
