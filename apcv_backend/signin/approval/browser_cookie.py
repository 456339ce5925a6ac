"""The secret that binds an attempt to the browser that opened it: one cookie a browser, kept here as a MAC.

Whoever finishes a sign-in must hold the cookie of the browser that began it: an approved attempt carried to
another browser (login CSRF, a stolen address) opens nothing. Over https its name is `__Host-signin`, so
that no other host and no plain-http page can plant it (RFC 6265bis 4.1.3.2); on a developer's plain http it
is `signin`.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Request, Response
from werkzeug.wrappers import Response as BaseResponse

from cartes.errors import CarteError
from cartes.wire import base64url

SECRET_BYTES = 32
_PLAIN, _HOST = "signin", "__Host-signin"
_LIVES_S = 3_600


def read_browser_secret(request: Request, *, is_https: bool) -> bytes | None:
    """The secret this browser shows, 32 bytes, or None when it shows none that could be ours."""
    try:
        secret = base64url.decode(request.cookies.get(_HOST if is_https else _PLAIN, ""))
    except CarteError:
        return None
    return secret if len(secret) == SECRET_BYTES else None


def ensure_browser_secret(request: Request, random: Callable[[int], bytes], *, is_https: bool) -> bytes:
    """The secret of this browser, drawn now if it has none (tabs share one). Send it back with `keep`."""
    return read_browser_secret(request, is_https=is_https) or random(SECRET_BYTES)


def keep(response: Response | BaseResponse, secret: bytes, *, is_https: bool) -> None:
    """Set the cookie: Lax, so that it comes back with another host's link, and with no form of theirs."""
    response.set_cookie(
        _HOST if is_https else _PLAIN,
        base64url.encode(secret),
        max_age=_LIVES_S,
        path="/",
        secure=is_https,
        httponly=True,
        samesite="Lax",
    )
