"""The request that tells a client of a log-out (OpenID Connect Back-Channel Logout 1.0 section 2.5)."""

from __future__ import annotations

from urllib.parse import urlencode

from apcv_backend.signin.client_post import post

_HEARD = (200, 204)


def post_form(url: str, form: dict[str, str]) -> bool:
    """Whether `url` answered 200 or 204 in time; whatever goes wrong is a no."""
    body = urlencode(form).encode("ascii")
    return post(url, body, {"Content-Type": "application/x-www-form-urlencoded"}) in _HEARD
