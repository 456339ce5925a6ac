"""Who may speak to the kiosk: asked on every request, before anything is read.

A server on loopback is reachable by every page of every browser on the machine, and by every program. Three
questions, in this order: is the Host one of our two names (a rebound DNS name is not); does the request come
from our own page, if it comes from a page at all (Origin, Sec-Fetch-Site); and does it carry the token made
at start. The token travels in the fragment of the address, which browsers send to nobody, then in a header
that only our own script can set: there is no cookie to ride on.

Sources: Fetch standard (`Origin`, CORS-unsafe headers), RFC 9110 section 7.2 (Host, 421).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from verifier.kiosk.refusals import HostNotAllowed, OriginNotAllowed, TokenRefused

TOKEN_HEADER: Final = "X-Till-Token"  # noqa: S105 - a header's name
_TOKEN_BYTES: Final = 32
_OUR_SITES: Final = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Gate:
    """The names this kiosk answers to, and its token."""

    hosts: frozenset[str]
    token: str = field(repr=False)

    @classmethod
    def at(cls, port: int, token: str) -> Gate:
        """The gate of a kiosk listening on loopback at `port`."""
        return cls(frozenset({f"127.0.0.1:{port}", f"localhost:{port}"}), token)

    def check_host(self, hosts: Sequence[str]) -> None:
        """`hosts` are all the Host headers of a request. Raises `HostNotAllowed` unless one of ours, once."""
        if len(hosts) != 1 or hosts[0].strip().lower() not in self.hosts:
            raise HostNotAllowed

    def check_origin(self, origin: str | None, fetch_site: str | None) -> None:
        """A program sends neither header; a page sends them truly. Raises `OriginNotAllowed`."""
        if origin is not None and origin not in {f"http://{host}" for host in self.hosts}:
            raise OriginNotAllowed
        if fetch_site is not None and fetch_site not in _OUR_SITES:
            raise OriginNotAllowed

    def check_token(self, shown: str | None) -> None:
        """Compared in constant time. Raises `TokenRefused`."""
        if shown is None or not hmac.compare_digest(shown.encode(), self.token.encode()):
            raise TokenRefused


def new_token(random: Callable[[int], bytes]) -> str:
    """256 bits of `random`, in base64url."""
    return base64.urlsafe_b64encode(random(_TOKEN_BYTES)).decode("ascii").rstrip("=")
