"""Callers at a door of Flask: what a request shows, proven by `Callers`, and the kinds the door lets in."""

from __future__ import annotations

from datetime import datetime

from flask import request

from apcv_backend.callers import Caller, CallerKind, CallerNotAllowed, Callers, UnverifiedCall
from apcv_backend.proxy_door import CERTIFICATE

_LONGEST = 16_384


def unverified_call() -> UnverifiedCall:
    """This request, its credential headers unread; texts too long to be credentials are dropped here."""
    return UnverifiedCall(
        method=request.method,
        path=request.path,
        authorization=_header("Authorization"),
        dpop=_header("DPoP"),
        certificate=unverified_certificate(),
    )


def unverified_certificate() -> str:
    """The `Client-Cert` that our own proxy wrote, unread; empty when no proxy of ours did (`proxy_door`)."""
    return str(request.environ.get(CERTIFICATE, ""))


def identified(callers: Callers, at: datetime, *kinds: CallerKind, scope: str = "") -> Caller:
    """Who calls, one of `kinds`, with a token that was given `scope`.

    A professional or a patient too: a portal where somebody signs in cannot use the token it got for a door
    it was not registered for.

    Raises:
        CallerRefused: nobody is proven. CallerNotAllowed: somebody is, and this door is not theirs.
    """
    caller = callers.identify(unverified_call(), at)
    if caller.kind not in kinds:
        raise CallerNotAllowed(needs=" | ".join(kind.value for kind in kinds))
    if scope and scope not in caller.scopes:
        raise CallerNotAllowed(needs=f"scope {scope}")
    return caller


def _header(name: str) -> str:
    value = request.headers.get(name, "")
    return value if len(value) <= _LONGEST else ""
