"""The request that tells a CIBA client in ping mode (CIBA Core 1.0 section 10.2)."""

from __future__ import annotations

from apcv_backend.signin.client_post import post


def post_ping(url: str, token: str, body: bytes) -> int:
    """The status `url` answered in time; 0 when whatever went wrong left none."""
    return post(url, body, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
